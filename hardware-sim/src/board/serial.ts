import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { Serial, SerialConstructor, SerialOptions } from "@visionvend/sdk/device/io/serial";
import type { Driver } from "../net.ts";
import {
	type BoardHost,
	bytesOf,
	checkCallback,
	closedError,
	pinName,
	requireNumber,
	requirePin,
} from "./board-host.ts";
import type { SerialWire } from "./serial-wire.ts";

/** Bytes that each of the two buffers holds. */
const bufferBytes = 4_096;

/** ECMA-419 clause 10.7 on a `SerialWire`. A full receive buffer loses what comes, as a UART does. */
export function createSerial(host: BoardHost): SerialConstructor {
	return class SimulatedSerial implements Serial {
		readonly #owner: string;
		readonly #baud: number;
		readonly #wire: SerialWire | undefined;
		readonly #transmit: Driver;
		readonly #onReadable: ((this: Serial, bytes: number) => void) | undefined;
		readonly #onWritable: ((this: Serial, bytes: number) => void) | undefined;
		#received: Uint8Array[] = [];
		#receivedBytes = 0;
		#readableWaits = false;
		#unsent = 0;
		#release: (() => void) | undefined;

		constructor(options: SerialOptions) {
			if (typeof options !== "object" || options === null) throw new TypeError("Serial: options are required.");
			const receive = requirePin("Serial", "receive", options.receive);
			const transmit = requirePin("Serial", "transmit", options.transmit);
			if (receive === transmit) throw new RangeError(`Serial: receive and transmit are both ${pinName(receive)}.`);
			this.#baud = requireNumber("Serial", "baud", options.baud, 300, 5_000_000);
			if (options.format !== undefined && options.format !== "buffer")
				throw new RangeError(`Serial: option "format" is "buffer", not ${String(options.format)}.`);
			checkCallback("Serial", "onReadable", options.onReadable);
			checkCallback("Serial", "onWritable", options.onWritable);

			this.#owner = `Serial on receive ${pinName(receive)}, transmit ${pinName(transmit)}`;
			this.#onReadable = options.onReadable;
			this.#onWritable = options.onWritable;
			this.#release = host.claim("Serial", [receive, transmit], () => {
				this.#wire?.near.silence();
				this.#letGo();
			});
			this.#transmit = host.net(transmit).attach();
			this.#transmit.drive(1); // a UART line rests high
			this.#wire = host.serialWire(receive, transmit);
			this.#wire?.near.listen({ baud: this.#baud, receive: (bytes) => this.#arrive(bytes) });
			this.#tellWritable();
		}

		read(): ArrayBuffer | undefined {
			this.#requireOpen();
			host.access();
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
			this.#requireOpen();
			const bytes = bytesOf(this.#owner, buffer);
			const free = bufferBytes - this.#unsent;
			if (bytes.length > free)
				throw new HardwareError(
					"overrun",
					`${this.#owner}: ${bytes.length} bytes do not fit, ${free} of ${bufferBytes} are free. Wait for onWritable.`,
				);
			host.access();
			if (bytes.length === 0 || this.#wire === undefined) return;
			this.#unsent += bytes.length;
			this.#wire.near.write(bytes, this.#baud, () => {
				this.#unsent -= bytes.length;
				if (this.#unsent === 0) this.#tellWritable();
			});
		}

		close(): void {
			this.#release?.();
			this.#letGo();
		}

		#arrive(bytes: Uint8Array): void {
			const room = bufferBytes - this.#receivedBytes;
			const kept = bytes.slice(0, room);
			if (kept.length === 0) return;
			this.#received.push(kept);
			this.#receivedBytes += kept.length;
			const onReadable = this.#onReadable;
			if (onReadable === undefined || this.#readableWaits) return;
			this.#readableWaits = true;
			host.clock.callback(() => {
				this.#readableWaits = false;
				if (this.#release !== undefined && this.#receivedBytes > 0) onReadable.call(this, this.#receivedBytes);
			});
		}

		#tellWritable(): void {
			const onWritable = this.#onWritable;
			if (onWritable === undefined) return;
			host.clock.callback(() => {
				if (this.#release !== undefined) onWritable.call(this, bufferBytes - this.#unsent);
			});
		}

		#letGo(): void {
			if (this.#release === undefined) return;
			this.#release = undefined;
			this.#wire?.near.listen(undefined);
			this.#transmit.detach();
		}

		#requireOpen(): void {
			if (this.#release === undefined) throw closedError(this.#owner);
		}
	};
}
