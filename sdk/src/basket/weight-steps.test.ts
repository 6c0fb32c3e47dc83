import { expect, test } from "vitest";
import { type CurvePoint, stepsOf } from "./weight-steps.ts";

function point(atMs: number, grams: number, stable = true, shelf = 0): CurvePoint {
	return { shelf, atMs, milligrams: grams * 1_000, spreadMilligrams: stable ? 900 : 60_000, stable };
}

function reading(from: number, to: number, shelf = 0) {
	return { shelf, baselineMilligrams: from * 1_000, finalMilligrams: to * 1_000, spreadMilligrams: 1_000 };
}

test("two goods taken one after the other are two steps, with the time that each took", () => {
	const points = [point(1_000, 2_000.3), point(2_000, 1_700, false), point(2_500, 1_645), point(4_000, 1_361)];
	expect(stepsOf(points, [reading(2_000, 1_360)])).toMatchObject([
		{ shelf: 0, fromMs: 1_500, atMs: 2_500, deltaMilligrams: -355_000 },
		{ shelf: 0, fromMs: 3_000, atMs: 4_000, deltaMilligrams: -284_000 },
	]);
});

test("what changed before the first point and after the last one is a step to baseline and final", () => {
	const steps = stepsOf([point(1_000, 1_645)], [reading(2_000, 1_360)]);
	expect(steps.map(({ deltaMilligrams }) => deltaMilligrams)).toEqual([-355_000, -285_000]);
	expect(steps.reduce((sum, step) => sum + step.deltaMilligrams, 0)).toBe(-640_000);
});

test("noise makes no step, and a shelf that nothing was heard of has none", () => {
	expect(
		stepsOf([point(1_000, 2_001.5), point(3_000, 1_999)], [reading(2_000, 2_000.4), reading(900, 545, 1)]),
	).toEqual([]);
});
