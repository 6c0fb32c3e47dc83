import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { I2C, I2CConstructor, I2COptions } from "@visionvend/sdk/device/io/i2c";
import { openFlags } from "./abi/fcntl.ts";
import { encodeTransaction, I2C_RDWR, type I2CMessage, messageBytesMaximum, messagesMaximum } from "./abi/i2c-dev.ts";
import { type Attempt, linuxError } from "./linux-error.ts";
import type { LinuxHost } from "./linux-host.ts";
import type { LinuxSystem } from "./linux-system.ts";
import { bytesOf, closedError, pinName, requireNumber, requireOptions, requirePin } from "./options.ts";

/**
 * ECMA-419 clause 10.3 on i2c-dev. The kernel ends every transaction with a STOP, so `write(bytes, false)` is kept and
 * goes out with the next `read` or `write`, joined by a repeated START; that call throws what goes wrong with either.
 * Closing before it drops the kept bytes. The bus runs at the clock of config.txt, which must not exceed option `hz`.
 */
export function createI2C(host: LinuxHost): I2CConstructor {
	const { system } = host;
	return class LinuxI2C implements I2C {
		readonly #attempt: Attempt;
		readonly #address: number;
		readonly #fd: number;
		#kept: I2CMessage[] = [];
		#release: (() => void) | undefined;

		constructor(options: I2COptions) {
			requireOptions("I2C", options);
			const data = requirePin("I2C", "data", options.data);
			const clock = requirePin("I2C", "clock", options.clock);
			if (data === clock) throw new RangeError(`I2C: data and clock are both ${pinName(data)}.`);
			// UM10204 table 3: 0x00 to 0x07 and 0x78 to 0x7F are reserved.
			const address = requireNumber("I2C", "address", options.address, 0x08, 0x77);
			if (!Number.isInteger(address)) throw new RangeError(`I2C: option "address" is an integer, not ${address}.`);
			const hz = requireNumber("I2C", "hz", options.hz, 1_000, 1_000_000);
			const { port } = options;
			const bus = host.board.i2c({ data, clock, ...(port === undefined ? {} : { port }) });

			const owner = `I2C 0x${address.toString(16).toUpperCase().padStart(2, "0")} on ${bus.device}`;
			this.#address = address;
			this.#attempt = { owner, path: bus.device, group: "i2c", enable: bus.enable };
			const busHz = busClock(system, bus.device);
			if (busHz !== undefined && busHz > hz)
				throw new HardwareError(
					"range",
					`${owner}: the bus runs at ${busHz} Hz, and the part takes ${hz} at most. Put "dtparam=i2c_arm_baudrate=${hz}" into /boot/firmware/config.txt and restart.`,
				);
			const release = host.claims.take({
				owner: "I2C",
				pins: bus.pins,
				use: `address ${address}`,
				close: () => this.close(),
			});
			this.#fd = system.open(bus.device, openFlags.O_RDWR | openFlags.O_CLOEXEC);
			if (this.#fd < 0) {
				release();
				throw linuxError(this.#attempt, `opening ${bus.device}`, -this.#fd);
			}
			this.#release = release;
		}

		read(byteLength: number, stop = true): ArrayBuffer {
			this.#requireOpen();
			if (!Number.isInteger(byteLength) || byteLength < 0 || byteLength > messageBytesMaximum)
				throw new RangeError(
					`${this.#attempt.owner}: byteLength is an integer from 0 to ${messageBytesMaximum}, not ${String(byteLength)}.`,
				);
			if (!stop)
				throw new RangeError(`${this.#attempt.owner}: Linux ends every read with a stop. Read all bytes at once.`);
			const bytes = new Uint8Array(byteLength);
			this.#transfer({ address: this.#address, bytes, read: true });
			return bytes.buffer;
		}

		write(buffer: ArrayBuffer | Uint8Array, stop = true): void {
			this.#requireOpen();
			const bytes = bytesOf(this.#attempt.owner, buffer);
			if (bytes.length > messageBytesMaximum)
				throw new RangeError(
					`${this.#attempt.owner}: the kernel takes ${messageBytesMaximum} bytes at once, not ${bytes.length}.`,
				);
			const message = { address: this.#address, bytes, read: false };
			if (stop) {
				this.#transfer(message);
				return;
			}
			if (this.#kept.length >= messagesMaximum - 1)
				throw new RangeError(
					`${this.#attempt.owner}: ${messagesMaximum} messages are the most that the kernel joins. End one with a stop.`,
				);
			// The caller may reuse its buffer before this goes out.
			this.#kept.push({ ...message, bytes: bytes.slice() });
		}

		close(): void {
			if (this.#release === undefined) return;
			this.#release();
			this.#release = undefined;
			system.close(this.#fd);
		}

		#transfer(last: I2CMessage): void {
			const messages = [...this.#kept, last];
			this.#kept = [];
			const answer = system.ioctl(this.#fd, I2C_RDWR, encodeTransaction(messages));
			if (answer < 0) throw linuxError(this.#attempt, last.read ? "reading" : "writing", -answer);
		}

		#requireOpen(): void {
			if (this.#release === undefined) throw closedError(this.#attempt.owner);
		}
	};
}

/** Hertz of a bus, as the device tree gives them (a big-endian 32-bit cell), or `undefined` where it gives none. */
function busClock(system: LinuxSystem, device: string): number | undefined {
	const name = device.slice(device.lastIndexOf("/") + 1);
	const fd = system.open(`/sys/class/i2c-adapter/${name}/of_node/clock-frequency`, openFlags.O_RDONLY);
	if (fd < 0) return undefined;
	const cell = new Uint8Array(4);
	const length = system.read(fd, cell);
	system.close(fd);
	return length === cell.length ? new DataView(cell.buffer).getUint32(0) : undefined;
}
