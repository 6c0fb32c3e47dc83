/*
	AVIA HX711
	24-bit ADC for weigh scales, two wires
	https://cdn.sparkfun.com/datasheets/Sensors/ForceFlex/hx711_english.pdf
*/
import type { Digital, DigitalConstructor, DigitalOptions } from "@visionvend/sdk/device/io/digital";
import type { Connection } from "@visionvend/sdk/device/io/io";

/** Amplification, and with it the input: 128 and 64 read channel A (±20 mV and ±40 mV), 32 reads channel B (±80 mV). */
export type HX711Gain = 128 | 64 | 32;

type DigitalConnection = Connection<DigitalConstructor> & Pick<DigitalOptions, "pin">;

export interface HX711Options {
	/** PD_SCK, an output. */
	readonly clock: DigitalConnection;
	/** DOUT, an input. Its pull-up keeps a cell that is not plugged in from looking ready. */
	readonly data: DigitalConnection;
}

export interface HX711Faults {
	/** The input is past the end of the range: overload, or a broken load cell wire. */
	saturated?: true;
	/** DOUT did not go high after the last pulse: the reading was disturbed, or DOUT is shorted to ground. */
	disconnected?: true;
}

export interface HX711Sample {
	/** Counts, -8,388,608 to 8,388,607. */
	raw: number;
	/** Only there when something was wrong with this reading. */
	faults?: HX711Faults;
}

export interface HX711Configuration {
	readonly gain: HX711Gain;
}

const highest = 0x7f_ff_ff;
const lowest = -0x80_00_00;

/**
 * Load cell amplifier, ECMA-419 sensor class pattern.
 *
 * The part converts 10 (or 80) times a second; `sample` fetches a reading if one waits. After power-up, `wake` and a
 * change of gain the first reading comes 400 ms later (50 ms at 80 a second).
 */
export class HX711 {
	#clock: Digital | undefined;
	#data: Digital | undefined;
	#gain: HX711Gain = 128;
	/** Gain of the conversion that is fetched next: the pulses of one read choose that of the following ones. */
	#nextGain: HX711Gain = 128;
	#isAsleep = false;

	constructor(options: HX711Options) {
		const { clock, data } = options;
		if (typeof clock?.io !== "function" || typeof data?.io !== "function")
			throw new TypeError('HX711: options "clock" and "data" are { io: Digital, pin }.');
		try {
			// PD_SCK starts low: high for 60 µs would put the part to sleep.
			this.#clock = new clock.io({ mode: clock.io.Output, ...clock, initialValue: 0 });
			this.#data = new data.io({ mode: data.io.InputPullUp, ...data });
		} catch (error) {
			this.close();
			throw error;
		}
	}

	/** Changes what it is given. A new gain holds from the next `sample` that returns something. */
	configure(options: { readonly gain?: HX711Gain }): void {
		this.#requireOpen();
		const { gain } = options;
		if (gain === undefined) return;
		if (gain !== 128 && gain !== 64 && gain !== 32)
			throw new RangeError(`HX711: gain is 128, 64 or 32, not ${String(gain)}.`);
		this.#gain = gain;
	}

	/** The reading that waits, or `undefined` when none does. Never waits itself. */
	sample(): HX711Sample | undefined {
		const clock = this.#requireOpen();
		const data = this.#data;
		if (data === undefined || this.#isAsleep || data.read() === 1) return undefined;
		let raw = 0;
		for (let bit = 0; bit < 24; bit++) {
			clock.write(1);
			raw = (raw << 1) | data.read();
			clock.write(0);
		}
		// Datasheet, table 3: 25 pulses in all choose gain 128, 26 gain 32, 27 gain 64.
		const more = this.#gain === 128 ? 1 : this.#gain === 32 ? 2 : 3;
		for (let pulse = 0; pulse < more; pulse++) {
			clock.write(1);
			clock.write(0);
		}
		const isFresh = this.#nextGain === this.#gain;
		this.#nextGain = this.#gain;
		if (!isFresh) return undefined; // converted with the gain of before
		raw = (raw << 8) >> 8;
		const isSaturated = raw === highest || raw === lowest;
		const isDisconnected = data.read() === 0;
		if (!isSaturated && !isDisconnected) return { raw };
		const faults: HX711Faults = {};
		if (isSaturated) faults.saturated = true;
		if (isDisconnected) faults.disconnected = true;
		return { raw, faults };
	}

	/** Powers the part down (under 1 µA) 60 µs from now; it takes the supply off the load cell too. */
	sleep(): void {
		this.#requireOpen().write(1);
		this.#isAsleep = true;
	}

	/**
	 * Powers the part up. Its gain is back at 128 then, so another one is chosen again with the first reading. Sooner than
	 * 60 µs after `sleep` this is one pulse of the clock instead, which spoils a reading that waits.
	 */
	wake(): void {
		const clock = this.#requireOpen();
		if (!this.#isAsleep) return;
		clock.write(0);
		this.#isAsleep = false;
		this.#nextGain = 128;
	}

	get configuration(): HX711Configuration {
		return { gain: this.#gain };
	}

	get identification(): { readonly model: "AVIA HX711"; readonly classification: "Load" } {
		return { model: "AVIA HX711", classification: "Load" };
	}

	close(): void {
		this.#clock?.close();
		this.#data?.close();
		this.#clock = undefined;
		this.#data = undefined;
	}

	#requireOpen(): Digital {
		if (this.#clock === undefined) throw new Error("HX711 is closed. Make a new instance.");
		return this.#clock;
	}
}
