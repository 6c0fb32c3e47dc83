import type { SimulationClock } from "../clock.ts";

export type SerialDirection = "to-board" | "from-board";
export type SerialTap = (direction: SerialDirection, bytes: Uint8Array) => void;
/** Bytes that arrive `delayNs` later than they would. */
export interface Arrival {
	readonly bytes: Uint8Array;
	readonly delayNs: number;
}
/** What a fault makes of bytes on their way: nothing when they are lost, several arrivals when they come twice. */
export type SerialDisturbance = (direction: SerialDirection, bytes: Uint8Array) => readonly Arrival[];
type Listener = (bytes: Uint8Array) => void;

/** Start bit, eight data bits, stop bit. */
const bitsPerByte = 10;
/** Bytes that arrive together: a receiver interrupts when its FIFO has filled so far. Messages come in pieces. */
const chunkBytes = 64;

/** The end of the wire that is soldered to the board. Arrivals come on the hardware lane. */
export interface SerialBoardEnd {
	write(bytes: Uint8Array, baud: number, onSent: () => void): void;
	/** The receiver's handler; undefined where no UART is open, then what arrives is lost. */
	listen(receiver: { readonly baud: number; receive(bytes: Uint8Array): void } | undefined): void;
	/** The board lost its power: what has not left yet never leaves. */
	silence(): void;
}

/**
 * Two crossed UART lines with a microcontroller on one end and a computer (`far`) on the other. A byte takes ten bit
 * times. A receiver at another rate than the sender's reads garbage.
 */
export class SerialWire {
	readonly baud: number;
	/** The computer's end. Its listeners are called in the script lane. */
	readonly far: {
		write(bytes: Uint8Array): void;
		/** Returns the function that ends it. */
		onData(listener: Listener): () => void;
	};
	/** The board's end: the board's Serial IO uses it. */
	readonly near: SerialBoardEnd;
	/** While true nothing arrives on either side, whatever is sent; bytes under way are lost. */
	cut = false;
	readonly #clock: SimulationClock;
	readonly #taps: SerialTap[] = [];
	#disturbances: readonly SerialDisturbance[] = [];

	constructor(clock: SimulationClock, baud: number) {
		if (!(baud >= 300 && baud <= 5_000_000))
			throw new RangeError(`SerialWire: baud is a number from 300 to 5,000,000, not ${baud}.`);
		this.#clock = clock;
		this.baud = baud;

		let farListeners: readonly Listener[] = [];
		let receiver: Parameters<SerialBoardEnd["listen"]>[0];
		const toBoard = this.#line();
		let fromBoard = this.#line();
		let life = 0;
		this.far = {
			write: (bytes) =>
				toBoard(bytes, this.baud, (chunk) =>
					this.#arrive("to-board", chunk, (arrived) => {
						this.#tell("to-board", arrived);
						receiver?.receive(asReadAt(receiver.baud, this.baud, arrived));
					}),
				),
			onData: (listener) => {
				farListeners = [...farListeners, listener];
				return () => {
					farListeners = farListeners.filter((other) => other !== listener);
				};
			},
		};
		this.near = {
			write: (bytes, atBaud, onSent) => {
				const sentInLife = life;
				fromBoard(
					bytes,
					atBaud,
					(chunk) => {
						if (sentInLife !== life) return;
						this.#arrive("from-board", chunk, (arrived) => {
							this.#tell("from-board", arrived);
							const read = asReadAt(this.baud, atBaud, arrived);
							clock.callback(() => {
								for (const listener of farListeners) listener(read.slice());
							});
						});
					},
					onSent,
				);
			},
			listen: (next) => {
				receiver = next;
			},
			silence: () => {
				life++;
				fromBoard = this.#line();
			},
		};
	}

	/** Gives the wire a fault, behind those that it has. Returns the function that mends it. */
	disturb(disturbance: SerialDisturbance): () => void {
		this.#disturbances = [...this.#disturbances, disturbance];
		return () => {
			this.#disturbances = this.#disturbances.filter((other) => other !== disturbance);
		};
	}

	/** Shows what arrives, in both directions. */
	tap(listener: SerialTap): void {
		this.#taps.push(listener);
	}

	#arrive(direction: SerialDirection, chunk: Uint8Array, deliver: Listener): void {
		if (this.cut) return;
		if (this.#disturbances.length === 0) {
			deliver(chunk);
			return;
		}
		let arrivals: readonly Arrival[] = [{ bytes: chunk.slice(), delayNs: 0 }];
		for (const disturbance of this.#disturbances)
			arrivals = arrivals.flatMap((before) =>
				disturbance(direction, before.bytes).map((after) => ({ ...after, delayNs: before.delayNs + after.delayNs })),
			);
		for (const { bytes, delayNs } of arrivals) {
			if (delayNs === 0) deliver(bytes);
			else this.#clock.after(delayNs, () => deliver(bytes));
		}
	}

	#tell(direction: SerialDirection, bytes: Uint8Array): void {
		for (const tap of this.#taps) tap(direction, bytes.slice());
	}

	/** One direction: bytes leave one after the other, however often `write` is called. */
	#line(): (bytes: Uint8Array, baud: number, arrive: Listener, onSent?: () => void) => void {
		let busyUntil = 0;
		return (bytes, baud, arrive, onSent) => {
			const nsPerByte = (bitsPerByte * 1e9) / baud;
			const copy = bytes.slice(); // the sender may reuse its buffer
			const start = Math.max(this.#clock.now, busyUntil);
			busyUntil = Math.round(start + copy.length * nsPerByte);
			for (let offset = 0; offset < copy.length; offset += chunkBytes) {
				const end = Math.min(offset + chunkBytes, copy.length);
				const at = Math.round(start + end * nsPerByte);
				this.#clock.after(at - this.#clock.now, () => {
					arrive(copy.subarray(offset, end));
					if (end === copy.length) onSent?.();
				});
			}
		};
	}
}

/** What a UART reads when its rate is off by more than the 5 % that ten bits forgive: not the bytes that were sent. */
function asReadAt(receiverBaud: number, senderBaud: number, bytes: Uint8Array): Uint8Array {
	return Math.abs(receiverBaud / senderBaud - 1) <= 0.05 ? bytes : bytes.map((byte) => (byte * 151 + 77) & 0xff);
}
