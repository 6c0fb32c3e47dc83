import { expect, test } from "vitest";
import type { Product } from "../catalog/product.ts";
import { lintPlanogram } from "./lint-planogram.ts";

function juice(sku: string, shelf: number, grams: number): Product {
	return { sku, name: sku, massMilligrams: grams * 1_000, toleranceMilligrams: 5_000, priceCents: 300, shelf };
}

const apart = { orange: { apple: 0.001 }, apple: { orange: 0.004 } };
const mixed = { orange: { apple: 0.001 }, apple: { orange: 0.08 } };

test("two that look and weigh alike on one shelf are named, with what to do", () => {
	expect(lintPlanogram([juice("orange", 2, 500), juice("apple", 2, 502)], mixed)).toEqual([
		{
			shelf: 2,
			skus: ["orange", "apple"],
			detail:
				"orange and apple look and weigh alike on shelf 2 (2.0 g apart, taken for each other in 8 % of pictures): move one to another shelf.",
		},
	]);
});

test("it is enough that a scale, a camera or the shelf tells them apart", () => {
	expect(lintPlanogram([juice("orange", 2, 500), juice("apple", 2, 502)], apart)).toEqual([]);
	expect(lintPlanogram([juice("orange", 2, 500), juice("apple", 2, 512)], mixed)).toEqual([]);
	expect(lintPlanogram([juice("orange", 1, 500), juice("apple", 2, 502)], mixed)).toEqual([]);
});

test("a product that no table knows counts as a look-alike", () => {
	expect(lintPlanogram([juice("orange", 2, 500), juice("apple", 2, 502)], {})).toHaveLength(1);
});
