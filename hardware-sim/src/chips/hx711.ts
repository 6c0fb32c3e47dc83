import type { SimulationClock } from "../clock.ts";
import type { Driver, Net, NetLevel } from "../net.ts";
import type { SeededRandom } from "../random.ts";

/** PD_SCK high for longer than this powers the chip down (datasheet, "Reset and Power-Down Sequence"). */
const powerDownNs = 60_000;
/** Conversions until the output is valid after power-up, wake-up, and a change of gain (datasheet, settling time). */
const settlingConversions = 4;
const highest = 0x7f_ff_ff;
const lowest = -0x80_00_00;
/** 50 nV rms of input noise at 10 SPS against ±20 mV of full scale (datasheet, key electrical characteristics). */
const typicalNoiseCounts = 20;
/** Temperature at which nothing has drifted. */
const referenceCelsius = 25;

export type HX711Gain = 128 | 64 | 32;

/**
 * Drift with temperature, 0 at 25 °C. The chip alone drifts by 6 nV/°C and 5 ppm/°C (datasheet, key electrical
 * characteristics): 2.5 counts and 5e-6. A load cell adds its own.
 */
export interface HX711Drift {
	/** Counts at gain 128 for each degree. */
	readonly offsetCountsPerCelsius: number;
	/** Share of the signal for each degree. */
	readonly gainPerCelsius: number;
}

/** A load cell goes on giving way under a load: its signal grows by `fraction`, 63 % of that within the time constant. */
export interface HX711Creep {
	/** 0.0002 is usual for a cell of class C3. */
	readonly fraction: number;
	readonly timeConstantSeconds: number;
}

export interface HX711ChipOptions {
	readonly clock: SimulationClock;
	readonly pins: { readonly clock: Net; readonly data: Net };
	readonly random: SeededRandom;
	/** Standard deviation of a conversion, in counts at gain 128. 20 where not given, as typical. */
	readonly noiseCounts?: number;
	/** Conversions a second: the level of the RATE pin. 10 where not given. */
	readonly rate?: 10 | 80;
	/** None where not given. */
	readonly drift?: HX711Drift;
	/** None where not given. */
	readonly creep?: HX711Creep;
}

/** The signal of one input, and how far the cell has given way under it. */
interface Input {
	counts: number;
	crept: number;
	at: number;
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
	readonly #drift: HX711Drift | undefined;
	readonly #creep: HX711Creep | undefined;
	readonly #data: Driver;
	readonly #serialClock: Net;
	readonly #periodNs: number;
	readonly #input: { readonly A: Input; readonly B: Input };
	#celsius = referenceCelsius;
	#brokenWire: "excitation" | "signal" | "clock" | undefined;
	/** PD_SCK as the chip sees it. */
	#level: NetLevel = 0;
	#gain: HX711Gain = 128;
	#selected: HX711Gain = 128;
	#word = 0;
	#fetched: number | undefined;
	#fetches = 0;
	#sleeps = 0;
	#ready = false;
	#pulses = 0;
	#lastPulseAt = 0;
	#dueAt = 0;
	#isPowered = false;
	#isAsleep = false;
	#overwritten = 0;
	#torn = 0;
	#cancelConversion: (() => void) | undefined;
	#cancelPowerDown: (() => void) | undefined;

	constructor(options: HX711ChipOptions) {
		this.#clock = options.clock;
		this.#random = options.random;
		this.#noiseCounts = options.noiseCounts ?? typicalNoiseCounts;
		this.#drift = options.drift;
		this.#creep = options.creep;
		this.#periodNs = 1e9 / (options.rate ?? 10);
		this.#input = { A: { counts: 0, crept: 0, at: 0 }, B: { counts: 0, crept: 0, at: 0 } };
		this.#serialClock = options.pins.clock;
		this.#data = options.pins.data.attach();
		options.pins.clock.watch(() => this.#look());
		this.power(true);
	}

	/** Signal of the load cell, in counts at gain 128, before creep, drift, noise and clamping. */
	setInput(counts: number, channel: "A" | "B" = "A"): void {
		const input = this.#input[channel];
		this.#settle(input);
		input.counts = counts;
	}

	/** Temperature of chip and cell; 25 °C at first. */
	setCelsius(celsius: number): void {
		this.#celsius = celsius;
	}

	/**
	 * Breaks one wire, or mends it. `excitation` (E+): the bridge has no supply and answers no load. `signal` (A−): the
	 * input drifts to the end of the range. `clock`: PD_SCK is shorted to ground and no pulse arrives. What the first two
	 * read is an assumption: the datasheet does not say.
	 */
	breakWire(wire: "excitation" | "signal" | "clock" | undefined): void {
		this.#brokenWire = wire;
		this.#look();
	}

	/** The gain of the running conversion. */
	get gain(): HX711Gain {
		return this.#gain;
	}

	get asleep(): boolean {
		return this.#isAsleep;
	}

	/** How often it fell asleep. */
	get sleeps(): number {
		return this.#sleeps;
	}

	/** Readings that nobody fetched in time. */
	get overwritten(): number {
		return this.#overwritten;
	}

	/** Readings that the next one overtook while they were shifted out. */
	get torn(): number {
		return this.#torn;
	}

	/** The reading that was latched when its first bit was asked for last: what a driver has to come up with. */
	get fetched(): number | undefined {
		return this.#fetched;
	}

	/** How often a first bit was asked for. */
	get fetches(): number {
		return this.#fetches;
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
		this.#level = this.#seen();
		if (this.#level === 1) this.#watchForPowerDown();
	}

	#seen(): NetLevel {
		return this.#brokenWire === "clock" ? 0 : this.#serialClock.level;
	}

	#look(): void {
		const level = this.#seen();
		if (level === this.#level) return;
		this.#level = level;
		if (!this.#isPowered) return;
		if (level === 1) this.#rise();
		else this.#fall();
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
			// The reading is being shifted out: this one takes its place when the clock rests. For how long it must rest is an
			// assumption: the datasheet does not say.
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
		else if (this.#ready) this.#torn++;
		this.#pulses = 0;
		this.#word = this.#convert();
		this.#setReady(true);
		this.#convertAt(this.#dueAt + this.#periodNs);
	}

	#convert(): number {
		if (this.#brokenWire === "signal") return highest;
		const noise = this.#noiseCounts === 0 ? 0 : this.#noiseCounts * this.#random.gaussian();
		const signal =
			this.#brokenWire === "excitation" ? 0 : this.#signal(this.#gain === 32 ? this.#input.B : this.#input.A);
		const counts = Math.round(((signal + noise) * this.#gain) / 128);
		return Math.max(lowest, Math.min(highest, counts));
	}

	#signal(input: Input): number {
		this.#settle(input);
		const crept = input.counts + (this.#creep?.fraction ?? 0) * input.crept;
		if (this.#drift === undefined) return crept;
		const degrees = this.#celsius - referenceCelsius;
		return crept * (1 + this.#drift.gainPerCelsius * degrees) + this.#drift.offsetCountsPerCelsius * degrees;
	}

	/** Lets the cell give way for the time that has passed under its load. */
	#settle(input: Input): void {
		if (this.#creep !== undefined) {
			const timeConstants = (this.#clock.now - input.at) / (this.#creep.timeConstantSeconds * 1e9);
			input.crept += (input.counts - input.crept) * (1 - Math.exp(-timeConstants));
		}
		input.at = this.#clock.now;
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
		if (this.#pulses === 1) {
			this.#fetched = this.#word;
			this.#fetches++;
		}
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
			this.#sleeps++;
			this.#cancelConversion?.();
			this.#pulses = 0;
			this.#setReady(false);
		});
	}
}
