import type { I2CTarget } from "../board/i2c-target.ts";
import type { SimulationClock } from "../clock.ts";
import type { Driver, Net } from "../net.ts";
import type { SeededRandom } from "../random.ts";

const powerUpAddress = 0x29;
/** From XSHUT high, or power, to the first acknowledge (datasheet, power-up sequence). */
const bootNs = 1_200_000;
/** The datasheet names no time for its reference calibrations nor for the read of its fuses: these are choices. */
const calibrationNs = 5_000_000;
const fuseNs = 200_000;
/** Reach indoors and under an overcast sky of 5,000 lux: choices, well inside the 2 m that the datasheet names as the best case. */
const indoorReachMm = 1_200;
const overcastReachMm = 600;
const overcastLux = 5_000;
/** What the part reports where it has no distance. */
const noDistanceMm = 8_190;
/** A cover that sends back more than this share of the light blinds it: a choice. */
const blindingShare = 0.5;
/** Reference diodes that its fuses ask for, all of them behind an aperture: the first one of those is number 12. */
const fusedSpads = 5;
const firstApertureSpad = 12;
/** Written back before every start, or the part does not measure. Differs from part to part. */
const stopVariable = 0x3c;
/** Ticks of its slow oscillator in a millisecond. Differs from part to part. */
const ticksPerMs = 0x00b4;

/** Range status codes (ST's API, VL53L0X_DeviceError). */
const rangeStatus = Object.freeze({
	laserWatchdog: 2,
	noVoltageFound: 3,
	noTarget: 4,
	sigma: 7,
	phaseConsistency: 9,
	minimumClip: 10,
	complete: 11,
});

/** Registers that ST's API names or that its tuning writes, as `page << 8 | register`. */
const known: ReadonlySet<number> = new Set([
	...registers(0x0, [0x00, 0x01, 0x09, 0x0a, 0x0b, 0x10, 0x11, 0x13, 0x24, 0x25, 0x27, 0x40, 0x50, 0x51, 0x52, 0x54]),
	...registers(0x0, [0x56, 0x57, 0x60, 0x61, 0x62, 0x64, 0x65, 0x66, 0x67, 0x75, 0x76, 0x77, 0x78, 0x7a, 0x7b, 0x80]),
	...registers(0x0, [0x84, 0x88, 0x89, 0x8a, 0xbf, 0xc0, 0xc1, 0xc2, 0xf8, 0xf9, 0x20, 0x21, 0x28, 0x29, 0x70, 0x71]),
	...registers(0x0, [0x72, 0x30, 0x31, 0x32, 0x34, 0x35, 0x44, 0x45, 0x46, 0x47, 0x48, 0xb0, 0xb1, 0xb2, 0xb3, 0xb4]),
	...registers(0x0, [0xb5, 0xb6, 0x04, 0x05, 0x06, 0x07, 0x0c, 0x0d, 0x0e, 0x0f]),
	...registers(0x0, [0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f]),
	...registers(0x1, [0x00, 0x0d, 0x0e, 0x20, 0x22, 0x23, 0x30, 0x31, 0x40, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48]),
	...registers(0x1, [0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f, 0x8e, 0x91]),
	...registers(0x6, [0x83]),
	...registers(0x7, [0x80, 0x81, 0x83, 0x92, 0x94]),
]);

function registers(page: number, numbers: readonly number[]): number[] {
	return numbers.map((register) => (page << 8) | register);
}

export interface VL53L0XChipOptions {
	readonly clock: SimulationClock;
	/** The bus that it is soldered to. It attaches itself, since its address changes. */
	readonly bus: {
		attachI2C(pins: { data: number | string; clock: number | string }, address: number, target: I2CTarget): void;
		detachI2C(pins: { data: number | string; clock: number | string }, address: number): void;
	};
	readonly pins: { readonly data: number | string; readonly clock: number | string };
	/** XSHUT. Without a net it is tied high; a net that floats is low, as on a bare part: modules carry a pull-up. */
	readonly shutdown?: Net;
	/** GPIO1, open drain. */
	readonly interrupt?: Net;
	/** Needed for noise. */
	readonly random?: SeededRandom;
	/** Standard deviation of a measurement. 0 where not given. */
	readonly noiseMillimetres?: number;
}

/**
 * STMicroelectronics VL53L0X, time-of-flight distance sensor, register by register.
 * https://www.st.com/resource/en/datasheet/vl53l0x.pdf, and the names of ST's API (STSW-IMG005)
 *
 * It models what a driver can get wrong: page select, the lock in front of page 1, the stop variable, the reference
 * diodes of its fuses, both calibrations, the time that the registers give a measurement, the address that a reset takes
 * back to 0x29, and silence while it boots. Its physics is small: a white target in front, light from elsewhere that
 * shortens the reach, and a cover that sends part of the light back.
 */
export class VL53L0XChip implements I2CTarget {
	/** What no driver should do, by name: unknown registers, a start without preparation. */
	readonly unknownCommands: string[] = [];
	readonly #clock: SimulationClock;
	readonly #bus: VL53L0XChipOptions["bus"];
	readonly #pins: VL53L0XChipOptions["pins"];
	readonly #shutdown: Net | undefined;
	readonly #interrupt: Driver | undefined;
	readonly #random: SeededRandom | undefined;
	readonly #noiseMillimetres: number;

	#distanceMm: number | undefined;
	#ambientLux = 0;
	#coverShare = 0;
	#isLaserBroken = false;
	#forcedStatus: number | undefined;
	#isStuck = false;
	#isHung = false;
	#refusals = 0;
	#hangsAfterRefusal = false;

	#isPowered = true;
	/** Where it is attached; `undefined` while it is off. */
	#address: number | undefined;
	#bootedAt = 0;
	#isInReset = false;
	readonly #memory = new Map<number, number>();
	#page = 0;
	#index = 0;
	#expectsIndex = false;
	#isVoltageCalibrated = false;
	#isPhaseCalibrated = false;
	#measurements = 0;
	#overwritten = 0;
	#transactions = 0;
	readonly #cancels = new Set<() => void>();

	constructor(options: VL53L0XChipOptions) {
		this.#clock = options.clock;
		this.#bus = options.bus;
		this.#pins = options.pins;
		this.#shutdown = options.shutdown;
		this.#interrupt = options.interrupt?.attach();
		this.#random = options.random;
		this.#noiseMillimetres = options.noiseMillimetres ?? 0;
		this.#shutdown?.watch(() => this.#follow());
		this.#follow();
	}

	// What the world does.

	/** What stands in front, in millimetres from the part; `undefined` for nobody. */
	setDistance(millimetres: number | undefined): void {
		this.#distanceMm = millimetres;
	}

	/** Light from elsewhere, in lux of daylight: 0 indoors without sun, 5,000 overcast, 100,000 full sun. */
	setAmbient(lux: number): void {
		this.#ambientLux = lux;
	}

	/**
	 * Film or dirt on the cover: the share of the light that comes back from it, 0 to 1. It pulls what is measured
	 * towards the cover, and from one half on it is all that the part sees.
	 */
	setCover(share: number): void {
		this.#coverShare = share;
	}

	/** Its supply. */
	power(on: boolean): void {
		this.#isPowered = on;
		this.#follow();
	}

	// How it fails.

	/** The laser's watchdog reports a failure. */
	breakLaser(broken = true): void {
		this.#isLaserBroken = broken;
	}

	/** Every measurement ends with this range status code, 0 to 15, instead of its own. */
	force(status: number | undefined): void {
		this.#forcedStatus = status;
	}

	/** No measurement and no calibration comes to its end any more. */
	stick(stuck = true): void {
		this.#isStuck = stuck;
	}

	/** Refuses the next transactions; with `thenHang` it answers nothing after them until XSHUT or power resets it. */
	refuse(transactions: number, options?: { readonly thenHang?: boolean }): void {
		this.#refusals = transactions;
		this.#hangsAfterRefusal = options?.thenHang === true;
	}

	// What can be seen.

	/** Where it answers, `undefined` while it is off. */
	get address(): number | undefined {
		return this.#address;
	}

	/** Times that the bus addressed it. */
	get transactions(): number {
		return this.#transactions;
	}

	get measurements(): number {
		return this.#measurements;
	}

	/** Measurements that nobody fetched in time. */
	get overwritten(): number {
		return this.#overwritten;
	}

	/** It measures again and again. */
	get ranging(): boolean {
		return (this.#value(0x00) & 0x06) !== 0;
	}

	/** How long its registers let a measurement take, in milliseconds. */
	get measurementMs(): number {
		return this.#measurementNs() / 1e6;
	}

	// The wire.

	start(read: boolean): boolean {
		this.#transactions++;
		if (this.#isHung || this.#clock.now < this.#bootedAt) return false;
		if (this.#refusals > 0) {
			this.#refusals--;
			this.#isHung = this.#hangsAfterRefusal && this.#refusals === 0;
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
		this.#index = (register + 1) & 0xff; // datasheet, chapter 3: auto-increment
		this.#store(register, byte);
		return true;
	}

	read(): number {
		const register = this.#index;
		this.#index = (register + 1) & 0xff;
		if (this.#isInReset) return 0;
		if (register === 0xff) return this.#page;
		if (!known.has(this.#at(register))) {
			this.unknownCommands.push(`read of ${this.#nameOf(register)}`);
			return 0xff;
		}
		return this.#value(this.#at(register));
	}

	stop(): void {
		this.#expectsIndex = false;
	}

	#follow(): void {
		const isOn = this.#isPowered && (this.#shutdown === undefined || this.#shutdown.level === 1);
		if (isOn === (this.#address !== undefined)) return;
		this.#cancelAll();
		this.#interrupt?.drive("Z");
		this.#isHung = false;
		if (isOn) this.#boot();
		else this.#moveTo(undefined);
	}

	#boot(): void {
		this.#moveTo(powerUpAddress);
		this.#bootedAt = this.#clock.now + bootNs;
		this.#isInReset = false;
		this.#isVoltageCalibrated = false;
		this.#isPhaseCalibrated = false;
		this.#page = 0;
		this.#memory.clear();
		this.#memory.set(0xc0, 0xee);
		this.#memory.set(0xc1, 0xaa);
		this.#memory.set(0xc2, 0x10);
		this.#memory.set(0xf8, ticksPerMs >> 8);
		this.#memory.set(0xf9, ticksPerMs & 0xff);
		this.#memory.set(0x191, stopVariable);
		// A map with bad diodes among the good ones.
		for (let byte = 0; byte < 6; byte++) this.#memory.set(0xb0 + byte, 0xb7);
	}

	#moveTo(address: number | undefined): void {
		if (this.#address !== undefined) this.#bus.detachI2C(this.#pins, this.#address);
		this.#address = address;
		if (address !== undefined) this.#bus.attachI2C(this.#pins, address, this);
	}

	#at(register: number): number {
		return (this.#page << 8) | register;
	}

	#value(at: number): number {
		return this.#memory.get(at) ?? 0;
	}

	/** Two bytes, the high one first. */
	#word(at: number): number {
		return (this.#value(at) << 8) | this.#value(at + 1);
	}

	#nameOf(register: number): string {
		return `register 0x${register.toString(16).padStart(2, "0")} on page ${this.#page}`;
	}

	#store(register: number, value: number): void {
		if (register === 0xff) {
			this.#page = value;
			return;
		}
		const at = this.#at(register);
		if (!known.has(at)) {
			this.unknownCommands.push(`write of ${this.#nameOf(register)}`);
			return;
		}
		// Page 1 answers behind a lock: 0x80 on page 0 opens it.
		if (this.#page === 1 && register === 0x91 && this.#value(0x80) !== 1) {
			this.unknownCommands.push("stop variable behind its lock");
			return;
		}
		if (at === 0xbf) {
			if (value === 0) this.#isInReset = true;
			else if (this.#isInReset) {
				this.#cancelAll();
				this.#interrupt?.drive("Z");
				this.#boot();
			}
			return;
		}
		this.#memory.set(at, value);
		if (at === 0x00) this.#start(value);
		else if (at === 0x0b) this.#clear(value);
		else if (at === 0x8a) this.#moveTo(value & 0x7f);
		else if (at === 0x783 && value === 0) this.#readFuses();
		else if (at === 0xb5) this.#checkSpads();
	}

	#readFuses(): void {
		if (this.#value(0x794) !== 0x6b || (this.#value(0x683) & 0x04) === 0) {
			this.unknownCommands.push("read of the fuses without their address");
			return;
		}
		this.#later(fuseNs, () => {
			this.#memory.set(0x783, 0x10);
			this.#memory.set(0x792, 0x80 | fusedSpads);
		});
	}

	/** The map of reference diodes, once its last byte has come. */
	#checkSpads(): void {
		let enabled = 0;
		for (let spad = 0; spad < 48; spad++) {
			if (((this.#value(0xb0 + (spad >> 3)) >> (spad & 7)) & 1) === 0) continue;
			enabled++;
			if (spad < firstApertureSpad || ((0xb7 >> (spad & 7)) & 1) === 0)
				this.unknownCommands.push(`reference diode ${spad}, which is bad or has no aperture`);
		}
		if (enabled !== fusedSpads) this.unknownCommands.push(`${enabled} reference diodes, not ${fusedSpads}`);
	}

	#start(mode: number): void {
		this.#cancelAll();
		if (mode === 0) return;
		const sequence = this.#value(0x01);
		if (mode === 0x41 && sequence === 0x01) {
			this.#later(calibrationNs, () => {
				this.#isVoltageCalibrated = true;
				this.#finish();
			});
		} else if (mode === 0x01 && sequence === 0x02) {
			this.#later(calibrationNs, () => {
				this.#isPhaseCalibrated = true;
				this.#finish();
			});
		} else if (mode === 0x01 || mode === 0x02 || mode === 0x04) {
			if (this.#value(0x191) !== stopVariable || this.#value(0x100) !== 1)
				this.unknownCommands.push("start without its stop variable");
			else this.#measure(mode);
		} else this.unknownCommands.push(`start mode 0x${mode.toString(16)} with sequence 0x${sequence.toString(16)}`);
	}

	#measure(mode: number): void {
		const startedAt = this.#clock.now;
		this.#later(this.#measurementNs(), () => {
			this.#measurements++;
			this.#report();
			this.#finish();
			if (mode === 0x01) this.#memory.set(0x00, 0);
			else if (mode === 0x02) this.#measure(mode);
			else {
				const periodMs = (this.#word(0x04) * 0x1_0000 + this.#word(0x06)) / ticksPerMs;
				this.#later(Math.max(0, startedAt + periodMs * 1e6 - this.#clock.now), () => this.#measure(mode));
			}
		});
	}

	/** Fills RESULT_RANGE_STATUS and what follows it. */
	#report(): void {
		const { status, millimetres } = this.#look();
		this.#memory.set(0x14, status << 3);
		this.#memory.set(0x1e, (millimetres >> 8) & 0xff);
		this.#memory.set(0x1f, millimetres & 0xff);
	}

	#look(): { readonly status: number; readonly millimetres: number } {
		const without = (status: number) => ({ status, millimetres: noDistanceMm });
		if (this.#forcedStatus !== undefined) return { status: this.#forcedStatus, millimetres: this.#distanceMm ?? 0 };
		if (this.#isLaserBroken) return without(rangeStatus.laserWatchdog);
		if (!this.#isVoltageCalibrated) return without(rangeStatus.noVoltageFound);
		if (!this.#isPhaseCalibrated) return without(rangeStatus.phaseConsistency);
		if (this.#coverShare >= blindingShare) return { status: rangeStatus.minimumClip, millimetres: 0 };
		const distance = this.#distanceMm;
		const reach = indoorReachMm / (1 + (this.#ambientLux / overcastLux) * (indoorReachMm / overcastReachMm - 1));
		// In strong light the part cannot tell nobody from somebody beyond its shortened reach.
		if (distance === undefined || distance > reach)
			return without(this.#ambientLux >= overcastLux ? rangeStatus.sigma : rangeStatus.noTarget);
		const noise = this.#random === undefined ? 0 : this.#noiseMillimetres * this.#random.gaussian();
		const millimetres = Math.max(0, Math.round(distance * (1 - this.#coverShare) + noise));
		return { status: rangeStatus.complete, millimetres };
	}

	#finish(): void {
		if ((this.#value(0x13) & 0x07) !== 0) this.#overwritten++;
		this.#memory.set(0x13, this.#value(0x0a) & 0x07);
		this.#showInterrupt();
	}

	#clear(value: number): void {
		if ((value & 0x01) === 0) return;
		this.#memory.set(0x13, 0);
		this.#showInterrupt();
	}

	/** Open drain; bit 4 of GPIO_HV_MUX_ACTIVE_HIGH turns it around. */
	#showInterrupt(): void {
		const isReady = (this.#value(0x13) & 0x07) !== 0;
		const isActiveHigh = (this.#value(0x84) & 0x10) !== 0;
		this.#interrupt?.drive(isReady === isActiveHigh ? "Z" : 0);
	}

	/** The sum of its steps (ST's API, VL53L0X_get_measurement_timing_budget_micro_seconds). */
	#measurementNs(): number {
		// 2304 laser periods of so many clocks of 1.655 ns.
		const preRangeUs = (2_304 * 1.655 * 2 * (this.#value(0x50) + 1)) / 1_000;
		const finalRangeUs = (2_304 * 1.655 * 2 * (this.#value(0x70) + 1)) / 1_000;
		const preRangePeriods = periodsOf(this.#word(0x51));
		const finalRangePeriods = periodsOf(this.#word(0x71)) - preRangePeriods;
		return Math.round(
			1_000 *
				(1_320 +
					960 +
					2 * ((this.#value(0x46) + 1) * preRangeUs + 690) +
					(preRangePeriods * preRangeUs + 660) +
					(Math.max(0, finalRangePeriods) * finalRangeUs + 550)),
		);
	}

	#later(ns: number, run: () => void): void {
		const cancel = this.#clock.after(ns, () => {
			this.#cancels.delete(cancel);
			if (!this.#isStuck) run();
		});
		this.#cancels.add(cancel);
	}

	#cancelAll(): void {
		for (const cancel of this.#cancels) cancel();
		this.#cancels.clear();
	}
}

/** low byte × 2^(high byte) + 1 */
function periodsOf(encoded: number): number {
	return (encoded & 0xff) * 2 ** (encoded >> 8) + 1;
}
