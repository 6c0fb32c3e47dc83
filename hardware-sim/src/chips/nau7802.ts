import type { I2CTarget } from "../board/i2c-target.ts";
import type { SimulationClock } from "../clock.ts";
import type { Driver, Net } from "../net.ts";
import type { SeededRandom } from "../random.ts";

const highest = 0x7f_ff_ff;
const lowest = -0x80_00_00;
/** From PUD to PUR (datasheet, 9.1). */
const powerUpNs = 200_000;
/** From PUA and AVDDS until the regulator holds its voltage (SparkFun's library waits for about 200 ms). */
const regulatorNs = 200_000_000;
/** About what SparkFun measured for its library. */
const calibrationNs = 344_000_000;
/** Conversions until the output has followed a change: 400 ms at 10 a second (cedargrove_nau7802). */
const settlingConversions = 4;
/** Offset of the amplifier at gain 128 before it is calibrated: a choice. */
const offsetCounts = 12_345;
/** What 2.5 µA make of a bridge of 1 kΩ at gain 128 and 3.0 V: about 1.25 mV of 11.7 mV. */
const testCurrentCounts = 900_000;

const PU_CTRL = 0x00;
const CTRL1 = 0x01;
const CTRL2 = 0x02;
const OCAL1_B2 = 0x03;
const I2C_CONTROL = 0x11;
const ADCO_B2 = 0x12;
const ADCO_B0 = 0x14;
const DEVICE_REV = 0x1f;

const RR = 0x01;
const PUD = 0x02;
const PUA = 0x04;
const PUR = 0x08;
const CS = 0x10;
const CR = 0x20;
const AVDDS = 0x80;
const CALS = 0x04;
const CAL_ERR = 0x08;
const BOPGA = 0x04;
const CRP = 0x80;

/** Registers of the datasheet's map (11): all that a driver may touch. */
const known: ReadonlySet<number> = new Set([
	...Array.from({ length: 0x17 }, (_, register) => register), // 0x00 to 0x16
	0x1b, // PGA
	0x1c, // PGA_PWR
	0x1f, // DEVICE_REV
]);

const rates: readonly (number | undefined)[] = [10, 20, 40, 80, undefined, undefined, undefined, 320];

export interface NAU7802ChipOptions {
	readonly clock: SimulationClock;
	readonly random: SeededRandom;
	/** DRDY, an output. */
	readonly ready?: Net;
	/** Standard deviation of a conversion, in counts at gain 128. 0 where not given. */
	readonly noiseCounts?: number;
}

/**
 * Nuvoton NAU7802, 24-bit ADC for load cells, on I2C at 0x2A.
 * https://www.nuvoton.com/export/resource-files/en-us--DS_NAU7802_DataSheet_EN_Rev2.6.pdf
 *
 * It models what a driver can get wrong: the order of power-up, a regulator that takes its time, an amplifier whose offset
 * only a calibration removes, an output that needs four conversions to settle, and readings that nobody fetches.
 */
export class NAU7802Chip implements I2CTarget {
	/** What no driver should do, by name: unknown registers, forbidden values. */
	readonly unknownCommands: string[] = [];
	readonly #clock: SimulationClock;
	readonly #random: SeededRandom;
	readonly #noiseCounts: number;
	readonly #ready: Driver | undefined;
	readonly #registers = new Uint8Array(0x20);

	#input: number | undefined = 0;
	#isPowered = true;
	#neverPowersUp = false;
	#isStuck = false;
	#failures = 0;
	#refusals = 0;

	#index = 0;
	#expectsIndex = false;
	#regulatedAt = Number.POSITIVE_INFINITY;
	#isCalibrated = false;
	/** Conversions since the input's way last changed. */
	#settled = 0;
	#word = 0;
	#latched = 0;
	#overwritten = 0;
	#conversions = 0;
	#transactions = 0;
	#cancelPowerUp: (() => void) | undefined;
	#cancelConversion: (() => void) | undefined;
	#cancelCalibration: (() => void) | undefined;

	constructor(options: NAU7802ChipOptions) {
		this.#clock = options.clock;
		this.#random = options.random;
		this.#noiseCounts = options.noiseCounts ?? 0;
		this.#ready = options.ready?.attach();
		this.#reset();
	}

	// What the world does.

	/** Signal of the load cell, in counts at gain 128, before noise, offset and clamping; `undefined` when none is wired. */
	setInput(counts: number | undefined): void {
		this.#input = counts;
	}

	/** Supply on or off. On: as fresh as from the factory. */
	power(on: boolean): void {
		this.#isPowered = on;
		this.#reset();
		if (!on) this.#ready?.drive("Z");
	}

	// How it fails.

	/** PUR never comes. */
	refusePowerUp(refuse = true): void {
		this.#neverPowersUp = refuse;
	}

	/** The next calibrations end with CAL_ERR. */
	failCalibrations(count: number): void {
		this.#failures = count;
	}

	/** No conversion and no calibration comes to its end any more. */
	stick(stuck = true): void {
		this.#isStuck = stuck;
	}

	/** Refuses the next transactions. */
	refuse(transactions: number): void {
		this.#refusals = transactions;
	}

	// What can be seen.

	get gain(): number {
		return 2 ** (this.#registerAt(CTRL1) & 0x07);
	}

	/** Conversions a second. */
	get rate(): number {
		return rates[(this.#registerAt(CTRL2) >> 4) & 0x07] ?? 10;
	}

	get converting(): boolean {
		return (this.#registerAt(PU_CTRL) & (RR | PUD | PUA | PUR | CS)) === (PUD | PUA | PUR | CS);
	}

	/** Readings that nobody fetched in time. */
	get overwritten(): number {
		return this.#overwritten;
	}

	get conversions(): number {
		return this.#conversions;
	}

	/** Times that the bus addressed it. */
	get transactions(): number {
		return this.#transactions;
	}

	// The wire.

	start(read: boolean): boolean {
		this.#transactions++;
		if (!this.#isPowered) return false;
		if (this.#refusals > 0) {
			this.#refusals--;
			return false;
		}
		if (!read) this.#expectsIndex = true;
		return true;
	}

	write(byte: number): boolean {
		if (this.#expectsIndex) {
			this.#expectsIndex = false;
			this.#index = byte;
			return true;
		}
		const register = this.#index;
		this.#index = (register + 1) & 0xff;
		this.#store(register, byte);
		return true;
	}

	read(): number {
		const register = this.#index;
		this.#index = (register + 1) & 0xff;
		if (!known.has(register)) {
			this.unknownCommands.push(`read of register ${hex(register)}`);
			return 0xff;
		}
		if (register === ADCO_B2) this.#latched = this.#word;
		if (register >= ADCO_B2 && register <= ADCO_B0) {
			if (register === ADCO_B0) this.#setReady(false);
			return (this.#latched >> (8 * (ADCO_B0 - register))) & 0xff;
		}
		return this.#registerAt(register);
	}

	stop(): void {
		this.#expectsIndex = false;
	}

	#registerAt(register: number): number {
		return this.#registers[register] ?? 0;
	}

	#reset(): void {
		this.#cancelPowerUp?.();
		this.#cancelConversion?.();
		this.#cancelCalibration?.();
		this.#registers.fill(0);
		this.#registers[0x07] = 0x80; // GCAL1 and GCAL2 are 0x00800000, a gain of one
		this.#registers[0x0e] = 0x80;
		this.#registers[DEVICE_REV] = 0x0f;
		this.#regulatedAt = Number.POSITIVE_INFINITY;
		this.#isCalibrated = false;
		this.#settled = 0;
		this.#word = 0;
		this.#setReady(false);
	}

	#store(register: number, value: number): void {
		if (!known.has(register) || (register >= ADCO_B2 && register <= ADCO_B0) || register === DEVICE_REV) {
			this.unknownCommands.push(`write of register ${hex(register)}`);
			return;
		}
		if (register === PU_CTRL) {
			this.#control(value);
			return;
		}
		if (register === CTRL2 && rates[(value >> 4) & 0x07] === undefined)
			this.unknownCommands.push(`conversion rate ${(value >> 4) & 0x07}`);
		// Every change on the input's way starts the filter anew.
		if (register === CTRL1 || register === CTRL2 || register === I2C_CONTROL) this.#settled = 0;
		this.#registers[register] = register === CTRL2 ? value & ~CAL_ERR : value;
		if (register === CTRL2) {
			if ((value & CALS) !== 0) this.#calibrate();
			else if (this.converting) this.#convert();
		}
	}

	#control(value: number): void {
		const before = this.#registerAt(PU_CTRL);
		if ((value & RR) !== 0) {
			this.#reset();
			this.#registers[PU_CTRL] = RR;
			return;
		}
		// PUR and CR are the part's own.
		const isUp = (before & PUR) !== 0 && (value & PUD) !== 0;
		this.#registers[PU_CTRL] = (value & ~(PUR | CR)) | (isUp ? before & (PUR | CR) : 0);
		if ((value & PUD) !== 0 && (before & PUD) === 0) {
			this.#cancelPowerUp = this.#clock.after(powerUpNs, () => {
				if (this.#neverPowersUp) return;
				this.#registers[PU_CTRL] = this.#registerAt(PU_CTRL) | PUR;
			});
		}
		if ((value & CS) !== 0 && (!isUp || (value & PUA) === 0)) this.unknownCommands.push("cycle start before power-up");
		if ((value & PUA) === 0) this.#regulatedAt = Number.POSITIVE_INFINITY;
		else if ((before & PUA) === 0 || ((value ^ before) & AVDDS) !== 0)
			this.#regulatedAt = this.#clock.now + ((value & AVDDS) === 0 ? 0 : regulatorNs);
		if (this.converting) {
			this.#settled = 0;
			this.#convert();
		} else this.#cancelConversion?.();
	}

	#convert(): void {
		this.#cancelConversion?.();
		this.#cancelConversion = this.#clock.after(1e9 / this.rate, () => {
			if (this.#isStuck) return;
			this.#conversions++;
			this.#settled++;
			this.#word = this.#measure();
			if ((this.#registerAt(PU_CTRL) & CR) !== 0) this.#overwritten++;
			this.#setReady(true);
			this.#convert();
		});
	}

	#measure(): number {
		const hasTestCurrent = (this.#registerAt(I2C_CONTROL) & BOPGA) !== 0;
		if (this.#input === undefined && hasTestCurrent) return highest;
		const noise = this.#noiseCounts === 0 ? 0 : this.#noiseCounts * this.#random.gaussian();
		const signal =
			(this.#input ?? 0) + (hasTestCurrent ? testCurrentCounts : 0) + (this.#isCalibrated ? 0 : offsetCounts) + noise;
		const share = Math.min(1, this.#settled / settlingConversions) * (this.#clock.now < this.#regulatedAt ? 0.5 : 1);
		return Math.max(lowest, Math.min(highest, Math.round((signal * share * this.gain) / 128)));
	}

	#calibrate(): void {
		this.#cancelConversion?.();
		this.#cancelCalibration?.();
		if ((this.#registerAt(CTRL2) & 0x03) !== 0)
			this.unknownCommands.push(`calibration mode ${this.#registerAt(CTRL2) & 0x03}`);
		const isEarly = this.#clock.now < this.#regulatedAt || !this.converting;
		this.#cancelCalibration = this.#clock.after(calibrationNs, () => {
			if (this.#isStuck) return;
			const fails = isEarly || this.#failures > 0;
			if (this.#failures > 0) this.#failures--;
			this.#registers[CTRL2] = (this.#registerAt(CTRL2) & ~CALS) | (fails ? CAL_ERR : 0);
			if (!fails) {
				this.#isCalibrated = true;
				this.#registers[OCAL1_B2] = (offsetCounts >> 16) & 0xff;
				this.#registers[OCAL1_B2 + 1] = (offsetCounts >> 8) & 0xff;
				this.#registers[OCAL1_B2 + 2] = offsetCounts & 0xff;
			}
			this.#settled = 0;
			this.#setReady(false);
			if (this.converting) this.#convert();
		});
	}

	/** CR, and DRDY, whose polarity CRP turns around. */
	#setReady(ready: boolean): void {
		const control = this.#registerAt(PU_CTRL);
		this.#registers[PU_CTRL] = ready ? control | CR : control & ~CR;
		this.#ready?.drive(ready === ((this.#registerAt(CTRL1) & CRP) === 0) ? 1 : 0);
	}
}

function hex(byte: number): string {
	return `0x${byte.toString(16).padStart(2, "0")}`;
}
