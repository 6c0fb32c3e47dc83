/*
	STMicroelectronics VL53L1X
	Time-of-flight distance sensor on I2C, up to 4 m
	https://www.st.com/resource/en/datasheet/vl53l1x.pdf
	ST publishes no register manual: names and sequences are those of its ultra lite driver (UM2510, STSW-IMG009)
*/
import type { Digital, DigitalConstructor, DigitalOptions } from "@visionvend/sdk/device/io/digital";
import type { I2C, I2CConstructor, I2COptions } from "@visionvend/sdk/device/io/i2c";
import type { Connection } from "@visionvend/sdk/device/io/io";

type DigitalConnection = Connection<DigitalConstructor> & Pick<DigitalOptions, "pin">;

/** `short` reaches 1.3 m and bears daylight; `long` reaches 4 m in the dark. */
export type VL53L1XRange = "short" | "long";

export interface VL53L1XOptions {
	/** `address` is the one that the part shall have, 0x29 where not given; `hz` is 400,000, the most that it takes. */
	readonly sensor: Connection<I2CConstructor> & Pick<I2COptions, "data" | "clock">;
	/** XSHUT, an output: low resets the part. Needed when several share a bus, since all of them wake at 0x29. */
	readonly enable?: DigitalConnection;
	/** GPIO1, an input: it rises when a measurement is ready, and when the part loses its supply. Goes with `onSample`. */
	readonly interrupt?: DigitalConnection;
	/** GPIO1 rose: time for `sample`, which may still return `undefined` while the part calibrates itself. */
	readonly onSample?: (this: VL53L1X) => void;
}

/** Why a measurement has no distance: the part's range status, in words. */
export interface VL53L1XFaults {
	/** Too little light came back: usual when nobody stands there, or something black. */
	weakSignal?: true;
	/** What came back is from beyond the range. */
	outOfRange?: true;
	/** Too much foreign light, such as sunlight: whether somebody stands there is not known. */
	ambient?: true;
	/** Most of the light came back from the cover: film, dirt, or a hand on it. Whether somebody stands there is not known. */
	crosstalk?: true;
	/** The part says that its laser or its calibration failed. */
	hardware?: true;
}

export interface VL53L1XSample {
	/** Something stands at `nearCentimetres` or nearer. */
	near: boolean;
	/** Centimetres, in steps of a millimetre; `null` when there is no distance, and then `faults` says why. */
	distance: number | null;
	faults?: VL53L1XFaults;
}

export interface VL53L1XConfiguration {
	readonly range: VL53L1XRange;
	readonly budgetMs: number;
	readonly intervalMs: number;
	readonly nearCentimetres: number;
}

const powerUpAddress = 0x29;

/** Looks for a part that boots; the part takes 1.2 ms (datasheet, power-up sequence), and a look in vain at 400 kHz 28 µs. */
const bootReads = 200;
/** Reads of the status for a millisecond that a measurement may take: twice as many as 400 kHz has time for. */
const readsPerMs = 8;

// Registers (vl53l1x_api.h of ST's ultra lite driver), 16 bits each.
const SOFT_RESET = 0x0000;
const I2C_SLAVE__DEVICE_ADDRESS = 0x0001;
const VHV_CONFIG__TIMEOUT_MACROP_LOOP_BOUND = 0x0008;
const VHV_CONFIG__INIT = 0x000b;
const PAD_I2C_HV__CONFIG = 0x002d;
const GPIO__TIO_HV_STATUS = 0x0031;
const PHASECAL_CONFIG__TIMEOUT_MACROP = 0x004b;
const RANGE_CONFIG__TIMEOUT_MACROP_A = 0x005e;
const RANGE_CONFIG__VCSEL_PERIOD_A = 0x0060;
const RANGE_CONFIG__TIMEOUT_MACROP_B = 0x0061;
const RANGE_CONFIG__VCSEL_PERIOD_B = 0x0063;
const RANGE_CONFIG__VALID_PHASE_HIGH = 0x0069;
const SYSTEM__INTERMEASUREMENT_PERIOD = 0x006c;
const SYSTEM__THRESH_HIGH = 0x0072;
const SD_CONFIG__WOI_SD0 = 0x0078;
const SYSTEM__INTERRUPT_CLEAR = 0x0086;
const SYSTEM__MODE_START = 0x0087;
const RESULT__RANGE_STATUS = 0x0089;
const RESULT__OSC_CALIBRATE_VAL = 0x00de;
const FIRMWARE__SYSTEM_STATUS = 0x00e5;
const IDENTIFICATION__MODEL_ID = 0x010f;

/**
 * Registers 0x2D to 0x87, two hexadecimal digits each: the default configuration of ST's ultra lite driver
 * (VL51L1X_DEFAULT_CONFIGURATION), which the maker tells to load after every power-up. Differing from it, 0x2E and 0x2F
 * are 1, for lines pulled up to 2.8 V or more. GPIO1 is active high (0x30) and tells of every new measurement (0x46).
 */
const defaultConfiguration =
	"0001010102000208000810010100000000FF000F0000000000200B0000020A2100000500000000C8000038FF010008000001" +
	"CC0F01F10D0168008008B8000000000F8900000000000000010F0D0E0E000002C7FF9B000000010000";

/**
 * A mark in the distance thresholds, which do nothing while the part reports every measurement. A part that lost its
 * supply for a moment has lost the mark too; otherwise it would look as if it measured for ever.
 */
const markHigh = 0x0a5c;
const markLow = 0x05a3;

/** Budgets in milliseconds that ST's ultra lite driver has register values for (VL53L1X_SetTimingBudgetInMs). */
const budgets: readonly number[] = Object.freeze([15, 20, 33, 50, 100, 200, 500]);
/** For each of them the timeouts A and B, four hexadecimal digits each; 15 ms is for the short range only. */
const shortTimeouts = "001D0027" + "0051006E" + "00D6006E" + "01AE01E8" + "02E10388" + "03E10496" + "059105C1";
const longTimeouts = "00000000" + "001E0022" + "0060006E" + "00AD00C6" + "01CC01EA" + "02D902F8" + "048F04A4";

type Stage = "off" | "boot" | "calibration" | "ranging";

/**
 * Distance sensor, ECMA-419 Proximity class.
 *
 * The part measures by itself every `intervalMs`; `sample` fetches a measurement if one waits. It calibrates itself
 * with a first one of its own.
 */
export class VL53L1X {
	readonly #openBus: (address: number) => I2C;
	readonly #wishedAddress: number;
	readonly #onSample: ((this: VL53L1X) => void) | undefined;
	#enable: Digital | undefined;
	#interrupt: Digital | undefined;
	#bus: I2C | undefined;
	/** Where the part answers now, which is not the wished address after it lost its supply. */
	#liveAddress = powerUpAddress;
	#isOpen = true;
	#stage: Stage = "off";
	/** It has just been reset, so it answers at 0x29 and nowhere else. */
	#isFresh = false;
	/** Reads of a status that has not come yet. */
	#reads = 0;
	#range: VL53L1XRange = "short";
	#budgetMs = 33;
	#intervalMs = 100;
	#nearCentimetres = 60;

	/** Resets the part, checks what it is, gives it its address and sets it up; a part that does not answer throws. */
	constructor(options: VL53L1XOptions) {
		const { sensor, enable, interrupt, onSample } = options;
		if (typeof sensor?.io !== "function")
			throw new TypeError('VL53L1X: option "sensor" is { io: I2C, data, clock, address }.');
		if (enable !== undefined && typeof enable?.io !== "function")
			throw new TypeError('VL53L1X: option "enable" is { io: Digital, pin }, the pin on XSHUT.');
		if (interrupt !== undefined && typeof interrupt?.io !== "function")
			throw new TypeError('VL53L1X: option "interrupt" is { io: Digital, pin }, the pin on GPIO1.');
		if (onSample !== undefined && typeof onSample !== "function")
			throw new TypeError('VL53L1X: option "onSample" is a function.');
		if ((onSample === undefined) !== (interrupt === undefined))
			throw new TypeError('VL53L1X: options "interrupt" and "onSample" come together.');
		const { io, address = powerUpAddress, hz = 400_000, ...pins } = sensor;
		if (!Number.isInteger(address) || address < 0x08 || address > 0x77)
			throw new RangeError(`VL53L1X: address is an integer from 0x08 to 0x77, not ${String(address)}.`);
		if (typeof hz !== "number" || !(hz > 0) || hz > 400_000)
			throw new RangeError(`VL53L1X: hz is at most 400000, not ${String(hz)}.`);
		this.#wishedAddress = address;
		this.#openBus = (at) => new io({ ...pins, hz, address: at });
		this.#onSample = onSample;
		try {
			if (enable !== undefined) this.#enable = new enable.io({ mode: enable.io.Output, ...enable, initialValue: 0 });
			if (interrupt !== undefined)
				this.#interrupt = new interrupt.io({
					mode: interrupt.io.InputPullUp,
					...interrupt,
					edge: interrupt.io.Rising,
					onReadable: () => this.#onSample?.(),
				});
			this.#restart();
		} catch (error) {
			this.close();
			throw error;
		}
	}

	/**
	 * Changes what it is given: `range`; `budgetMs`, the time for one measurement (15 with the short range, 20, 33, 50,
	 * 100, 200 or 500; longer is steadier and reaches farther); `intervalMs` from one to the next (`budgetMs` to 60,000);
	 * `nearCentimetres` (1 to 400). All but the last reset the part and set it up anew.
	 */
	configure(options: {
		readonly range?: VL53L1XRange;
		readonly budgetMs?: number;
		readonly intervalMs?: number;
		readonly nearCentimetres?: number;
	}): void {
		this.#requireOpen();
		const {
			range = this.#range,
			budgetMs = this.#budgetMs,
			intervalMs = this.#intervalMs,
			nearCentimetres = this.#nearCentimetres,
		} = options;
		if (range !== "short" && range !== "long")
			throw new RangeError(`VL53L1X: range is "short" or "long", not ${String(range)}.`);
		if (!budgets.includes(budgetMs) || (budgetMs === 15 && range === "long"))
			throw new RangeError(
				`VL53L1X: budgetMs is 15 (short range only), 20, 33, 50, 100, 200 or 500, not ${String(budgetMs)}.`,
			);
		if (!Number.isInteger(intervalMs) || intervalMs < budgetMs || intervalMs > 60_000)
			throw new RangeError(
				`VL53L1X: intervalMs is an integer from budgetMs, ${budgetMs}, to 60000, not ${String(intervalMs)}.`,
			);
		if (typeof nearCentimetres !== "number" || !(nearCentimetres >= 1 && nearCentimetres <= 400))
			throw new RangeError(`VL53L1X: nearCentimetres is a number from 1 to 400, not ${String(nearCentimetres)}.`);
		this.#nearCentimetres = nearCentimetres;
		if (range === this.#range && budgetMs === this.#budgetMs && intervalMs === this.#intervalMs) return;
		this.#range = range;
		this.#budgetMs = budgetMs;
		this.#intervalMs = intervalMs;
		try {
			this.#restart();
		} catch (error) {
			this.#drop();
			throw error;
		}
	}

	/**
	 * The measurement that waits, or `undefined` when none does. Never waits itself. When the part does not answer, has
	 * lost its settings or does not come to an end this throws, and the calls that follow bring it back step by step.
	 */
	sample(): VL53L1XSample | undefined {
		this.#requireOpen();
		try {
			return this.#advance();
		} catch (error) {
			this.#drop();
			throw error;
		}
	}

	get configuration(): VL53L1XConfiguration {
		return {
			range: this.#range,
			budgetMs: this.#budgetMs,
			intervalMs: this.#intervalMs,
			nearCentimetres: this.#nearCentimetres,
		};
	}

	get identification(): { readonly model: "ST VL53L1X"; readonly classification: "Proximity" } {
		return { model: "ST VL53L1X", classification: "Proximity" };
	}

	/** Puts the laser out if the part still answers, and lets go of bus and pins. */
	close(): void {
		if (!this.#isOpen) return;
		this.#isOpen = false;
		try {
			if (this.#enable !== undefined) this.#enable.write(0);
			else if (this.#bus !== undefined) this.#reset();
		} catch {
			// It does not answer, so there is nothing left to put out.
		}
		this.#closeBus();
		this.#interrupt?.close();
		this.#interrupt = undefined;
		this.#enable?.close();
		this.#enable = undefined;
	}

	#advance(): VL53L1XSample | undefined {
		switch (this.#stage) {
			case "off":
				this.#rise();
				return undefined;
			case "boot":
				if (this.#boot()) this.#setUp();
				return undefined;
			case "calibration":
				if (this.#isReady()) this.#startRanging();
				return undefined;
			case "ranging":
				return this.#isReady() ? this.#fetch() : undefined;
		}
	}

	/** From a reset to the first calibration. Takes some milliseconds of bus. */
	#restart(): void {
		this.#drop();
		this.#isFresh = this.#enable !== undefined;
		this.#enable?.write(1);
		this.#stage = "boot";
		while (!this.#boot()) {
			// Bounded: after `bootReads` looks it throws.
		}
		this.#setUp();
	}

	/** The part is not to be trusted any more: it goes off, if there is a pin for that. */
	#drop(): void {
		this.#stage = "off";
		this.#isFresh = false;
		this.#reads = 0;
		this.#enable?.write(0);
	}

	/** Raises XSHUT, unless another part that has lost its address sits at 0x29: one write would move both. */
	#rise(): void {
		if (this.#enable !== undefined) {
			if (this.#isAddressTaken()) {
				this.#reads++;
				if (this.#reads > bootReads)
					throw new Error(
						"VL53L1X: another part answers at 0x29 while this one is off. Give every sensor on the bus an XSHUT pin and an address of its own.",
					);
				return;
			}
			this.#enable.write(1);
			this.#isFresh = true;
		}
		this.#reads = 0;
		this.#stage = "boot";
	}

	/** A free address stays open on this bus instance, so that no other driver takes it while this part boots. */
	#isAddressTaken(): boolean {
		try {
			this.#reach(powerUpAddress);
		} catch {
			return true; // another driver has it open, and waits for its own part there
		}
		try {
			this.#read(IDENTIFICATION__MODEL_ID, 1);
		} catch {
			return false; // nobody acknowledges
		}
		this.#closeBus();
		return true;
	}

	/** Looks for the part once. True when it has been found, fresh from a reset and at its own address. */
	#boot(): boolean {
		// Without XSHUT it may have kept its address, or lost it with its supply.
		const address = this.#isFresh || this.#reads % 2 === 1 ? powerUpAddress : this.#wishedAddress;
		this.#reads++;
		this.#reach(address);
		let id: Uint8Array;
		let isUp: boolean;
		try {
			id = this.#read(IDENTIFICATION__MODEL_ID, 2);
			isUp = (this.#readByte(FIRMWARE__SYSTEM_STATUS) & 0x01) !== 0;
		} catch (error) {
			if (this.#reads < bootReads) return false; // it boots, or is at its other address
			throw error;
		}
		if (!isUp && this.#isFresh) {
			if (this.#reads < bootReads) return false;
			throw this.#timeout("did not start its firmware", this.#reads);
		}
		const [high, low] = id;
		// Datasheet, I2C interface, reference registers.
		if (high !== 0xea || low !== 0xcc)
			throw new Error(
				`VL53L1X: the part at ${hex(address)} is another one (its id is ${hex(high ?? 0)} ${hex(low ?? 0)}, not 0xEA 0xCC). Check the part and its address.`,
			);
		if (!this.#isFresh) {
			this.#reset();
			this.#isFresh = true;
			return false;
		}
		if (this.#wishedAddress !== powerUpAddress) {
			this.#write(I2C_SLAVE__DEVICE_ADDRESS, this.#wishedAddress);
			this.#reach(this.#wishedAddress);
		}
		return true;
	}

	/** Everything up to the first measurement, by which the part calibrates itself (VL53L1X_SensorInit). */
	#setUp(): void {
		this.#reads = 0;
		this.#writeAll(PAD_I2C_HV__CONFIG, defaultConfiguration, 0, defaultConfiguration.length);
		this.#writeWords(SYSTEM__THRESH_HIGH, markHigh, markLow);
		// VL53L1X_SetDistanceMode
		const isShort = this.#range === "short";
		this.#write(PHASECAL_CONFIG__TIMEOUT_MACROP, isShort ? 0x14 : 0x0a);
		this.#write(RANGE_CONFIG__VCSEL_PERIOD_A, isShort ? 0x07 : 0x0f);
		this.#write(RANGE_CONFIG__VCSEL_PERIOD_B, isShort ? 0x05 : 0x0d);
		this.#write(RANGE_CONFIG__VALID_PHASE_HIGH, isShort ? 0x38 : 0xb8);
		this.#writeWords(SD_CONFIG__WOI_SD0, isShort ? 0x0705 : 0x0f0d, isShort ? 0x0606 : 0x0e0e);
		const timeouts = isShort ? shortTimeouts : longTimeouts;
		const at = 8 * budgets.indexOf(this.#budgetMs);
		this.#writeAll(RANGE_CONFIG__TIMEOUT_MACROP_A, timeouts, at, at + 4);
		this.#writeAll(RANGE_CONFIG__TIMEOUT_MACROP_B, timeouts, at + 4, at + 8);
		this.#write(SYSTEM__MODE_START, 0x40);
		this.#stage = "calibration";
	}

	/** From here on the part measures by itself. */
	#startRanging(): void {
		this.#write(SYSTEM__INTERRUPT_CLEAR, 0x01);
		this.#write(SYSTEM__MODE_START, 0x00);
		// The voltage found is kept, and looked for from there on (VL53L1X_SensorInit).
		this.#write(VHV_CONFIG__TIMEOUT_MACROP_LOOP_BOUND, 0x09);
		this.#write(VHV_CONFIG__INIT, 0x00);
		const [high = 0, low = 0] = this.#read(RESULT__OSC_CALIBRATE_VAL, 2);
		// VL53L1X_SetInterMeasurementInMs: ten bits of it count, and its oscillator runs 7.5 % fast.
		const ticks = Math.floor((((high << 8) | low) & 0x3ff) * this.#intervalMs * 1.075);
		this.#writeWords(SYSTEM__INTERMEASUREMENT_PERIOD, ticks >>> 16, ticks & 0xffff);
		this.#write(SYSTEM__MODE_START, 0x40);
		this.#stage = "ranging";
	}

	/** One look at the status; too many looks in vain throw. */
	#isReady(): boolean {
		// GPIO1 is active high, and this bit is its level.
		if ((this.#readByte(GPIO__TIO_HV_STATUS) & 0x01) !== 0) {
			this.#reads = 0;
			return true;
		}
		const [high0, high1, low0, low1] = this.#read(SYSTEM__THRESH_HIGH, 4);
		if (high0 !== markHigh >> 8 || high1 !== (markHigh & 0xff) || low0 !== markLow >> 8 || low1 !== (markLow & 0xff))
			throw new Error(
				`VL53L1X at ${hex(this.#liveAddress)} has lost its settings: its supply dropped, or something else reset it. It is set up anew; check its 3.3 V.`,
			);
		this.#reads++;
		if (this.#reads >= readsPerMs * (this.#intervalMs + this.#budgetMs))
			throw this.#timeout("did not finish a measurement", this.#reads);
		return false;
	}

	#fetch(): VL53L1XSample | undefined {
		// From the status at 0x89 to RESULT__FINAL_CROSSTALK_CORRECTED_RANGE_MM_SD0 at 0x96.
		const result = this.#read(RESULT__RANGE_STATUS, 15);
		this.#write(SYSTEM__INTERRUPT_CLEAR, 0x01);
		const code = (result[0] ?? 0) & 0x1f;
		if (code === 18) return undefined; // GPHSTREAMCOUNT0READY: comes once after a start, with no measurement
		const faults = faultsOf(code);
		if (faults !== undefined) return { near: false, distance: null, faults };
		const distance = (((result[13] ?? 0) << 8) | (result[14] ?? 0)) / 10; // millimetres on the wire
		return { near: distance <= this.#nearCentimetres, distance };
	}

	/** As XSHUT does, over the bus: the part comes back at 0x29. */
	#reset(): void {
		this.#write(SOFT_RESET, 0x00);
		this.#write(SOFT_RESET, 0x01);
	}

	/** The bus instance for an address: only one is open at a time, so that sensors can share 0x29 one after the other. */
	#reach(address: number): void {
		if (this.#bus !== undefined && this.#liveAddress === address) return;
		this.#closeBus();
		this.#bus = this.#openBus(address);
		this.#liveAddress = address;
	}

	#closeBus(): void {
		this.#bus?.close();
		this.#bus = undefined;
	}

	#read(register: number, byteLength: number): Uint8Array {
		const bus = this.#require();
		bus.write(Uint8Array.of(register >> 8, register & 0xff));
		return new Uint8Array(bus.read(byteLength));
	}

	#readByte(register: number): number {
		return this.#read(register, 1)[0] ?? 0;
	}

	#write(register: number, value: number): void {
		this.#require().write(Uint8Array.of(register >> 8, register & 0xff, value));
	}

	/** Two words, the high byte first, into four registers from `register` on. */
	#writeWords(register: number, first: number, second: number): void {
		this.#require().write(
			Uint8Array.of(register >> 8, register & 0xff, first >> 8, first & 0xff, second >> 8, second & 0xff),
		);
	}

	/** The bytes that `digits` writes from one place to another, into the registers from `register` on. */
	#writeAll(register: number, digits: string, from: number, to: number): void {
		const message = new Uint8Array(2 + (to - from) / 2);
		message[0] = register >> 8;
		message[1] = register & 0xff;
		for (let at = from; at < to; at += 2) message[2 + (at - from) / 2] = byteAt(digits, at);
		this.#require().write(message);
	}

	#timeout(what: string, reads: number): Error {
		return new Error(
			`VL53L1X at ${hex(this.#liveAddress)} ${what} within ${reads} reads of its status. It is reset and set up anew; check its 3.3 V and XSHUT.`,
		);
	}

	#require(): I2C {
		if (this.#bus === undefined) throw new Error("VL53L1X: the bus is not open.");
		return this.#bus;
	}

	#requireOpen(): void {
		if (!this.#isOpen) throw new Error("VL53L1X is closed. Make a new instance.");
	}
}

/** Bits 4 to 0 of the range status (ST's driver, VL53L1_DeviceError). */
function faultsOf(code: number): VL53L1XFaults | undefined {
	switch (code) {
		case 9: // RANGECOMPLETE
		case 19: // RANGECOMPLETE_NO_WRAP_CHECK: the first one after a start
		case 22: // RANGECOMPLETE_MERGED_PULSE
			return undefined;
		case 4: // MSRCNOTARGET
		case 21: // MINSIGNALEVENTCHECK
			return { weakSignal: true };
		case 5: // RANGEPHASECHECK
		case 7: // PHASECONSISTENCY: the echo of the pulse before
		case 10: // ALGOUNDERFLOW
		case 11: // ALGOOVERFLOW
		case 20: // EVENTCONSISTENCY
			return { outOfRange: true };
		case 6: // SIGMATHRESHOLDCHECK
			return { ambient: true };
		case 8: // MINCLIP
		case 12: // RANGEIGNORETHRESHOLD
			return { crosstalk: true };
		default: // 1 to 3: laser continuity, laser watchdog, no voltage found; the rest are no results of ranging
			return { hardware: true };
	}
}

function byteAt(digits: string, at: number): number {
	return (digitOf(digits.charCodeAt(at)) << 4) | digitOf(digits.charCodeAt(at + 1));
}

function digitOf(code: number): number {
	return code <= 0x39 ? code - 0x30 : code - 0x41 + 10;
}

function hex(byte: number): string {
	return `0x${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}
