/*
	USB scale with the HID scale page (postal, kitchen and counter scales)
	HID Usage Tables 1.5, Scales Page (0x8D)
*/
import type { HID, HIDConstructor } from "@visionvend/sdk/device/io/hid";
import type { Connection } from "@visionvend/sdk/device/io/io";

export interface HIDScaleOptions {
	/** Any scale where `vendorId` and `productId` are not given. */
	readonly scale: Connection<HIDConstructor>;
	/** There is something new for `sample`. */
	readonly onSample?: (this: HIDScale) => void;
}

export interface HIDScaleFaults {
	/** The scale is not plugged in. */
	disconnected?: true;
	/** The scale reports an error of its own. */
	failed?: true;
	/** The weight still moves. */
	unstable?: true;
	/** Less than nothing on the platform. */
	underZero?: true;
	/** More than the scale can carry. */
	overLimit?: true;
	/** The scale asks to be calibrated. */
	needsCalibration?: true;
	/** The scale asks to be set to zero. */
	needsZero?: true;
	/** A unit or a status that the standard does not have, or one that is no unit of weight in a shop. */
	unknown?: true;
}

export interface HIDScaleSample {
	/** The number on the display without its decimal point; 0 where the scale sent none. */
	raw: number;
	/** Absent where `raw` is not the weight of what lies there. */
	grams?: number;
	/** Only there when something is wrong. */
	faults?: HIDScaleFaults;
}

/** Scale Data Report (usage 0x32): id, status, unit, power of ten, and the weight, least significant byte first. */
const weightReport = 3;
const weightReportBytes = 6;

/** Grams in one of the units (usages 0x51 to 0x5C, from 1 on), 0 where it is none that shops use. */
const gramsIn: readonly number[] = Object.freeze([
	0, // none
	0.001, // milligram
	1, // gram
	1_000, // kilogram
	0, // carat
	0, // tael, which has no one size
	0, // grain
	0, // pennyweight
	1_000_000, // metric ton
	0, // avoirdupois ton
	0, // troy ounce
	28.349523125, // ounce
	453.59237, // pound
]);

/** Scale on USB, ECMA-419 sensor class pattern. `sample` gives the weight of the newest report. */
export class HIDScale {
	readonly #onSample: ((this: HIDScale) => void) | undefined;
	#device: HID | undefined;
	#sample: HIDScaleSample | undefined;

	constructor(options: HIDScaleOptions) {
		const { scale, onSample } = options;
		if (typeof scale?.io !== "function")
			throw new TypeError('HIDScale: option "scale" is { io: HID, vendorId, productId }.');
		if (onSample !== undefined && typeof onSample !== "function")
			throw new TypeError('HIDScale: option "onSample" is a function.');
		this.#onSample = onSample;
		this.#device = new scale.io({
			usagePage: 0x8d,
			...scale,
			onReport: (report) => this.#receive(report),
			onConnectionChange: (connected) => {
				// What lay on the scale before it went is not what lies there now.
				this.#put(connected ? undefined : { raw: 0, faults: { disconnected: true } });
			},
		});
	}

	/** A scale has nothing to set. */
	configure(_options: object): void {
		this.#requireOpen();
	}

	/** What the newest report says, once; `undefined` until the next one. */
	sample(): HIDScaleSample | undefined {
		this.#requireOpen();
		const sample = this.#sample;
		this.#sample = undefined;
		return sample;
	}

	/** The scale is plugged in. */
	get connected(): boolean {
		return this.#device?.connected === true;
	}

	get configuration(): object {
		return {};
	}

	get identification(): { readonly model: "HID scale"; readonly classification: "Load" } {
		return { model: "HID scale", classification: "Load" };
	}

	close(): void {
		this.#device?.close();
		this.#device = undefined;
		this.#sample = undefined;
	}

	#receive(report: Uint8Array): void {
		if (report.length < weightReportBytes || report[0] !== weightReport) return;
		const [, status = 0, unit = 0, power = 0, low = 0, high = 0] = report;
		const raw = low | (high << 8);
		const exponent = (power << 24) >> 24;
		const factor = gramsIn[unit] ?? 0;
		const faults: HIDScaleFaults = {};
		// Usages 0x71 to 0x78, from 1 on.
		if (status === 1) faults.failed = true;
		else if (status === 3) faults.unstable = true;
		else if (status === 5) faults.underZero = true;
		else if (status === 6) faults.overLimit = true;
		else if (status === 7) faults.needsCalibration = true;
		else if (status === 8) faults.needsZero = true;
		else if (status !== 2 && status !== 4) faults.unknown = true;
		if (factor === 0) faults.unknown = true;
		const sample: HIDScaleSample = { raw };
		// At rest, or on the way there: everything else is a number without a meaning.
		if ((status === 2 || status === 3 || status === 4) && factor !== 0) sample.grams = scaled(raw, exponent) * factor;
		if (Object.keys(faults).length > 0) sample.faults = faults;
		this.#put(sample);
	}

	#put(sample: HIDScaleSample | undefined): void {
		if (this.#device === undefined) return;
		this.#sample = sample;
		if (sample !== undefined) this.#onSample?.call(this);
	}

	#requireOpen(): void {
		if (this.#device === undefined) throw new Error("HIDScale is closed. Make a new instance.");
	}
}

/** Divides by the whole power of ten, since 0.1 is not a number that a computer has: 123 tenths are 12.3. */
function scaled(raw: number, exponent: number): number {
	return exponent < 0 ? raw / 10 ** -exponent : raw * 10 ** exponent;
}
