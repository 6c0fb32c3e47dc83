/*
	STMicroelectronics VL53L0X
	Time-of-flight distance sensor on I2C, up to 2 m
	https://www.st.com/resource/en/datasheet/vl53l0x.pdf
	ST publishes no register manual: names and sequences are those of its API (user manual UM2039, package STSW-IMG005)
*/
import type { Digital, DigitalConstructor, DigitalOptions } from "@visionvend/sdk/device/io/digital";
import type { I2C, I2CConstructor, I2COptions } from "@visionvend/sdk/device/io/i2c";
import type { Connection } from "@visionvend/sdk/device/io/io";

type DigitalConnection = Connection<DigitalConstructor> & Pick<DigitalOptions, "pin">;

export interface VL53L0XOptions {
	/** `address` is the one that the part shall have, 0x29 where not given; `hz` is 400,000, the most that it takes. */
	readonly sensor: Connection<I2CConstructor> & Pick<I2COptions, "data" | "clock">;
	/** XSHUT, an output: low resets the part. Needed when several share a bus, since all of them wake at 0x29. */
	readonly enable?: DigitalConnection;
	/** GPIO1, an input: it falls when a measurement is ready. Goes with `onSample`. */
	readonly interrupt?: DigitalConnection;
	/** GPIO1 fell: time for `sample`, which may still return `undefined` while the part calibrates itself. */
	readonly onSample?: (this: VL53L0X) => void;
}

/** Why a measurement has no distance: the part's range status, in words. */
export interface VL53L0XFaults {
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

export interface VL53L0XSample {
	/** Something stands at `nearCentimetres` or nearer. */
	near: boolean;
	/** Centimetres, in steps of a millimetre; `null` when there is no distance, and then `faults` says why. */
	distance: number | null;
	faults?: VL53L0XFaults;
}

export interface VL53L0XConfiguration {
	readonly budgetMs: number;
	readonly intervalMs: number;
	readonly nearCentimetres: number;
}

const powerUpAddress = 0x29;

/** Looks for a part that boots; the part takes 1.2 ms (datasheet, power-up sequence), and a look in vain at 400 kHz 28 µs. */
const bootReads = 200;
/** Reads of the status of one calibration, or of one answer of its processor, before it counts as dead. */
const calibrationReads = 1_000;
const answerReads = 100;
/** Reads of the status for a millisecond that a measurement may take: twice as many as 400 kHz has time for. */
const readsPerMs = 8;

// Registers (ST's API, vl53l0x_device.h).
const SYSRANGE_START = 0x00;
const SYSTEM_SEQUENCE_CONFIG = 0x01;
const SYSTEM_INTERMEASUREMENT_PERIOD = 0x04;
const SYSTEM_INTERRUPT_CONFIG_GPIO = 0x0a;
const SYSTEM_INTERRUPT_CLEAR = 0x0b;
const SYSTEM_THRESH_HIGH = 0x0c;
const RESULT_INTERRUPT_STATUS = 0x13;
const RESULT_RANGE_STATUS = 0x14;
const FINAL_RANGE_CONFIG_TIMEOUT_MACROP_HI = 0x71;
const GPIO_HV_MUX_ACTIVE_HIGH = 0x84;
const VHV_CONFIG_PAD_SCL_SDA__EXTSUP_HV = 0x89;
const I2C_SLAVE_DEVICE_ADDRESS = 0x8a;
const GLOBAL_CONFIG_SPAD_ENABLES_REF_0 = 0xb0;
const SOFT_RESET_GO2_SOFT_RESET_N = 0xbf;
const IDENTIFICATION_MODEL_ID = 0xc0;
const OSC_CALIBRATE_VAL = 0xf8;
/** Page 1, behind the lock that `openPrivatePage` opens. */
const STOP_VARIABLE = 0x91;

/** Registers and their values in turn, two hexadecimal digits each: on a device a string takes a byte a digit. */
const openPrivatePage = "8001FF010000";
const closePrivatePage = "0001FF008000";
const askForSpads = "FF0781018001946B8300";
const spadLayout = "FF014F004E2CFF00B6B4";

/**
 * Default tuning (ST's API, vl53l0x_tuning.h), which the maker tells to load after every power-up. Of it this driver
 * knows: 0x46 is 38 macro periods of signal check, 0x51 and 0x52 are 151 of pre-range, at 14 clocks a laser pulse (0x50)
 * and at 10 in the final range (0x70), and a signal limit of 0.25 million counts a second (0x44, 0x45).
 */
const tuning =
	"FF010000FF00090010001100240125FF7500FF014E2C48003020FF0030095400310432034083462560002700500651005296" +
	"56085730610062006400650066A0FF012232471449FF4A00FF007A0A7B007821FF012334420044FF4526460540400E06201A" +
	"4340FF0034033544FF0131044B094C054D04FF00440045204708482867007004710172FE76007700FF010D01FF00800101F8" +
	"FF018E010001FF008000";

/** Signal check, pre-range and final range, without target centre check (ST's API, VL53L0X_StaticInit). */
const rangingSequence = 0xe8;

/**
 * A mark in the distance thresholds, which do nothing while the part reports every measurement. A part that lost its
 * supply for a moment has lost the mark too; otherwise it would look as if it measured for ever.
 */
const markHigh = 0x0a5c;
const markLow = 0x05a3;

type Stage = "off" | "boot" | "voltage" | "phase" | "ranging";

/**
 * Distance sensor, ECMA-419 Proximity class.
 *
 * The part measures by itself every `intervalMs`; `sample` fetches a measurement if one waits. It calibrates itself
 * first, so that the first one comes some tens of milliseconds later.
 */
export class VL53L0X {
	readonly #openBus: (address: number) => I2C;
	readonly #wishedAddress: number;
	readonly #onSample: ((this: VL53L0X) => void) | undefined;
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
	#stopVariable = 0;
	#budgetMs = 33;
	#intervalMs = 100;
	#nearCentimetres = 60;

	/** Resets the part, checks what it is, gives it its address and sets it up; a part that does not answer throws. */
	constructor(options: VL53L0XOptions) {
		const { sensor, enable, interrupt, onSample } = options;
		if (typeof sensor?.io !== "function")
			throw new TypeError('VL53L0X: option "sensor" is { io: I2C, data, clock, address }.');
		if (enable !== undefined && typeof enable?.io !== "function")
			throw new TypeError('VL53L0X: option "enable" is { io: Digital, pin }, the pin on XSHUT.');
		if (interrupt !== undefined && typeof interrupt?.io !== "function")
			throw new TypeError('VL53L0X: option "interrupt" is { io: Digital, pin }, the pin on GPIO1.');
		if (onSample !== undefined && typeof onSample !== "function")
			throw new TypeError('VL53L0X: option "onSample" is a function.');
		if ((onSample === undefined) !== (interrupt === undefined))
			throw new TypeError('VL53L0X: options "interrupt" and "onSample" come together.');
		const { io, address = powerUpAddress, hz = 400_000, ...pins } = sensor;
		if (!Number.isInteger(address) || address < 0x08 || address > 0x77)
			throw new RangeError(`VL53L0X: address is an integer from 0x08 to 0x77, not ${String(address)}.`);
		if (typeof hz !== "number" || !(hz > 0) || hz > 400_000)
			throw new RangeError(`VL53L0X: hz is at most 400000, not ${String(hz)}.`);
		this.#wishedAddress = address;
		this.#openBus = (at) => new io({ ...pins, hz, address: at });
		this.#onSample = onSample;
		try {
			if (enable !== undefined) this.#enable = new enable.io({ mode: enable.io.Output, ...enable, initialValue: 0 });
			if (interrupt !== undefined)
				this.#interrupt = new interrupt.io({
					mode: interrupt.io.InputPullUp,
					...interrupt,
					edge: interrupt.io.Falling,
					onReadable: () => this.#onSample?.(),
				});
			this.#restart();
		} catch (error) {
			this.close();
			throw error;
		}
	}

	/**
	 * Changes what it is given: `budgetMs`, the time for one measurement (20 to 200; longer is steadier and reaches
	 * farther), `intervalMs` from one to the next (`budgetMs` to 60,000), `nearCentimetres` (1 to 200). A new budget or
	 * interval resets the part and sets it up anew.
	 */
	configure(options: {
		readonly budgetMs?: number;
		readonly intervalMs?: number;
		readonly nearCentimetres?: number;
	}): void {
		this.#requireOpen();
		const {
			budgetMs = this.#budgetMs,
			intervalMs = this.#intervalMs,
			nearCentimetres = this.#nearCentimetres,
		} = options;
		if (!Number.isInteger(budgetMs) || budgetMs < 20 || budgetMs > 200)
			throw new RangeError(`VL53L0X: budgetMs is an integer from 20 to 200, not ${String(budgetMs)}.`);
		if (!Number.isInteger(intervalMs) || intervalMs < budgetMs || intervalMs > 60_000)
			throw new RangeError(
				`VL53L0X: intervalMs is an integer from budgetMs, ${budgetMs}, to 60000, not ${String(intervalMs)}.`,
			);
		if (typeof nearCentimetres !== "number" || !(nearCentimetres >= 1 && nearCentimetres <= 200))
			throw new RangeError(`VL53L0X: nearCentimetres is a number from 1 to 200, not ${String(nearCentimetres)}.`);
		this.#nearCentimetres = nearCentimetres;
		if (budgetMs === this.#budgetMs && intervalMs === this.#intervalMs) return;
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
	sample(): VL53L0XSample | undefined {
		this.#requireOpen();
		try {
			return this.#advance();
		} catch (error) {
			this.#drop();
			throw error;
		}
	}

	get configuration(): VL53L0XConfiguration {
		return { budgetMs: this.#budgetMs, intervalMs: this.#intervalMs, nearCentimetres: this.#nearCentimetres };
	}

	get identification(): { readonly model: "ST VL53L0X"; readonly classification: "Proximity" } {
		return { model: "ST VL53L0X", classification: "Proximity" };
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

	#advance(): VL53L0XSample | undefined {
		switch (this.#stage) {
			case "off":
				this.#rise();
				return undefined;
			case "boot":
				if (this.#boot()) this.#setUp();
				return undefined;
			case "voltage":
				if (!this.#isReady(calibrationReads)) return undefined;
				this.#calibrate(0x02, 0x01, "phase");
				return undefined;
			case "phase":
				if (this.#isReady(calibrationReads)) this.#startRanging();
				return undefined;
			case "ranging":
				return this.#isReady(readsPerMs * (this.#intervalMs + this.#budgetMs)) ? this.#fetch() : undefined;
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
						"VL53L0X: another part answers at 0x29 while this one is off. Give every sensor on the bus an XSHUT pin and an address of its own.",
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
			this.#read(IDENTIFICATION_MODEL_ID, 1);
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
		try {
			id = this.#read(IDENTIFICATION_MODEL_ID, 3);
		} catch (error) {
			if (this.#reads < bootReads) return false; // it boots, or is at its other address
			throw error;
		}
		const [model, type, revision] = id;
		if (model === 0 && this.#reads < bootReads) return false; // still in reset
		// Reference registers (datasheet, 3.2).
		if (model !== 0xee || type !== 0xaa || revision !== 0x10)
			throw new Error(
				`VL53L0X: the part at ${hex(address)} is another one (its id is ${hex(model ?? 0)} ${hex(type ?? 0)} ${hex(revision ?? 0)}, not 0xEE 0xAA 0x10). Check the part and its address.`,
			);
		if (!this.#isFresh) {
			this.#reset();
			this.#isFresh = true;
			return false;
		}
		if (this.#wishedAddress !== powerUpAddress) {
			this.#write(I2C_SLAVE_DEVICE_ADDRESS, this.#wishedAddress);
			this.#reach(this.#wishedAddress);
		}
		return true;
	}

	/** Everything up to the first calibration. */
	#setUp(): void {
		this.#reads = 0;
		// Lines pulled up to 2.8 V or more, not to 1.8 V.
		this.#write(VHV_CONFIG_PAD_SCL_SDA__EXTSUP_HV, this.#readByte(VHV_CONFIG_PAD_SCL_SDA__EXTSUP_HV) | 0x01);
		this.#write(0x88, 0x00);
		this.#writeAll(openPrivatePage);
		this.#stopVariable = this.#readByte(STOP_VARIABLE);
		this.#writeAll(closePrivatePage);
		this.#setReferenceSpads();
		this.#writeAll(tuning);
		this.#write(SYSTEM_INTERRUPT_CONFIG_GPIO, 0x04); // new sample ready
		this.#write(GPIO_HV_MUX_ACTIVE_HIGH, this.#readByte(GPIO_HV_MUX_ACTIVE_HIGH) & ~0x10); // active low
		this.#write(SYSTEM_INTERRUPT_CLEAR, 0x01);
		this.#require().write(
			Uint8Array.of(SYSTEM_THRESH_HIGH, markHigh >> 8, markHigh & 0xff, markLow >> 8, markLow & 0xff),
		);
		const timeout = timeoutOf(this.#budgetMs);
		this.#require().write(Uint8Array.of(FINAL_RANGE_CONFIG_TIMEOUT_MACROP_HI, timeout >> 8, timeout & 0xff));
		this.#calibrate(0x01, 0x41, "voltage");
	}

	/** Which of its reference diodes are good and how many to use stands in the part's fuses (VL53L0X_StaticInit). */
	#setReferenceSpads(): void {
		this.#writeAll(openPrivatePage);
		this.#write(0xff, 0x06);
		this.#write(0x83, this.#readByte(0x83) | 0x04);
		this.#writeAll(askForSpads);
		let reads = 0;
		while (this.#readByte(0x83) === 0) {
			reads++;
			if (reads >= answerReads) throw this.#timeout("did not read its fuses", reads);
		}
		this.#write(0x83, 0x01);
		const info = this.#readByte(0x92);
		this.#write(0x81, 0x00);
		this.#write(0xff, 0x06);
		this.#write(0x83, this.#readByte(0x83) & ~0x04);
		this.#write(0xff, 0x01);
		this.#writeAll(closePrivatePage);
		const map = this.#read(GLOBAL_CONFIG_SPAD_ENABLES_REF_0, 6);
		this.#writeAll(spadLayout);
		const first = (info & 0x80) !== 0 ? 12 : 0; // the first one behind an aperture
		let left = info & 0x7f;
		const message = new Uint8Array(1 + map.length);
		message[0] = GLOBAL_CONFIG_SPAD_ENABLES_REF_0;
		for (let spad = first; spad < 8 * map.length && left > 0; spad++) {
			const bit = (map[spad >> 3] ?? 0) & (1 << (spad & 7));
			if (bit === 0) continue;
			message[1 + (spad >> 3)] = (message[1 + (spad >> 3)] ?? 0) | bit;
			left--;
		}
		this.#require().write(message);
	}

	/** One of the two reference calibrations: of the laser's voltage, then of the phase (VL53L0X_PerformRefCalibration). */
	#calibrate(sequence: number, start: number, stage: Stage): void {
		this.#endCalibration();
		this.#write(SYSTEM_SEQUENCE_CONFIG, sequence);
		this.#write(SYSRANGE_START, start);
		this.#stage = stage;
	}

	#endCalibration(): void {
		this.#write(SYSTEM_INTERRUPT_CLEAR, 0x01);
		this.#write(SYSRANGE_START, 0x00);
	}

	/** From here on the part measures by itself (VL53L0X_StartMeasurement, continuous timed mode). */
	#startRanging(): void {
		this.#endCalibration();
		this.#write(SYSTEM_SEQUENCE_CONFIG, rangingSequence);
		this.#writeAll(openPrivatePage);
		this.#write(STOP_VARIABLE, this.#stopVariable);
		this.#writeAll(closePrivatePage);
		const [high = 0, low = 0] = this.#read(OSC_CALIBRATE_VAL, 2);
		const ticksPerMs = (high << 8) | low;
		const ticks = this.#intervalMs * (ticksPerMs === 0 ? 1 : ticksPerMs);
		this.#require().write(
			Uint8Array.of(
				SYSTEM_INTERMEASUREMENT_PERIOD,
				ticks >>> 24,
				(ticks >> 16) & 0xff,
				(ticks >> 8) & 0xff,
				ticks & 0xff,
			),
		);
		this.#write(SYSRANGE_START, 0x04);
		this.#stage = "ranging";
	}

	/** One look at the status. `reads` looks in vain are too many. */
	#isReady(reads: number): boolean {
		if ((this.#readByte(RESULT_INTERRUPT_STATUS) & 0x07) !== 0) {
			this.#reads = 0;
			return true;
		}
		const [high0, high1, low0, low1] = this.#read(SYSTEM_THRESH_HIGH, 4);
		if (high0 !== markHigh >> 8 || high1 !== (markHigh & 0xff) || low0 !== markLow >> 8 || low1 !== (markLow & 0xff))
			throw new Error(
				`VL53L0X at ${hex(this.#liveAddress)} has lost its settings: its supply dropped, or something else reset it. It is set up anew; check its 3.3 V.`,
			);
		this.#reads++;
		if (this.#reads >= reads) throw this.#timeout("did not finish a measurement", reads);
		return false;
	}

	#fetch(): VL53L0XSample {
		const result = this.#read(RESULT_RANGE_STATUS, 12);
		this.#write(SYSTEM_INTERRUPT_CLEAR, 0x01);
		const faults = faultsOf(((result[0] ?? 0) >> 3) & 0x0f);
		if (faults !== undefined) return { near: false, distance: null, faults };
		const distance = (((result[10] ?? 0) << 8) | (result[11] ?? 0)) / 10; // millimetres on the wire
		return { near: distance <= this.#nearCentimetres, distance };
	}

	/** As XSHUT does, over the bus: the part comes back at 0x29 (VL53L0X_ResetDevice). */
	#reset(): void {
		this.#write(SOFT_RESET_GO2_SOFT_RESET_N, 0x00);
		this.#write(SOFT_RESET_GO2_SOFT_RESET_N, 0x01);
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
		bus.write(Uint8Array.of(register));
		return new Uint8Array(bus.read(byteLength));
	}

	#readByte(register: number): number {
		return this.#read(register, 1)[0] ?? 0;
	}

	#write(register: number, value: number): void {
		this.#require().write(Uint8Array.of(register, value));
	}

	#writeAll(pairs: string): void {
		for (let at = 0; at < pairs.length; at += 4) this.#write(byteAt(pairs, at), byteAt(pairs, at + 2));
	}

	#timeout(what: string, reads: number): Error {
		return new Error(
			`VL53L0X at ${hex(this.#liveAddress)} ${what} within ${reads} reads of its status. It is reset and set up anew; check its 3.3 V and XSHUT.`,
		);
	}

	#require(): I2C {
		if (this.#bus === undefined) throw new Error("VL53L0X: the bus is not open.");
		return this.#bus;
	}

	#requireOpen(): void {
		if (!this.#isOpen) throw new Error("VL53L0X is closed. Make a new instance.");
	}
}

/** Bits 6 to 3 of the range status (ST's API, VL53L0X_DeviceError). */
function faultsOf(code: number): VL53L0XFaults | undefined {
	switch (code) {
		case 11: // RANGECOMPLETE
			return undefined;
		case 4: // MSRCNOTARGET
		case 14: // RANGEIGNORETHRESHOLD
			return { weakSignal: true };
		case 6: // RANGEPHASECHECK
		case 9: // PHASECONSISTENCY
		case 12: // ALGOUNDERFLOW
		case 13: // ALGOOVERFLOW
			return { outOfRange: true };
		case 5: // SNRCHECK
		case 7: // SIGMATHRESHOLDCHECK
			return { ambient: true };
		case 8: // TCC
		case 10: // MINCLIP
			return { crosstalk: true };
		default: // 1 to 3: laser continuity, laser watchdog, no voltage found; 0 and 15: no code of the API's
			return { hardware: true };
	}
}

/**
 * Register value for the final range, so that a whole measurement takes the budget
 * (VL53L0X_set_measurement_timing_budget_micro_seconds, with the steps of `rangingSequence` and the times of `tuning`).
 */
function timeoutOf(budgetMs: number): number {
	// A macro period is 2304 laser periods of so many clocks of 1.655 ns.
	const preRangeUs = (2_304 * 14 * 1.655) / 1_000;
	const finalRangeUs = (2_304 * 10 * 1.655) / 1_000;
	const overheadUs = 1_320 + 960 + 2 * (38 * preRangeUs + 690) + (151 * preRangeUs + 660) + 550;
	// The pre-range counts in the final range's register too.
	const periods = 151 + Math.floor((budgetMs * 1_000 - overheadUs) / finalRangeUs);
	// low byte × 2^(high byte) + 1
	let low = periods - 1;
	let exponent = 0;
	while (low > 0xff) {
		low >>= 1;
		exponent++;
	}
	return (exponent << 8) | low;
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
