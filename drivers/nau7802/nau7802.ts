/*
	Nuvoton NAU7802
	24-bit ADC for load cells, on I2C
	https://www.nuvoton.com/export/resource-files/en-us--DS_NAU7802_DataSheet_EN_Rev2.6.pdf
*/
import type { Digital, DigitalConstructor, DigitalOptions } from "@visionvend/sdk/device/io/digital";
import type { I2C, I2CConstructor, I2COptions } from "@visionvend/sdk/device/io/i2c";
import type { Connection } from "@visionvend/sdk/device/io/io";

/** Amplification in front of the converter. 128 suits a load cell. */
export type NAU7802Gain = 1 | 2 | 4 | 8 | 16 | 32 | 64 | 128;
/** Readings a second. */
export type NAU7802Rate = 10 | 20 | 40 | 80 | 320;

export interface NAU7802Options {
	/** `address` is always 0x2A; `hz` is 400,000 where not given. */
	readonly sensor: Connection<I2CConstructor> & Pick<I2COptions, "data" | "clock">;
	/** DRDY, an input: it rises when a reading waits. Goes with `onSample`. */
	readonly interrupt?: Connection<DigitalConstructor> & Pick<DigitalOptions, "pin">;
	/** DRDY rose: time for `sample`, which may still return `undefined` while the part settles. */
	readonly onSample?: (this: NAU7802) => void;
}

export interface NAU7802Faults {
	/** The input is past the end of the range: overload. */
	saturated?: true;
	/** At the last set-up the part's test current found the input open: no load cell, or a broken wire. */
	disconnected?: true;
}

export interface NAU7802Sample {
	/** Counts, -8,388,608 to 8,388,607. */
	raw: number;
	/** Only there when something was wrong with this reading. */
	faults?: NAU7802Faults;
}

export interface NAU7802Configuration {
	readonly gain: NAU7802Gain;
	readonly rate: NAU7802Rate;
}

const busAddress = 0x2a;
const highest = 0x7f_ff_ff;
const lowest = -0x80_00_00;

// Registers (datasheet, 11).
const PU_CTRL = 0x00;
const CTRL1 = 0x01;
const CTRL2 = 0x02;
const I2C_CONTROL = 0x11;
const ADCO_B2 = 0x12;
const ADC_CONTROL = 0x15;
const PGA_PWR = 0x1c;
const DEVICE_REV = 0x1f;

// Bits of PU_CTRL.
const RR = 0x01;
const PUD = 0x02;
const PUA = 0x04;
const PUR = 0x08;
const CS = 0x10;
const CR = 0x20;
const AVDDS = 0x80;
/** What PU_CTRL holds while the part works, whether a reading waits or not. */
const working = PUD | PUA | PUR | CS | AVDDS;

/** Bits of CTRL2: calibration asked for and going on, and its failure. */
const CALS = 0x04;
const CAL_ERR = 0x08;
/** Bit of I2C_CONTROL: 2.5 µA into the positive input, which an open input cannot carry away. */
const BOPGA = 0x04;
/** CTRL1: the part's own regulator makes 3.0 V for converter and load cell, 0.3 V below the 3.3 V of its supply. */
const ldo3V0 = 5 << 3;

/** The part says that it is up after 200 µs (datasheet, 9.1); a read at 400 kHz takes 100 µs. */
const powerUpReads = 100;
/** Calibrations that fail before the part counts as broken. */
const calibrationTries = 3;
/** Reads of the status for a millisecond that a reading may take: twice as many as 400 kHz has time for. */
const readsPerMs = 20;
/** A calibration takes about 344 ms (measured by SparkFun for its library); twice that, as above. */
const calibrationReads = (688 * readsPerMs) / 2;
/** The regulator settles in about 200 ms (SparkFun's library waits for as long). */
const regulatorMs = 250;
/** Conversions until the output is settled after the input has changed: 400 ms at 10 a second (cedargrove_nau7802). */
const settlingConversions = 4;

const rates: readonly number[] = Object.freeze([10, 20, 40, 80, 320]);
const gains: readonly number[] = Object.freeze([1, 2, 4, 8, 16, 32, 64, 128]);

type Stage = "lost" | "power" | "warming" | "calibration" | "settling" | "converting";

/**
 * Load cell amplifier, ECMA-419 sensor class pattern; its sample is that of the HX711.
 *
 * The part converts all the time; `sample` fetches a reading if one waits. After power-up it warms up, is tested for open
 * inputs and calibrates its own offset, so that the first reading comes a second or so later.
 */
export class NAU7802 {
	readonly #onSample: ((this: NAU7802) => void) | undefined;
	#bus: I2C | undefined;
	#interrupt: Digital | undefined;
	#stage: Stage = "lost";
	#gain: NAU7802Gain = 128;
	#rate: NAU7802Rate = 10;
	/** Reads of a status that has not come yet. */
	#reads = 0;
	/** Conversions that are still to be thrown away. */
	#toDrop = 0;
	#calibrations = 0;
	#isInputOpen = false;

	/** Resets the part, checks what it is and starts it; a part that does not answer throws. */
	constructor(options: NAU7802Options) {
		const { sensor, interrupt, onSample } = options;
		if (typeof sensor?.io !== "function") throw new TypeError('NAU7802: option "sensor" is { io: I2C, data, clock }.');
		if (interrupt !== undefined && typeof interrupt?.io !== "function")
			throw new TypeError('NAU7802: option "interrupt" is { io: Digital, pin }, the pin on DRDY.');
		if (onSample !== undefined && typeof onSample !== "function")
			throw new TypeError('NAU7802: option "onSample" is a function.');
		if ((onSample === undefined) !== (interrupt === undefined))
			throw new TypeError('NAU7802: options "interrupt" and "onSample" come together.');
		const { io, ...pins } = sensor;
		this.#onSample = onSample;
		try {
			this.#bus = new io({ hz: 400_000, ...pins, address: busAddress });
			if (interrupt !== undefined)
				this.#interrupt = new interrupt.io({
					mode: interrupt.io.Input,
					...interrupt,
					edge: interrupt.io.Rising,
					onReadable: () => this.#onSample?.(),
				});
			this.#reset();
			while (!this.#isPoweredUp()) {
				// Bounded: after `powerUpReads` reads it throws.
			}
			this.#setUp();
		} catch (error) {
			this.close();
			throw error;
		}
	}

	/** Changes what it is given, and calibrates anew: readings come again a second or so later. */
	configure(options: { readonly gain?: NAU7802Gain; readonly rate?: NAU7802Rate }): void {
		this.#requireOpen();
		const { gain = this.#gain, rate = this.#rate } = options;
		if (!gains.includes(gain))
			throw new RangeError(`NAU7802: gain is 1, 2, 4, 8, 16, 32, 64 or 128, not ${String(gain)}.`);
		if (!rates.includes(rate)) throw new RangeError(`NAU7802: rate is 10, 20, 40, 80 or 320, not ${String(rate)}.`);
		if (gain === this.#gain && rate === this.#rate) return;
		this.#gain = gain;
		this.#rate = rate;
		if (this.#stage === "lost" || this.#stage === "power") return; // the set-up that is due takes them along
		try {
			this.#setUp();
		} catch (error) {
			this.#stage = "lost";
			throw error;
		}
	}

	/**
	 * The reading that waits, or `undefined` when none does. Never waits itself. When the part does not answer, has lost
	 * its supply or stops converting this throws, and the calls that follow set it up anew, step by step.
	 */
	sample(): NAU7802Sample | undefined {
		this.#requireOpen();
		try {
			return this.#advance();
		} catch (error) {
			this.#stage = "lost";
			throw error;
		}
	}

	get configuration(): NAU7802Configuration {
		return { gain: this.#gain, rate: this.#rate };
	}

	get identification(): { readonly model: "Nuvoton NAU7802"; readonly classification: "Load" } {
		return { model: "Nuvoton NAU7802", classification: "Load" };
	}

	/** Powers the part and the load cell down if it still answers, and lets go of bus and pin. */
	close(): void {
		const bus = this.#bus;
		if (bus === undefined) return;
		try {
			this.#write(PU_CTRL, 0x00);
		} catch {
			// It does not answer, so there is nothing left to power down.
		}
		this.#bus = undefined;
		bus.close();
		this.#interrupt?.close();
		this.#interrupt = undefined;
	}

	#advance(): NAU7802Sample | undefined {
		switch (this.#stage) {
			case "lost":
				this.#reset();
				return undefined;
			case "power":
				if (this.#isPoweredUp()) this.#setUp();
				return undefined;
			case "warming":
				if (this.#isConverted()) this.#warm();
				return undefined;
			case "calibration":
				this.#watchCalibration();
				return undefined;
			case "settling":
				if (!this.#isConverted()) return undefined;
				this.#fetch();
				this.#toDrop--;
				if (this.#toDrop <= 0) this.#enter("converting");
				return undefined;
			case "converting":
				return this.#isConverted() ? this.#reading() : undefined;
		}
	}

	#enter(stage: Stage): void {
		this.#stage = stage;
		this.#reads = 0;
	}

	/** All registers as from the factory, then the digital part on (datasheet, 9.1). */
	#reset(): void {
		this.#write(PU_CTRL, RR);
		this.#write(PU_CTRL, PUD);
		this.#enter("power");
	}

	#isPoweredUp(): boolean {
		if ((this.#read(PU_CTRL) & PUR) !== 0) return true;
		this.#reads++;
		if (this.#reads >= powerUpReads)
			throw new Error(`NAU7802 did not power up within ${this.#reads} reads of PUR. Check its 3.3 V.`);
		return false;
	}

	/** Analogue part, regulator and converter on, and the test current with them. */
	#setUp(): void {
		// Datasheet, 11: the low half of the revision is 1111.
		const revision = this.#read(DEVICE_REV);
		if ((revision & 0x0f) !== 0x0f)
			throw new Error(
				`NAU7802: the part at 0x2A is another one (its revision is 0x${revision.toString(16)}, not 0x0F). Check the part.`,
			);
		this.#write(CTRL1, ldo3V0 | gains.indexOf(this.#gain));
		this.#write(CTRL2, this.#rateBits());
		this.#write(ADC_CONTROL, 0x30); // chopper clock off (datasheet, 9.1)
		this.#write(PGA_PWR, 0x80); // capacitor on the unused second input (datasheet, 9.4)
		this.#write(I2C_CONTROL, BOPGA);
		this.#write(PU_CTRL, PUD | PUA | CS | AVDDS);
		this.#toDrop = Math.max(settlingConversions, Math.ceil((regulatorMs * this.#rate) / 1_000)) + 1;
		this.#calibrations = 0;
		this.#fetch(); // a reading of before would keep DRDY high, and no edge would come
		this.#enter("warming");
	}

	/** A conversion while the regulator settles; the last one tells of open inputs. */
	#warm(): void {
		const raw = this.#fetch();
		this.#reads = 0;
		this.#toDrop--;
		if (this.#toDrop > 0) return;
		this.#isInputOpen = raw === highest;
		this.#write(I2C_CONTROL, 0x00);
		this.#calibrate();
	}

	/** The part shorts its input and measures its own offset (datasheet, 8.6, CALMOD 00). */
	#calibrate(): void {
		this.#calibrations++;
		this.#write(CTRL2, this.#rateBits() | CALS);
		this.#enter("calibration");
	}

	#watchCalibration(): void {
		const control = this.#read(CTRL2);
		if ((control & CALS) !== 0) {
			this.#reads++;
			if (this.#reads >= calibrationReads)
				throw new Error(`NAU7802 did not end its calibration within ${this.#reads} reads. Check its 3.3 V.`);
			return;
		}
		if ((control & 0x70) !== this.#rateBits()) throw lostError();
		if ((control & CAL_ERR) === 0) {
			this.#toDrop = settlingConversions;
			this.#fetch(); // as above
			this.#enter("settling");
			return;
		}
		if (this.#calibrations >= calibrationTries)
			throw new Error(
				`NAU7802 failed to calibrate ${this.#calibrations} times. Check the load cell's wires and the capacitors at AVDD.`,
			);
		this.#calibrate();
	}

	/** One look at the status. A lost supply shows there too, since a reset clears the register. */
	#isConverted(): boolean {
		const status = this.#read(PU_CTRL);
		if ((status & working) !== working || (status & RR) !== 0) throw lostError();
		if ((status & CR) !== 0) {
			this.#reads = 0;
			return true;
		}
		this.#reads++;
		if (this.#reads >= (readsPerMs * 1_000) / this.#rate)
			throw new Error(`NAU7802 stopped converting: ${this.#reads} reads in vain. It is set up anew; check its 3.3 V.`);
		return false;
	}

	#reading(): NAU7802Sample {
		const raw = this.#fetch();
		const isSaturated = raw === highest || raw === lowest;
		// At the end of the range without the test current too: too much load, not an open input.
		if (isSaturated) this.#isInputOpen = false;
		if (!isSaturated && !this.#isInputOpen) return { raw };
		const faults: NAU7802Faults = {};
		if (isSaturated) faults.saturated = true;
		if (this.#isInputOpen) faults.disconnected = true;
		return { raw, faults };
	}

	/** The output registers, in one transaction so that the three bytes belong together. */
	#fetch(): number {
		const bus = this.#requireOpen();
		bus.write(Uint8Array.of(ADCO_B2));
		const [high = 0, middle = 0, low = 0] = new Uint8Array(bus.read(3));
		return ((high << 24) | (middle << 16) | (low << 8)) >> 8;
	}

	/** CRS, bits 6 to 4 of CTRL2; 320 a second is 111. */
	#rateBits(): number {
		return (this.#rate === 320 ? 7 : rates.indexOf(this.#rate)) << 4;
	}

	#read(register: number): number {
		const bus = this.#requireOpen();
		bus.write(Uint8Array.of(register));
		return new Uint8Array(bus.read(1))[0] ?? 0;
	}

	#write(register: number, value: number): void {
		this.#requireOpen().write(Uint8Array.of(register, value));
	}

	#requireOpen(): I2C {
		if (this.#bus === undefined) throw new Error("NAU7802 is closed. Make a new instance.");
		return this.#bus;
	}
}

function lostError(): Error {
	return new Error("NAU7802 has lost its settings: its supply dropped. It is set up anew; check its 3.3 V.");
}
