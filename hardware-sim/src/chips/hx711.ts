import type { SimulationClock } from "../clock.ts";
import type { Driver, Net } from "../net.ts";
import type { SeededRandom } from "../random.ts";

/** PD_SCK high for longer than this powers the chip down (datasheet, "Reset and Power-Down Sequence"). */
const powerDownNs = 60_000;
/** Conversions until the output is valid after power-up, wake-up, and a change of gain (datasheet, settling time). */
const settlingConversions = 4;
const highest = 0x7f_ff_ff;
const lowest = -0x80_00_00;
/** 50 nV rms of input noise at 10 SPS against ±20 mV of full scale (datasheet, key electrical characteristics). */
const typicalNoiseCounts = 20;

export type HX711Gain = 128 | 64 | 32;

export interface HX711ChipOptions {
	readonly clock: SimulationClock;
	readonly pins: { readonly clock: Net; readonly data: Net };
	readonly random: SeededRandom;
	/** Standard deviation of a conversion, in counts at gain 128. 20 where not given, as typical. */
	readonly noiseCounts?: number;
	/** Conversions a second: the level of the RATE pin. 10 where not given. */
	readonly rate?: 10 | 80;
}

/**
 * AVIA HX711, 24-bit ADC for weigh scales, edge by edge.
 * https://cdn.sparkfun.com/datasheets/Sensors/ForceFlex/hx711_english.pdf
 *
 * It converts all the time. DOUT falls when a reading waits, and a reading that nobody fetches is overwritten by the
 * next one. Each rising edge of PD_SCK puts the next bit on DOUT, most significant first; 25, 26 or 27 pulses choose
 * the input and gain of the conversions that follow: A at 128, B at 32, A at 64.
 */
export class HX711Chip {
	readonly #clock: SimulationClock;
	readonly #random: SeededRandom;
	readonly #noiseCounts: number;
	readonly #data: Driver;
	readonly #serialClock: Net;
	readonly #periodNs: number;
	#input = { A: 0, B: 0 };
	#gain: HX711Gain = 128;
	#selected: HX711Gain = 128;
	#word = 0;
	#ready = false;
	#pulses = 0;
	#lastPulseAt = 0;
	#dueAt = 0;
	#isPowered = false;
	#isAsleep = false;
	#overwritten = 0;
	#cancelConversion: (() => void) | undefined;
	#cancelPowerDown: (() => void) | undefined;

	constructor(options: HX711ChipOptions) {
		this.#clock = options.clock;
		this.#random = options.random;
		this.#noiseCounts = options.noiseCounts ?? typicalNoiseCounts;
		this.#periodNs = 1e9 / (options.rate ?? 10);
		this.#serialClock = options.pins.clock;
		this.#data = options.pins.data.attach();
		options.pins.clock.watch((level) => {
			if (!this.#isPowered) return;
			if (level === 1) this.#rise();
			else this.#fall();
		});
		this.power(true);
	}

	/** Signal of the load cell, in counts at gain 128, before noise and clamping. */
	setInput(counts: number, channel: "A" | "B" = "A"): void {
		this.#input[channel] = counts;
	}

	/** The gain of the running conversion. */
	get gain(): HX711Gain {
		return this.#gain;
	}

	get asleep(): boolean {
		return this.#isAsleep;
	}

	/** Readings that nobody fetched in time. */
	get overwritten(): number {
		return this.#overwritten;
	}

	/** Supply on or off. Off: DOUT floats. On: as fresh as from the factory. */
	power(on: boolean): void {
		this.#cancelConversion?.();
		this.#cancelPowerDown?.();
		this.#isPowered = on;
		this.#isAsleep = false;
		if (!on) {
			this.#data.drive("Z");
			return;
		}
		this.#restart();
		if (this.#serialClock.level === 1) this.#watchForPowerDown();
	}

	/** Gain 128, and four conversions until the first reading. */
	#restart(): void {
		this.#gain = 128;
		this.#selected = 128;
		this.#pulses = 0;
		this.#setReady(false);
		this.#convertAt(this.#clock.now + settlingConversions * this.#periodNs);
	}

	#convertAt(at: number): void {
		this.#dueAt = at;
		this.#cancelConversion?.();
		this.#cancelConversion = this.#clock.after(Math.max(0, at - this.#clock.now), () => this.#finishConversion());
	}

	#finishConversion(): void {
		const now = this.#clock.now;
		if (this.#pulses > 0 && now - this.#lastPulseAt < powerDownNs) {
			// The reading is being shifted out: this one takes its place when the clock rests.
			const due = this.#dueAt;
			this.#convertAt(now + powerDownNs);
			this.#dueAt = due;
			return;
		}
		if (this.#selected !== this.#gain) {
			this.#gain = this.#selected;
			this.#pulses = 0;
			this.#convertAt(this.#lastPulseAt + settlingConversions * this.#periodNs);
			return;
		}
		if (this.#ready && this.#pulses === 0) this.#overwritten++;
		this.#pulses = 0;
		this.#word = this.#convert();
		this.#setReady(true);
		this.#convertAt(this.#dueAt + this.#periodNs);
	}

	#convert(): number {
		const input = this.#gain === 32 ? this.#input.B : this.#input.A;
		const noise = this.#noiseCounts === 0 ? 0 : this.#noiseCounts * this.#random.gaussian();
		const counts = Math.round(((input + noise) * this.#gain) / 128);
		return Math.max(lowest, Math.min(highest, counts));
	}

	#setReady(ready: boolean): void {
		this.#ready = ready;
		this.#data.drive(ready ? 0 : 1);
	}

	#rise(): void {
		this.#watchForPowerDown();
		if (!this.#ready && this.#pulses === 0) return; // nothing to shift
		this.#pulses++;
		this.#lastPulseAt = this.#clock.now;
		if (this.#pulses <= 24) {
			this.#data.drive(((this.#word >> (24 - this.#pulses)) & 1) === 1 ? 1 : 0);
			return;
		}
		this.#setReady(false);
		if (this.#pulses === 25) this.#selected = 128;
		else if (this.#pulses === 26) this.#selected = 32;
		else if (this.#pulses === 27) this.#selected = 64;
	}

	#fall(): void {
		this.#cancelPowerDown?.();
		this.#cancelPowerDown = undefined;
		if (!this.#isAsleep) return;
		this.#isAsleep = false;
		this.#restart();
	}

	#watchForPowerDown(): void {
		this.#cancelPowerDown = this.#clock.after(powerDownNs, () => {
			this.#isAsleep = true;
			this.#cancelConversion?.();
			this.#pulses = 0;
			this.#setReady(false);
		});
	}
}
