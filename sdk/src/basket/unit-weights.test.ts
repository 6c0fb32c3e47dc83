import { expect, test } from "vitest";
import type { Product } from "../catalog/product.ts";
import { asWeighed, learnUnit, type UnitWeight, unitsWeighedAlone } from "./unit-weights.ts";

const cola: Product = {
	sku: "cola",
	name: "Cola",
	massMilligrams: 355_000,
	toleranceMilligrams: 5_000,
	priceCents: 200,
	shelf: 0,
};
const chips: Product = { ...cola, sku: "chips", massMilligrams: 70_000 };

test("mean and spread are those of the units", () => {
	const units = [352_000, 356_000, 358_000, 351_000];
	const learned = units.reduce<UnitWeight | undefined>(learnUnit, undefined);
	expect(learned?.count).toBe(4);
	expect(learned?.meanMilligrams).toBeCloseTo(354_250, 6);
	expect(learned?.squaredDeviations).toBeCloseTo(32_750_000, 3);
});

test("a batch that weighs otherwise moves the mass, slowly at first and never beyond the tolerance", () => {
	let known: UnitWeight | undefined;
	const masses = Array.from({ length: 400 }, () => {
		known = learnUnit(known, 362_000);
		return asWeighed(cola, known).massMilligrams;
	});
	expect(masses[0]).toBeLessThan(356_000);
	expect(masses[10]).toBeGreaterThan(358_000);
	expect(Math.max(...masses)).toBe(360_000);
	expect(asWeighed(cola, undefined)).toBe(cola);
});

test("only a unit that left its shelf alone, with a change that fits, was weighed", () => {
	const reading = (grams: number) => ({
		shelf: 0,
		baselineMilligrams: 3_000_000,
		finalMilligrams: 3_000_000 - grams * 1_000,
		spreadMilligrams: 1_000,
	});
	const weighed = (quantity: number, grams: number) =>
		unitsWeighedAlone([{ sku: "cola", quantity }], [reading(grams)], [cola, chips]);
	expect(weighed(1, 356)).toEqual([{ sku: "cola", milligrams: 356_000 }]);
	expect(weighed(2, 711)).toEqual([]);
	// A second unit that was moved away, or a stone.
	expect(weighed(1, 380)).toEqual([]);
	const both = [
		{ sku: "chips", quantity: 1 },
		{ sku: "cola", quantity: 1 },
	];
	expect(unitsWeighedAlone(both, [reading(425)], [cola, chips])).toEqual([]);
});
