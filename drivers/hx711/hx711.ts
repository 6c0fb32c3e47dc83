/*
	AVIA HX711
	24-bit ADC for weigh scales, two wires
	https://cdn.sparkfun.com/datasheets/Sensors/ForceFlex/hx711_english.pdf
*/
import type { Digital, DigitalConstructor, DigitalOptions } from "@visionvend/sdk/device/io/digital";
import type { Connection } from "@visionvend/sdk/device/io/io";
import type { SPI, SPIConstructor, SPIOptions } from "@visionvend/sdk/device/io/spi";

/** Amplification, and with it the input: 128 and 64 read channel A (±20 mV and ±40 mV), 32 reads channel B (±80 mV). */
export type HX711Gain = 128 | 64 | 32;

type DigitalConnection = Connection<DigitalConstructor> & Pick<DigitalOptions, "pin">;

/** Clocked by hand, over two GPIO lines. */
export interface HX711DigitalOptions {
	/** PD_SCK, an output. */
	readonly clock: DigitalConnection;
	/** DOUT, an input. Its pull-up keeps a cell that is not plugged in from looking ready. */
	readonly data: DigitalConnection;
	/**
	 * A clock that only goes forward, in microseconds, good to a few of them. With it every reading that an interrupt
	 * spoilt is found and dropped; without it about two of three are, and most of the others are off by less than 128 counts.
	 */
	readonly microseconds?: () => number;
	readonly sensor?: undefined;
}

/** Clocked by an SPI controller, which nothing interrupts. Its own clock pin stays unconnected. */
export interface HX711SPIOptions {
	/** `out` is PD_SCK, `in` is DOUT. `hz` is 50,000 to 2,500,000; 1,000,000 where not given. */
	readonly sensor: Connection<SPIConstructor> & Required<Pick<SPIOptions, "out" | "in">>;
	readonly clock?: undefined;
	readonly data?: undefined;
	readonly microseconds?: undefined;
}

export type HX711Options = HX711DigitalOptions | HX711SPIOptions;

export interface HX711Faults {
	/** The input is past the end of the range: overload, or a broken load cell wire. */
	saturated?: true;
	/** DOUT is low all the time: shorted to ground, or PD_SCK does not reach the part. */
	disconnected?: true;
	/** DOUT was not high after the last pulse: the reading was overtaken by the next one, and is of no use. */
	overrun?: true;
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
/** Longest that PD_SCK may be high within a reading (datasheet, figure 2, T3); from 60 µs on the part powers down. */
const longestPulseMicroseconds = 50;
/** PD_SCK high for so long powers the part down for certain. */
const powerDownMicroseconds = 100;
const defaultHz = 1_000_000;
/** A pulse every 40 µs: with longer rests between them the next conversion may take the reading's place (see README). */
const lowestHz = 50_000;
/** The bit is looked at half a period after its edge; the part needs 0.1 µs (datasheet, figure 2, T2). */
const highestHz = 2_500_000;
/** Four pulses of PD_SCK in a byte. It ends low, so a gap between two bytes can only lengthen a low. */
const fourPulses = 0xaa;
/** The last pulses of a reading: one, two, three. */
const onePulse = 0x80;
const twoPulses = 0xa0;
const threePulses = 0xa8;
/** A part that fell asleep within a reading answers ones. So many at the end are not taken on trust. */
const suspectEnd = 0xff;

/**
 * Load cell amplifier, ECMA-419 sensor class pattern.
 *
 * The part converts 10 (or 80) times a second; `sample` fetches a reading if one waits. After power-up, `wake`, a change
 * of gain, and a reading that was spoilt the next one comes 400 ms later (50 ms at 80 a second).
 */
export class HX711 {
	readonly #microseconds: (() => number) | undefined;
	#clock: Digital | undefined;
	#data: Digital | undefined;
	#spi: SPI | undefined;
	/** What goes over SPI and comes back: the look at DOUT, and a reading. */
	#look: Uint8Array | undefined;
	#reading: Uint8Array | undefined;
	/** PD_SCK high for long enough to restart the part. */
	#high: Uint8Array | undefined;
	#gain: HX711Gain = 128;
	/**
	 * Gain of the conversion that is fetched next: the pulses of one read choose that of the following ones. `undefined`
	 * when the part may have restarted.
	 */
	#nextGain: HX711Gain | undefined = 128;
	#isAsleep = false;
	/** Since when PD_SCK is held high to restart the part. */
	#restartedAt: number | undefined;
	/** DOUT after the last pulse. */
	#isLineLow = false;
	/** The last reading that was not taken on trust. */
	#suspect: number | undefined;

	constructor(options: HX711Options) {
		const { clock, data, sensor, microseconds } = options;
		if (microseconds !== undefined && typeof microseconds !== "function")
			throw new TypeError('HX711: option "microseconds" is a function.');
		this.#microseconds = microseconds;
		if (sensor !== undefined) {
			if (typeof sensor.io !== "function" || clock !== undefined || data !== undefined)
				throw new TypeError('HX711: option "sensor" is { io: SPI, out, in }, without "clock" and "data".');
			if (sensor.out === undefined || sensor.in === undefined)
				throw new TypeError('HX711: option "sensor" needs both pins: "out" is PD_SCK, "in" is DOUT.');
			const hz = sensor.hz ?? defaultHz;
			if (typeof hz !== "number" || !(hz >= lowestHz && hz <= highestHz))
				throw new RangeError(`HX711: hz is a number from ${lowestHz} to ${highestHz}, not ${String(hz)}.`);
			this.#look = new Uint8Array(1);
			this.#reading = new Uint8Array(7);
			this.#high = new Uint8Array(Math.ceil((powerDownMicroseconds * hz) / 8e6)).fill(0xff);
			this.#spi = new sensor.io({ mode: 0, ...sensor, hz });
			return;
		}
		if (typeof clock?.io !== "function" || typeof data?.io !== "function")
			throw new TypeError(
				'HX711: give "clock" and "data", each { io: Digital, pin }, or "sensor", { io: SPI, out, in }.',
			);
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

	/**
	 * The reading that waits, or `undefined` when none does. Never waits itself. A reading that was spoilt on its way is
	 * dropped. Leave 60 µs between two calls.
	 */
	sample(): HX711Sample | undefined {
		this.#requireOpen();
		if (this.#isAsleep) return undefined;
		if (this.#restartedAt !== undefined) {
			this.#endRestart(this.#restartedAt);
			return undefined;
		}
		const bits = this.#spi === undefined ? this.#fetchByHand() : this.#fetchOverSPI(this.#spi);
		if (bits === undefined) return undefined;
		const raw = (bits << 8) >> 8;
		const isFresh = this.#nextGain === this.#gain;
		this.#nextGain = this.#gain;
		const faults: HX711Faults = {};
		if (this.#isLineLow) {
			if (raw === 0) faults.disconnected = true;
			else faults.overrun = true;
			// The part may be in the middle of another reading.
			this.#restart();
			return { raw, faults };
		}
		// Not fresh: converted with the gain of before.
		if (!isFresh || this.#isSuspect(raw)) return undefined;
		if (raw !== highest && raw !== lowest) return { raw };
		faults.saturated = true;
		return { raw, faults };
	}

	/**
	 * Powers the part down (under 1 µA) 60 µs from now; it takes the supply off the load cell too. An SPI bus rests low,
	 * so there the part stays awake, and is only not read any more.
	 */
	sleep(): void {
		this.#requireOpen();
		this.#clock?.write(1);
		this.#isAsleep = true;
		this.#restartedAt = undefined;
	}

	/**
	 * Powers the part up. Its gain is back at 128 then, so another one is chosen again with the first reading. Sooner than
	 * 60 µs after `sleep` this is one pulse of the clock instead, which spoils a reading that waits.
	 */
	wake(): void {
		this.#requireOpen();
		if (!this.#isAsleep) return;
		this.#isAsleep = false;
		this.#nextGain = 128;
		this.#clock?.write(0);
		if (this.#high !== undefined) this.#spi?.write(this.#high);
	}

	get configuration(): HX711Configuration {
		return { gain: this.#gain };
	}

	get identification(): { readonly model: "AVIA HX711"; readonly classification: "Load" } {
		return { model: "AVIA HX711", classification: "Load" };
	}

	/** Lets go of the pins, PD_SCK low as it began: a part that sleeps wakes. */
	close(): void {
		const clock = this.#clock;
		const data = this.#data;
		const spi = this.#spi;
		this.#clock = undefined;
		this.#data = undefined;
		this.#spi = undefined;
		try {
			clock?.write(0);
		} finally {
			clock?.close();
			data?.close();
			spi?.close();
		}
	}

	/** The 24 bits of the reading that waits; `undefined` when none does or it was spoilt. */
	#fetchByHand(): number | undefined {
		const clock = this.#clock;
		const data = this.#data;
		if (clock === undefined || data === undefined || data.read() === 1) return undefined;
		const pulses = 24 + this.#lastPulses();
		let bits = 0;
		let isStalled = false;
		let last = this.#microseconds?.() ?? 0;
		for (let pulse = 0; pulse < pulses; pulse++) {
			clock.write(1);
			if (pulse < 24) bits = (bits << 1) | data.read();
			clock.write(0);
			// From before one rising edge to before the next: no pulse within was longer.
			const now = this.#microseconds?.() ?? 0;
			if (now - last >= longestPulseMicroseconds) isStalled = true;
			last = now;
		}
		this.#isLineLow = data.read() === 0;
		if (!isStalled) return bits;
		// Clock high, the part fell asleep; clock low, the next reading may have begun. Only a restart is certain.
		this.#restart();
		return undefined;
	}

	#fetchOverSPI(spi: SPI): number | undefined {
		const look = this.#look;
		const reading = this.#reading;
		if (look === undefined || reading === undefined) return undefined;
		// A byte without a pulse shows DOUT. Once low it stays so until it is clocked: no race with the part.
		look[0] = 0;
		spi.transfer(look);
		if (((look[0] ?? 1) & 1) === 1) return undefined;
		reading.fill(fourPulses, 0, 6);
		const last = this.#lastPulses();
		reading[6] = last === 1 ? onePulse : last === 2 ? twoPulses : threePulses;
		spi.transfer(reading);
		let bits = 0;
		let isTorn = false;
		for (let index = 0; index < 6; index++) {
			const byte = reading[index] ?? 0;
			// Every bit is seen twice, while PD_SCK is high and while it is low.
			if (((byte ^ (byte << 1)) & fourPulses) !== 0) isTorn = true;
			bits = (bits << 4) | ((byte >> 4) & 8) | ((byte >> 3) & 4) | ((byte >> 2) & 2) | ((byte >> 1) & 1);
		}
		// Right after the last pulse: by the end of the byte the next conversion may be ready, which is no fault.
		this.#isLineLow = (((reading[6] ?? 0) >> (8 - 2 * last)) & 1) === 0;
		if (!isTorn) return bits;
		this.#restart();
		return undefined;
	}

	/** Datasheet, table 3: 25 pulses in all choose gain 128, 26 gain 32, 27 gain 64. */
	#lastPulses(): number {
		return this.#gain === 128 ? 1 : this.#gain === 32 ? 2 : 3;
	}

	/** Brings the part to a state that is known: power-down and up again, as after power comes. */
	#restart(): void {
		this.#nextGain = 128;
		this.#suspect = undefined;
		if (this.#high !== undefined) {
			this.#spi?.write(this.#high);
			return;
		}
		this.#clock?.write(1);
		this.#restartedAt = this.#microseconds?.() ?? 0;
	}

	#endRestart(since: number): void {
		const now = this.#microseconds?.() ?? powerDownMicroseconds;
		if (now - since < powerDownMicroseconds) return;
		this.#clock?.write(0);
		this.#restartedAt = undefined;
	}

	/** Without a clock: whether this reading may be one that ended in sleep. The same one twice in a row is the truth. */
	#isSuspect(raw: number): boolean {
		if (this.#spi !== undefined || this.#microseconds !== undefined) return false;
		const endsInOnes = (raw & suspectEnd) === suspectEnd;
		const isSuspect = endsInOnes && raw !== this.#suspect;
		this.#suspect = endsInOnes ? raw : undefined;
		// If it slept, it is at gain 128 now.
		if (isSuspect && this.#gain !== 128) this.#nextGain = undefined;
		return isSuspect;
	}

	#requireOpen(): void {
		if (this.#clock === undefined && this.#spi === undefined) throw new Error("HX711 is closed. Make a new instance.");
	}
}
