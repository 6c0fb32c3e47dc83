import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { Serial, SerialConstructor, SerialOptions } from "@visionvend/sdk/device/io/serial";

/** Two of the longest link messages, with their acknowledgements. */
const BUFFER_BYTES = 4_096;

/**
 * A Serial class with a transmit buffer, on one that has only the UART's own. On an ESP32 that holds 128 bytes, and
 * Moddable's `write` throws for what does not fit; a link message has up to 1,600.
 */
export function bufferedSerial(Serial: SerialConstructor, port: number): SerialConstructor {
	return class implements Serial {
		readonly #serial: Serial;
		#waiting: Uint8Array[] = [];
		#waitingBytes = 0;
		/** What the UART takes now. */
		#room = 0;

		constructor(options: SerialOptions) {
			const { receive, transmit, baud, onReadable, onWritable } = options;
			this.#serial = new Serial({
				receive,
				transmit,
				baud,
				port,
				format: "buffer",
				...(onReadable === undefined ? {} : { onReadable: (bytes) => onReadable.call(this, bytes) }),
				onWritable: (bytes) => {
					this.#room = bytes;
					this.#drain();
					if (this.#waitingBytes === 0) onWritable?.call(this, BUFFER_BYTES);
				},
			});
		}

		read(): ArrayBuffer | undefined {
			return this.#serial.read();
		}

		write(buffer: ArrayBuffer | Uint8Array): void {
			const bytes = buffer instanceof Uint8Array ? buffer : new Uint8Array(buffer);
			const free = BUFFER_BYTES - this.#waitingBytes;
			if (bytes.length > free) {
				throw new HardwareError(
					"overrun",
					`Serial port ${port}: ${bytes.length} bytes do not fit, ${free} of ${BUFFER_BYTES} are free. Wait for onWritable.`,
				);
			}
			this.#waiting.push(bytes.slice());
			this.#waitingBytes += bytes.length;
			this.#drain();
		}

		close(): void {
			this.#waiting = [];
			this.#waitingBytes = 0;
			this.#room = 0;
			this.#serial.close();
		}

		#drain(): void {
			while (this.#room > 0) {
				const next = this.#waiting[0];
				if (next === undefined) return;
				const now = next.subarray(0, this.#room);
				this.#serial.write(now.slice());
				this.#room -= now.length;
				this.#waitingBytes -= now.length;
				if (now.length === next.length) this.#waiting.shift();
				else this.#waiting[0] = next.subarray(now.length);
			}
		}
	};
}
