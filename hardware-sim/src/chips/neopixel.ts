import type { SimulationClock } from "../clock.ts";
import type { Net } from "../net.ts";

/** Pulse widths that a WS2812B takes (datasheet, "Data transfer time": 0.4 µs and 0.8 µs, each ±150 ns). */
const zeroHighNs = { from: 250, to: 550 };
const oneHighNs = { from: 650, to: 950 };
/** A low within a bit: 0.85 µs or 0.45 µs, −150 ns; longer is forgiven until the latch. */
const shortestLowNs = 300;

export interface Color {
	readonly red: number;
	readonly green: number;
	readonly blue: number;
}

export interface NeoPixelChipOptions {
	readonly clock: SimulationClock;
	readonly data: Net;
	/** LEDs in the chain. */
	readonly length: number;
	/** A low of this many microseconds shows the colours: 280 for today's parts, 50 for those before 2017. */
	readonly latchMicroseconds?: 280 | 50;
}

/**
 * A chain of Worldsemi WS2812B LEDs. It decodes the pulses on its data line, green, red, blue, most significant bit
 * first, and shows them after the latch.
 * https://cdn-shop.adafruit.com/datasheets/WS2812B.pdf
 */
export class NeoPixelChip {
	/** What each LED shows, 0 to 255 a colour. */
	readonly colors: Color[];
	/** Pulses outside of the datasheet's windows. Such a pulse is taken for the nearer bit. */
	timingErrors = 0;
	/** How often the colours were latched. */
	frames = 0;
	readonly #clock: SimulationClock;
	readonly #latchNs: number;
	readonly #bits: Uint8Array;
	#received = 0;
	#roseAt = 0;
	#fellAt = 0;
	#cancelLatch: (() => void) | undefined;

	constructor(options: NeoPixelChipOptions) {
		if (!Number.isInteger(options.length) || options.length < 1)
			throw new RangeError(`NeoPixelChip: length is an integer, 1 or more, not ${options.length}.`);
		this.#clock = options.clock;
		this.#latchNs = (options.latchMicroseconds ?? 280) * 1_000;
		this.#bits = new Uint8Array(options.length * 24);
		this.colors = Array.from({ length: options.length }, () => ({ red: 0, green: 0, blue: 0 }));
		options.data.watch((level) => {
			if (level === 1) this.#rise();
			else this.#fall();
		});
	}

	#rise(): void {
		this.#roseAt = this.#clock.now;
		this.#cancelLatch?.();
		if (this.#received > 0 && this.#roseAt - this.#fellAt < shortestLowNs) this.timingErrors++;
	}

	#fall(): void {
		const high = this.#clock.now - this.#roseAt;
		const isOne = high > (zeroHighNs.to + oneHighNs.from) / 2;
		const window = isOne ? oneHighNs : zeroHighNs;
		if (high < window.from || high > window.to) this.timingErrors++;
		if (this.#received < this.#bits.length) this.#bits[this.#received] = isOne ? 1 : 0; // the rest leaves the chain
		this.#received++;
		this.#fellAt = this.#clock.now;
		this.#cancelLatch = this.#clock.after(this.#latchNs, () => this.#latch());
	}

	#latch(): void {
		const complete = Math.min(this.colors.length, Math.floor(this.#received / 24));
		for (let i = 0; i < complete; i++)
			this.colors[i] = { green: this.#byte(i * 24), red: this.#byte(i * 24 + 8), blue: this.#byte(i * 24 + 16) };
		this.#received = 0;
		this.frames++;
	}

	#byte(from: number): number {
		let byte = 0;
		for (let i = 0; i < 8; i++) byte = (byte << 1) | (this.#bits[from + i] ?? 0);
		return byte;
	}
}
