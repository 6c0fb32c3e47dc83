import type { SimulationClock } from "../clock.ts";
import type { Net } from "../net.ts";
import { type SerialBoardEnd, SerialWire } from "./serial-wire.ts";

/** A UART that has collected so much interrupts at once; fewer bytes wait for a pause of two byte times. */
const chunkBytes = 64;

/**
 * A UART whose transmitter pulls a 1-Wire bus low through an open drain, and whose receiver listens to that bus: the
 * wiring of Analog Devices' application note 214. Every bit is an edge on the net, and what the receiver reads is what
 * the net did, whoever pulled it. Its other end is the bus: `far` leads nowhere, and `tap` shows nothing; watch the net.
 *
 * ```ts
 * const bus = board.net(41);
 * board.attachSerial({ receive: 41, transmit: 40 }, new OneWireUart({ clock: board.clock, bus }));
 * new DS18B20Chip({ clock: board.clock, bus, … });
 * ```
 */
export class OneWireUart extends SerialWire {
	override readonly near: SerialBoardEnd;

	/** `bus` gets a pull-up of 4.7 kΩ. */
	constructor(options: { readonly clock: SimulationClock; readonly bus: Net }) {
		super(options.clock, 115_200);
		const { clock, bus } = options;
		bus.pull(1);
		const transmitter = bus.attach();
		let busyUntil = 0;
		let life = 0;
		const receiver = new Receiver(clock, bus, () => this.cut);
		this.near = {
			write: (bytes, baud, onSent) => {
				const sentInLife = life;
				const bitNs = 1e9 / baud;
				const start = Math.max(clock.now, busyUntil);
				busyUntil = Math.round(start + bytes.length * 10 * bitNs);
				bytes.forEach((byte, index) => {
					const byteStart = start + index * 10 * bitNs;
					// The start bit is 0, the stop bit 1, the least significant bit comes first.
					const frame = (byte << 1) | 0x200;
					for (let bit = 0; bit < 10; bit++) {
						const level = (frame >> bit) & 1;
						if (bit > 0 && level === ((frame >> (bit - 1)) & 1)) continue;
						clock.after(Math.round(byteStart + bit * bitNs) - clock.now, () => {
							if (life === sentInLife) transmitter.drive(level === 1 || this.cut ? "Z" : 0);
						});
					}
				});
				clock.after(busyUntil - clock.now, () => {
					if (life === sentInLife) onSent();
				});
			},
			listen: (next) => receiver.listen(next),
			silence: () => {
				life++;
				busyUntil = 0;
				transmitter.drive("Z");
			},
		};
	}
}

/** Reads bytes from the edges of a net: a frame begins with a falling edge, and each bit is what the net was in its middle. */
class Receiver {
	readonly #clock: SimulationClock;
	readonly #isCut: () => boolean;
	#next: Parameters<SerialBoardEnd["listen"]>[0];
	#bitNs = 0;
	#frameStart = 0;
	#edges: { readonly at: number; readonly level: 0 | 1 }[] | undefined;
	#collected: number[] = [];
	#cancel: (() => void) | undefined;
	#cancelPause: (() => void) | undefined;

	constructor(clock: SimulationClock, bus: Net, isCut: () => boolean) {
		this.#clock = clock;
		this.#isCut = isCut;
		bus.watch((level) => this.#edge(level));
	}

	listen(next: Parameters<SerialBoardEnd["listen"]>[0]): void {
		this.#cancel?.();
		this.#cancelPause?.();
		this.#edges = undefined;
		this.#collected = [];
		this.#next = next;
		if (next !== undefined) this.#bitNs = 1e9 / next.baud;
	}

	#edge(level: 0 | 1): void {
		if (this.#next === undefined || this.#isCut()) return;
		const at = this.#clock.now;
		if (this.#edges !== undefined) {
			this.#edges.push({ at, level });
			return;
		}
		if (level === 1) return;
		this.#edges = [];
		this.#frameStart = at;
		this.#cancelPause?.();
		// The middle of the stop bit: a UART looks for the next start bit from there on.
		this.#cancel = this.#clock.after(9.5 * this.#bitNs, () => this.#frameEnds());
	}

	/** A frame without a stop bit (a bus that stays low) comes in as the zeros that it is. */
	#frameEnds(): void {
		const edges = this.#edges ?? [];
		this.#edges = undefined;
		let byte = 0;
		let index = 0;
		let level: 0 | 1 = 0;
		for (let bit = 0; bit < 8; bit++) {
			const middle = this.#frameStart + (bit + 1.5) * this.#bitNs;
			for (let edge = edges[index]; edge !== undefined && edge.at <= middle; edge = edges[index]) {
				level = edge.level;
				index++;
			}
			byte |= level << bit;
		}
		this.#collected.push(byte);
		if (this.#collected.length >= chunkBytes) this.#deliver();
		else this.#cancelPause = this.#clock.after(20 * this.#bitNs, () => this.#deliver());
	}

	#deliver(): void {
		const bytes = Uint8Array.from(this.#collected);
		this.#collected = [];
		this.#next?.receive(bytes);
	}
}
