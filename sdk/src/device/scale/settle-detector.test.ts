import fc from "fast-check";
import { expect, test } from "vitest";
import { median } from "./median.ts";
import { SettleDetector, type Settled } from "./settle-detector.ts";

const detector = (): SettleDetector => new SettleDetector({ samples: 4, toleranceMilligrams: 3000, maximumSamples: 8 });

test("a scale has come to rest when the last samples lie within the tolerance", () => {
	const scale = detector();
	const results = [500_000, 320_000, 140_000, 141_000, 143_000, 142_000].map((sample) => scale.add(sample));
	expect(results.slice(0, 5)).toEqual([undefined, undefined, undefined, undefined, undefined]);
	expect(results[5]).toEqual({ milligrams: 141_500, spreadMilligrams: 3000, stable: true });
});

test("a scale that does not come to rest is given up after the samples allowed, with its spread", () => {
	const scale = detector();
	const results: (Settled | undefined)[] = [];
	for (let sample = 0; sample < 8; sample++) results.push(scale.add(sample % 2 === 0 ? 0 : 10_001));
	expect(results.slice(0, 7).every((result) => result === undefined)).toBe(true);
	expect(results[7]).toEqual({ milligrams: 5001, spreadMilligrams: 10_001, stable: false });
});

test("after a result, and after a reset, the next measurement needs all its samples again", () => {
	const scale = detector();
	const still = (): (Settled | undefined)[] => [1, 1, 1, 1].map((sample) => scale.add(sample));
	const settled = { milligrams: 1, spreadMilligrams: 0, stable: true };
	expect(still()).toEqual([undefined, undefined, undefined, settled]);
	expect(still()).toEqual([undefined, undefined, undefined, settled]);
	scale.add(1);
	scale.add(1);
	scale.reset();
	expect(still()).toEqual([undefined, undefined, undefined, settled]);
});

test("of any samples, the first stable window is reported, and a giving up comes exactly at the limit", () => {
	fc.assert(
		fc.property(
			fc.integer({ min: 1, max: 6 }),
			fc.nat(20),
			fc.nat(10),
			fc.array(fc.integer({ min: -30, max: 30 }), { minLength: 16, maxLength: 16 }),
			(samples, toleranceMilligrams, more, values) => {
				const maximumSamples = samples + more;
				const scale = new SettleDetector({ samples, toleranceMilligrams, maximumSamples });
				let count = 0;
				let result: Settled | undefined;
				while (result === undefined) result = scale.add(values[count++]!);
				const spread = (end: number): number => {
					const window = values.slice(end - samples, end);
					return Math.max(...window) - Math.min(...window);
				};
				expect(result.spreadMilligrams).toBe(spread(count));
				expect(result.milligrams).toBe(Math.round(median(values.slice(count - samples, count))) + 0);
				expect(result.stable).toBe(spread(count) <= toleranceMilligrams);
				if (!result.stable) expect(count).toBe(maximumSamples);
				for (let end = samples; end < count; end++) expect(spread(end)).toBeGreaterThan(toleranceMilligrams);
			},
		),
		{ seed: 14, numRuns: 1000 },
	);
});

test("options and samples that make no sense are refused", () => {
	const options = { samples: 4, toleranceMilligrams: 3000, maximumSamples: 8 };
	expect(() => new SettleDetector({ ...options, samples: 0 })).toThrow(/samples must be/);
	expect(() => new SettleDetector({ ...options, toleranceMilligrams: -1 })).toThrow(/toleranceMilligrams/);
	expect(() => new SettleDetector({ ...options, maximumSamples: 3 })).toThrow(
		/maximumSamples must be a whole number of 4 or more/,
	);
	expect(() => detector().add(Number.NaN)).toThrow(RangeError);
	expect(() => detector().add(0.5)).toThrow(RangeError);
});
