import fc from "fast-check";
import { expect, test } from "vitest";
import { calibrate, tare, toMilligrams } from "./calibration.ts";

const counts = fc.integer({ min: -0x80_0000, max: 0x7f_ffff });
const load = fc.integer({ min: 1_000, max: 200_000_000 });
const points = fc.tuple(counts, counts, load).filter(([zero, loaded]) => Math.abs(zero - loaded) >= 1000);

test("both points of a calibration read as nothing and as the load, also with the bridge wired the other way", () => {
	fc.assert(
		fc.property(points, ([zeroCounts, loadCounts, loadMilligrams]) => {
			const calibration = calibrate(zeroCounts, loadCounts, loadMilligrams);
			expect(toMilligrams(zeroCounts, calibration)).toBe(0);
			expect(toMilligrams(loadCounts, calibration)).toBe(loadMilligrams);
		}),
		{ seed: 12, numRuns: 1000 },
	);
});

test("a mass is the nearest whole milligram on the line through both points", () => {
	const calibration = calibrate(84_000, 504_000, 1_000_000);
	expect(toMilligrams(84_042, calibration)).toBe(100);
	expect(toMilligrams(84_001, calibration)).toBe(2);
	expect(toMilligrams(83_580, calibration)).toBe(-1000);
	expect(toMilligrams(83_999, { ...calibration, loadMilligrams: 1000 })).toBe(0);
});

test("after a tare the new reading is nothing, and differences of readings stay the same masses", () => {
	fc.assert(
		fc.property(
			points,
			counts,
			fc.integer({ min: -100_000, max: 100_000 }),
			([zero, loaded, milligrams], empty, difference) => {
				const before = calibrate(zero, loaded, milligrams);
				const after = tare(before, empty);
				expect(toMilligrams(empty, after)).toBe(0);
				expect(toMilligrams(empty + difference, after)).toBe(toMilligrams(zero + difference, before));
			},
		),
		{ seed: 13, numRuns: 1000 },
	);
});

test("unusable points are refused, and the message says which", () => {
	expect(() => calibrate(5000, 5999, 1_000_000)).toThrow(/put the known load on/);
	expect(() => calibrate(0.5, 5999, 1_000_000)).toThrow(/empty scale/);
	expect(() => calibrate(0, 0x80_0000, 1_000_000)).toThrow(/loaded scale/);
	expect(() => calibrate(Number.NaN, 5999, 1_000_000)).toThrow(RangeError);
	for (const milligrams of [0, -1_000_000, 999, 200_000_001, 1000.5]) {
		expect(() => calibrate(0, 400_000, milligrams)).toThrow(/known load/);
	}
	expect(() => tare(calibrate(0, 400_000, 1_000_000), 1.5)).toThrow(RangeError);
});

test("a broken calibration or reading gives an error instead of a mass", () => {
	expect(() => toMilligrams(5, { zeroCounts: 7, loadCounts: 7, loadMilligrams: 1_000_000 })).toThrow(
		/Calibrate the scale again/,
	);
	expect(() => toMilligrams(7, { zeroCounts: 7, loadCounts: 7, loadMilligrams: 1_000_000 })).toThrow(RangeError);
	expect(() => toMilligrams(Number.NaN, calibrate(0, 400_000, 1_000_000))).toThrow(RangeError);
	expect(() => toMilligrams(0.5, calibrate(0, 400_000, 1_000_000))).toThrow(RangeError);
});
