import { median } from "./median.ts";

/** What a scale came to. */
export interface Settled {
	/** Median of the last samples, rounded to a whole milligram. */
	readonly milligrams: number;
	/** Highest minus lowest of them. */
	readonly spreadMilligrams: number;
	/** `false`: it did not come to rest within the samples allowed. */
	readonly stable: boolean;
}

export interface SettleDetectorOptions {
	/** How many samples in a row must agree, 1 or more. */
	readonly samples: number;
	/** How far apart they may lie. */
	readonly toleranceMilligrams: number;
	/** After so many samples it gives up, `samples` or more. */
	readonly maximumSamples: number;
}

/** Finds out when a scale has come to rest. */
export class SettleDetector {
	readonly #options: SettleDetectorOptions;
	readonly #window: number[] = [];
	#count = 0;

	/** Throws a `RangeError` for options outside their ranges. */
	constructor(options: SettleDetectorOptions) {
		const { samples, toleranceMilligrams, maximumSamples } = options;
		requireInteger("samples", samples, 1);
		requireInteger("toleranceMilligrams", toleranceMilligrams, 0);
		requireInteger("maximumSamples", maximumSamples, samples);
		this.#options = { samples, toleranceMilligrams, maximumSamples };
	}

	/**
	 * Takes the next sample, a whole number of milligrams. Returns the result once the last samples agree, or once the
	 * samples allowed are used up; the sample after that begins a new measurement. Throws a `RangeError` for a sample
	 * that is no integer.
	 */
	add(milligrams: number): Settled | undefined {
		if (!Number.isSafeInteger(milligrams)) {
			throw new RangeError(`A sample must be a whole number of milligrams, not ${milligrams}.`);
		}
		const { samples, toleranceMilligrams, maximumSamples } = this.#options;
		const window = this.#window;
		if (window.length === samples) window.shift();
		window.push(milligrams);
		this.#count++;
		if (window.length < samples) return undefined;
		let lowest = milligrams;
		let highest = milligrams;
		for (const sample of window) {
			lowest = Math.min(lowest, sample);
			highest = Math.max(highest, sample);
		}
		const spreadMilligrams = highest - lowest;
		const stable = spreadMilligrams <= toleranceMilligrams;
		if (!stable && this.#count < maximumSamples) return undefined;
		// No negative zero.
		const result = { milligrams: Math.round(median(window)) + 0, spreadMilligrams, stable };
		this.reset();
		return result;
	}

	/** Forgets all samples. */
	reset(): void {
		this.#window.length = 0;
		this.#count = 0;
	}
}

function requireInteger(name: string, value: number, lowest: number): void {
	if (!Number.isSafeInteger(value) || value < lowest) {
		throw new RangeError(`SettleDetector: ${name} must be a whole number of ${lowest} or more, not ${value}.`);
	}
}
