import type { I2CTarget } from "../board/i2c-target.ts";
import type { SimulationClock } from "../clock.ts";
import type { Driver, Net } from "../net.ts";
import type { SeededRandom } from "../random.ts";

const powerUpAddress = 0x29;
/** From XSHUT high, or power, to the first acknowledge (datasheet, power-up sequence). */
const bootNs = 1_200_000;
/** Reach in the dark, and the daylight that halves it: choices, inside the 4 m that the datasheet names as the best case. */
const reaches = Object.freeze({
	short: Object.freeze({ darkMm: 1_300, halvedByLux: 100_000 }),
	long: Object.freeze({ darkMm: 3_600, halvedByLux: 5_000 }),
});
/** Daylight from which on nobody in front looks like too much light, not like too little: a choice. */
const brightLux = 5_000;
/** A cover that sends back more than this share of the light blinds it: a choice. */
const blindingShare = 0.5;
/** One period of its fast clock. Differs from part to part. */
const clockNs = 1.324;
/** What a measurement takes beside its two ranges (timing guard of ST's API). */
const guardUs = 4_528;
/** Ticks of its slow oscillator in a millisecond, before the 7.5 % that it runs fast. Differs from part to part. */
const ticksPerMs = 0x00b4;

/** Range status codes (ST's driver, VL53L1_DeviceError). */
const rangeStatus = Object.freeze({
	laserWatchdog: 2,
	noTarget: 4,
	sigma: 6,
	minimumClip: 8,
	complete: 9,
	completeWithoutWrapCheck: 19,
});

/** Registers that ST's ultra lite driver names or that its configuration writes, first and last. */
const known: readonly (readonly [first: number, last: number])[] = [
	[0x0000, 0x0001], // reset, address
	[0x0008, 0x0008], // VHV_CONFIG__TIMEOUT_MACROP_LOOP_BOUND
	[0x000b, 0x000b], // VHV_CONFIG__INIT
	[0x0016, 0x0023], // crosstalk, offsets
	[0x002d, 0x0087], // the configuration
	[0x0089, 0x0099], // results
	[0x00de, 0x00df], // RESULT__OSC_CALIBRATE_VAL
	[0x00e5, 0x00e5], // FIRMWARE__SYSTEM_STATUS
	[0x010f, 0x0111], // identification
	[0x013e, 0x013e], // ROI_CONFIG__MODE_ROI_CENTRE_SPAD
];

function isKnown(register: number): boolean {
	return known.some(([first, last]) => register >= first && register <= last);
}

export interface VL53L1XChipOptions {
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
 * STMicroelectronics VL53L1X, time-of-flight distance sensor, register by register.
 * https://www.st.com/resource/en/datasheet/vl53l1x.pdf, and the names of ST's ultra lite driver (STSW-IMG009)
 *
 * It models what a driver can get wrong: 16-bit register numbers, a start before the configuration is loaded, the
 * polarity of GPIO1, an interrupt that nobody clears, the address that a reset takes back to 0x29, and silence while it
 * boots. Its physics is small: a white target in front, light from elsewhere that shortens the reach, and a cover that
 * sends part of the light back.
 */
export class VL53L1XChip implements I2CTarget {
	/** What no driver should do, by name: unknown registers, a start without preparation. */
	readonly unknownCommands: string[] = [];
	readonly #clock: SimulationClock;
	readonly #bus: VL53L1XChipOptions["bus"];
	readonly #pins: VL53L1XChipOptions["pins"];
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
	#index = 0;
	/** Bytes of the register number that are still to come. */
	#indexBytesLeft = 0;
	#isReady = false;
	#sinceStart = 0;
	#measurements = 0;
	#overwritten = 0;
	#transactions = 0;
	readonly #cancels = new Set<() => void>();

	constructor(options: VL53L1XChipOptions) {
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

	/** Every measurement ends with this range status code, 0 to 31, instead of its own. */
	force(status: number | undefined): void {
		this.#forcedStatus = status;
	}

	/** No measurement comes to its end any more, and after a reset its firmware does not start. */
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
		return this.#value(0x87) === 0x40;
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
		if (!read) this.#indexBytesLeft = 2;
		return true;
	}

	write(byte: number): boolean {
		if (this.#indexBytesLeft > 0) {
			this.#indexBytesLeft--;
			this.#index = ((this.#index << 8) | byte) & 0xffff;
			return true;
		}
		const register = this.#index;
		this.#index = (register + 1) & 0xffff;
		this.#store(register, byte);
		return true;
	}

	read(): number {
		const register = this.#index;
		this.#index = (register + 1) & 0xffff;
		if (this.#isInReset) return 0;
		if (!isKnown(register)) {
			this.unknownCommands.push(`read of ${nameOf(register)}`);
			return 0xff;
		}
		return this.#value(register);
	}

	stop(): void {
		this.#indexBytesLeft = 0;
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
		this.#isReady = false;
		this.#memory.clear();
		this.#memory.set(0x31, 0x02);
		this.#memory.set(0xde, ticksPerMs >> 8);
		this.#memory.set(0xdf, ticksPerMs & 0xff);
		this.#memory.set(0xe5, this.#isStuck ? 0x00 : 0x03);
		this.#memory.set(0x10f, 0xea);
		this.#memory.set(0x110, 0xcc);
		this.#memory.set(0x111, 0x10);
	}

	#moveTo(address: number | undefined): void {
		if (this.#address !== undefined) this.#bus.detachI2C(this.#pins, this.#address);
		this.#address = address;
		if (address !== undefined) this.#bus.attachI2C(this.#pins, address, this);
	}

	#value(at: number): number {
		return this.#memory.get(at) ?? 0;
	}

	/** Two bytes, the high one first. */
	#word(at: number): number {
		return (this.#value(at) << 8) | this.#value(at + 1);
	}

	#store(register: number, value: number): void {
		if (!isKnown(register)) {
			this.unknownCommands.push(`write of ${nameOf(register)}`);
			return;
		}
		if (register === 0x00) {
			if (value === 0) this.#isInReset = true;
			else if (this.#isInReset) {
				this.#cancelAll();
				this.#interrupt?.drive("Z");
				this.#boot();
			}
			return;
		}
		this.#memory.set(register, value);
		if (register === 0x87) this.#start(value);
		else if (register === 0x86) this.#clear(value);
		else if (register === 0x01) this.#moveTo(value & 0x7f);
		else if (register === 0x31) this.#showInterrupt();
	}

	#start(mode: number): void {
		this.#cancelAll();
		this.#sinceStart = 0;
		if (mode === 0) return;
		if (mode !== 0x40) this.unknownCommands.push(`start mode 0x${mode.toString(16)}`);
		else if (this.#value(0x60) === 0) this.unknownCommands.push("start before the configuration");
		else this.#measure();
	}

	#measure(): void {
		const startedAt = this.#clock.now;
		this.#later(this.#measurementNs(), () => {
			this.#measurements++;
			this.#report();
			this.#sinceStart++;
			this.#finish();
			const periodMs = (this.#word(0x6c) * 0x1_0000 + this.#word(0x6e)) / (ticksPerMs * 1.075);
			this.#later(Math.max(0, startedAt + periodMs * 1e6 - this.#clock.now), () => this.#measure());
		});
	}

	/** Fills RESULT__RANGE_STATUS and the distance, 13 registers on. */
	#report(): void {
		const { status, millimetres } = this.#look();
		this.#memory.set(0x89, status);
		this.#memory.set(0x96, (millimetres >> 8) & 0xff);
		this.#memory.set(0x97, millimetres & 0xff);
	}

	#look(): { readonly status: number; readonly millimetres: number } {
		const without = (status: number) => ({ status, millimetres: 0 });
		if (this.#forcedStatus !== undefined) return { status: this.#forcedStatus, millimetres: this.#distanceMm ?? 0 };
		if (this.#isLaserBroken) return without(rangeStatus.laserWatchdog);
		if (this.#coverShare >= blindingShare) return { status: rangeStatus.minimumClip, millimetres: 0 };
		const distance = this.#distanceMm;
		// The laser's period makes the range: 16 clocks are the short one, 32 the long one.
		const { darkMm, halvedByLux } = this.#value(0x60) < 0x0b ? reaches.short : reaches.long;
		const reach = darkMm / (1 + this.#ambientLux / halvedByLux);
		// In strong light the part cannot tell nobody from somebody beyond its shortened reach.
		if (distance === undefined || distance > reach)
			return without(this.#ambientLux >= brightLux ? rangeStatus.sigma : rangeStatus.noTarget);
		const noise = this.#random === undefined ? 0 : this.#noiseMillimetres * this.#random.gaussian();
		const millimetres = Math.max(0, Math.round(distance * (1 - this.#coverShare) + noise));
		return {
			status: this.#sinceStart === 0 ? rangeStatus.completeWithoutWrapCheck : rangeStatus.complete,
			millimetres,
		};
	}

	#finish(): void {
		if ((this.#value(0x46) & 0x20) === 0) return; // not asked to tell of new measurements
		if (this.#isReady) this.#overwritten++;
		this.#isReady = true;
		this.#showInterrupt();
	}

	#clear(value: number): void {
		if ((value & 0x01) === 0) return;
		this.#isReady = false;
		this.#showInterrupt();
	}

	/** GPIO1 is open drain, active low with bit 4 of GPIO_HV_MUX__CTRL; its level is bit 0 of GPIO__TIO_HV_STATUS. */
	#showInterrupt(): void {
		const isHigh = this.#isReady === ((this.#value(0x30) & 0x10) === 0);
		this.#memory.set(0x31, isHigh ? 0x03 : 0x02);
		this.#interrupt?.drive(isHigh ? "Z" : 0);
	}

	/** Two ranges with different laser periods, so that an echo of the pulse before is noticed (ST's API). */
	#measurementNs(): number {
		let us = guardUs;
		for (const [period, timeout] of [
			[0x60, 0x5e],
			[0x63, 0x61],
		] as const)
			us += (periodsOf(this.#word(timeout)) * 2_304 * 2 * (this.#value(period) + 1) * clockNs) / 1_000;
		return Math.round(us * 1_000);
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

function nameOf(register: number): string {
	return `register 0x${register.toString(16).padStart(4, "0")}`;
}
