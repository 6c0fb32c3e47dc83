import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { Serial, SerialConstructor, SerialOptions } from "@visionvend/sdk/device/io/serial";
import type { LinuxHost } from "./linux-host.ts";
import type { SerialLine } from "./linux-system.ts";
import { bytesOf, checkCallback, closedError, pinName, requireNumber, requireOptions, requirePin } from "./options.ts";

/** Bytes that each of the two buffers holds. */
const bufferBytes = 4_096;

/**
 * ECMA-419 clause 10.7 on a serial device. It opens after the constructor has returned: a device that is not there, or
 * goes away, makes every later `read` and `write` throw. A full receive buffer loses what comes, as a UART does.
 */
export function createSerial(host: LinuxHost): SerialConstructor {
	const { system } = host;
	return class LinuxSerial implements Serial {
		readonly #owner: string;
		readonly #line: SerialLine;
		readonly #onReadable: ((this: Serial, bytes: number) => void) | undefined;
		readonly #onWritable: ((this: Serial, bytes: number) => void) | undefined;
		#received: Uint8Array[] = [];
		#receivedBytes = 0;
		#unsent = 0;
		#failure: string | undefined;
		#release: (() => void) | undefined;

		constructor(options: SerialOptions) {
			requireOptions("Serial", options);
			const receive = requirePin("Serial", "receive", options.receive);
			const transmit = requirePin("Serial", "transmit", options.transmit);
			if (receive === transmit) throw new RangeError(`Serial: receive and transmit are both ${pinName(receive)}.`);
			const baud = requireNumber("Serial", "baud", options.baud, 300, 5_000_000);
			if (options.format !== undefined && options.format !== "buffer")
				throw new RangeError(`Serial: option "format" is "buffer", not ${String(options.format)}.`);
			checkCallback("Serial", "onReadable", options.onReadable);
			checkCallback("Serial", "onWritable", options.onWritable);
			const { port } = options;
			const bus = host.board.serial({ receive, transmit, ...(port === undefined ? {} : { port }) });

			this.#owner = `Serial on ${bus.device}`;
			this.#onReadable = options.onReadable;
			this.#onWritable = options.onWritable;
			if (system.realPath(bus.device) === undefined)
				throw new HardwareError(
					"bus",
					`${this.#owner}: ${bus.device} is not there. Put "${bus.enable}" into /boot/firmware/config.txt and restart.`,
				);
			const release = host.claims.take({
				owner: "Serial",
				pins: bus.pins,
				use: undefined,
				close: () => this.close(),
			});
			try {
				this.#line = system.openSerial(bus.device, baud, {
					onOpen: () => this.#tellWritable(),
					onData: (bytes) => this.#arrive(bytes),
					onFailure: (message) => {
						this.#failure = message;
					},
				});
			} catch (error) {
				release();
				throw error;
			}
			this.#release = release;
		}

		read(): ArrayBuffer | undefined {
			this.#requireWorking();
			if (this.#receivedBytes === 0) return undefined;
			const all = new Uint8Array(this.#receivedBytes);
			let offset = 0;
			for (const bytes of this.#received) {
				all.set(bytes, offset);
				offset += bytes.length;
			}
			this.#received = [];
			this.#receivedBytes = 0;
			return all.buffer;
		}

		write(buffer: ArrayBuffer | Uint8Array): void {
			this.#requireWorking();
			const bytes = bytesOf(this.#owner, buffer);
			const free = bufferBytes - this.#unsent;
			if (bytes.length > free)
				throw new HardwareError(
					"overrun",
					`${this.#owner}: ${bytes.length} bytes do not fit, ${free} of ${bufferBytes} are free. Wait for onWritable.`,
				);
			if (bytes.length === 0) return;
			this.#unsent += bytes.length;
			// A copy: the caller may reuse its buffer before the device takes it.
			this.#line.write(bytes.slice(), () => {
				this.#unsent -= bytes.length;
				if (this.#unsent === 0) this.#tellWritable();
			});
		}

		close(): void {
			if (this.#release === undefined) return;
			this.#release();
			this.#release = undefined;
			this.#line.close();
		}

		#arrive(bytes: Uint8Array): void {
			if (this.#release === undefined) return;
			const kept = bytes.slice(0, bufferBytes - this.#receivedBytes);
			if (kept.length === 0) return;
			this.#received.push(kept);
			this.#receivedBytes += kept.length;
			this.#onReadable?.call(this, this.#receivedBytes);
		}

		#tellWritable(): void {
			if (this.#release !== undefined) this.#onWritable?.call(this, bufferBytes - this.#unsent);
		}

		#requireWorking(): void {
			if (this.#release === undefined) throw closedError(this.#owner);
			if (this.#failure !== undefined)
				throw new HardwareError(
					"bus",
					`${this.#owner}: ${this.#failure}. Is this user in group dialout, and does no login shell run on the port?`,
				);
		}
	};
}
