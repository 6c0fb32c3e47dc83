import type { SPI, SPIConstructor, SPIOptions } from "@visionvend/sdk/device/io/spi";
import { openFlags } from "./abi/fcntl.ts";
import {
	encodeSPITransfer,
	SPI_IOC_MESSAGE_1,
	SPI_IOC_WR_BITS_PER_WORD,
	SPI_IOC_WR_MAX_SPEED_HZ,
	SPI_IOC_WR_MODE,
} from "./abi/spidev.ts";
import { type Attempt, linuxError } from "./linux-error.ts";
import type { LinuxHost } from "./linux-host.ts";
import type { KernelMemory } from "./linux-system.ts";
import { bytesOf, closedError, optionalPin, requireNumber, requireOptions } from "./options.ts";

/**
 * ECMA-419 clause 10.6 on spidev. `port` is the number of the bus, or `"0.1"` for its second chip select; without it the
 * pins choose. The kernel takes 4,096 bytes at once where `spidev.bufsiz` says nothing else; more throws kind `range`.
 */
export function createSPI(host: LinuxHost): SPIConstructor {
	const { system } = host;
	return class LinuxSPI implements SPI {
		readonly #attempt: Attempt;
		readonly #hz: number;
		readonly #fd: number;
		#release: (() => void) | undefined;

		constructor(options: SPIOptions) {
			requireOptions("SPI", options);
			const out = optionalPin("SPI", "out", options.out);
			const input = optionalPin("SPI", "in", options.in);
			const clock = optionalPin("SPI", "clock", options.clock);
			if (out === undefined && input === undefined) throw new TypeError('SPI: give option "out", "in" or both.');
			const given = [out, input, clock].filter((pin) => pin !== undefined);
			if (new Set(given).size !== given.length) throw new RangeError("SPI: a pin is given twice.");
			this.#hz = Math.floor(requireNumber("SPI", "hz", options.hz, 1_000, 80_000_000));
			const mode = options.mode ?? 0;
			if (mode !== 0 && mode !== 1 && mode !== 2 && mode !== 3)
				throw new RangeError(`SPI: option "mode" is 0, 1, 2 or 3, not ${String(mode)}.`);
			const { port } = options;
			const bus = host.board.spi({
				...(out === undefined ? {} : { out }),
				...(input === undefined ? {} : { in: input }),
				...(clock === undefined ? {} : { clock }),
				...(port === undefined ? {} : { port }),
			});

			this.#attempt = { owner: `SPI on ${bus.device}`, path: bus.device, group: "spi", enable: bus.enable };
			const release = host.claims.take({
				owner: "SPI",
				pins: bus.pins,
				use: undefined,
				close: () => this.close(),
			});
			this.#fd = system.open(bus.device, openFlags.O_RDWR | openFlags.O_CLOEXEC);
			if (this.#fd < 0) {
				release();
				throw linuxError(this.#attempt, `opening ${bus.device}`, -this.#fd);
			}
			try {
				const speed = new Uint8Array(4);
				new DataView(speed.buffer).setUint32(0, this.#hz, true);
				this.#ioctl("setting the mode", SPI_IOC_WR_MODE, { bytes: Uint8Array.of(mode) });
				this.#ioctl("setting 8 bits a word", SPI_IOC_WR_BITS_PER_WORD, { bytes: Uint8Array.of(8) });
				this.#ioctl("setting the speed", SPI_IOC_WR_MAX_SPEED_HZ, { bytes: speed });
			} catch (error) {
				release();
				system.close(this.#fd);
				throw error;
			}
			this.#release = release;
		}

		write(buffer: ArrayBuffer | Uint8Array): void {
			this.#requireOpen();
			this.#shift(bytesOf(this.#attempt.owner, buffer), undefined);
		}

		transfer(buffer: Uint8Array): void {
			this.#requireOpen();
			const bytes = bytesOf(this.#attempt.owner, buffer);
			this.#shift(bytes, bytes);
		}

		close(): void {
			if (this.#release === undefined) return;
			this.#release();
			this.#release = undefined;
			system.close(this.#fd);
		}

		#shift(sent: Uint8Array, received: Uint8Array | undefined): void {
			if (sent.length === 0) return;
			this.#ioctl(`transferring ${sent.length} bytes`, SPI_IOC_MESSAGE_1, encodeSPITransfer(sent, received, this.#hz));
		}

		#ioctl(what: string, request: number, memory: KernelMemory): void {
			const answer = system.ioctl(this.#fd, request, memory);
			if (answer < 0) throw linuxError(this.#attempt, what, -answer);
		}

		#requireOpen(): void {
			if (this.#release === undefined) throw closedError(this.#attempt.owner);
		}
	};
}
