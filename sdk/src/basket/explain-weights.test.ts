import { expect, test } from "vitest";
import type { Product } from "../catalog/product.ts";
import { explainWeights, viewWeights } from "./explain-weights.ts";
import { noiseVariance, priorPerMove, priorPerUnit, unitVariance, unknownDensity } from "./weight-model.ts";

const products: Product[] = [
	{ sku: "a", name: "a", massMilligrams: 40_000, toleranceMilligrams: 3_000, priceCents: 1, shelf: 0 },
	{ sku: "b", name: "b", massMilligrams: 83_000, toleranceMilligrams: 4_000, priceCents: 1, shelf: 0 },
	{ sku: "c", name: "c", massMilligrams: 41_500, toleranceMilligrams: 2_000, priceCents: 1, shelf: 1 },
];

/** Bivariate normal density, from the textbook formula with a correlation. */
function bivariate(x: number, y: number, varianceX: number, varianceY: number, covariance: number): number {
	const determinant = varianceX * varianceY - covariance ** 2;
	const distance = (x * x * varianceY - 2 * x * y * covariance + y * y * varianceX) / determinant;
	return Math.exp(-distance / 2) / (2 * Math.PI * Math.sqrt(determinant));
}

/** All baskets of two shelves counted out one by one, without gates, groups or cuts. */
function countOut(removedX: number, removedY: number, noise: number): Map<string, number> {
	const [a, b, c] = products as [Product, Product, Product];
	const weights = new Map<string, number>();
	let total = 0;
	const normal = (x: number, variance: number): number =>
		Math.exp((-x * x) / 2 / variance) / Math.sqrt(2 * Math.PI * variance);
	for (let na = 0; na <= 8; na += 1) {
		for (let nb = 0; na + nb <= 8; nb += 1) {
			for (let nc = 0; nc <= 8; nc += 1) {
				for (const [ma, mb, mc] of [
					[0, 0, 0],
					[1, 0, 0],
					[0, 1, 0],
					[0, 0, 1],
					[2, 0, 0],
					[0, 2, 0],
					[0, 0, 2],
					[1, 1, 0],
					[1, 0, 1],
					[0, 1, 1],
				] as const) {
					if (ma > na || mb > nb || mc > nc) {
						continue;
					}
					const moved = ma * unitVariance(a) + mb * unitVariance(b) + mc * unitVariance(c);
					const x = removedX - (na * a.massMilligrams + nb * b.massMilligrams - mc * c.massMilligrams);
					const y = removedY - (nc * c.massMilligrams - ma * a.massMilligrams - mb * b.massMilligrams);
					const varianceX = noise + na * unitVariance(a) + nb * unitVariance(b) + mc * unitVariance(c);
					const varianceY = noise + nc * unitVariance(c) + ma * unitVariance(a) + mb * unitVariance(b);
					const units = na + nb + nc - ma - mb - mc;
					const weight =
						priorPerUnit ** units * priorPerMove ** (ma + mb + mc) * bivariate(x, y, varianceX, varianceY, -moved);
					const key = [na - ma, nb - mb, nc - mc].join();
					weights.set(key, (weights.get(key) ?? 0) + weight);
					total += weight;
				}
			}
		}
	}
	// Something unknown on either shelf, or on both.
	total += unknownDensity ** 2;
	for (let nc = 0; nc <= 8; nc += 1) {
		total +=
			unknownDensity * priorPerUnit ** nc * normal(removedY - nc * c.massMilligrams, noise + nc * unitVariance(c));
	}
	for (let na = 0; na <= 8; na += 1) {
		for (let nb = 0; na + nb <= 8; nb += 1) {
			const variance = noise + na * unitVariance(a) + nb * unitVariance(b);
			const x = removedX - na * a.massMilligrams - nb * b.massMilligrams;
			total += unknownDensity * priorPerUnit ** (na + nb) * normal(x, variance);
		}
	}
	return new Map([...weights].map(([key, weight]) => [key, weight / total]));
}

test.each([
	[0, 0],
	[40_500, 0],
	[83_000, 41_000],
	[81_000, 0],
	[0, 41_500],
	[1_200, 300],
	[123_000, -1_000],
	[41_000, -40_700],
	[-41_000, 83_500],
	[250_000, 83_000],
])("probabilities for %i and %i mg gone are those of counting out every basket", (removedX, removedY) => {
	const shelves = [removedX, removedY].map((removed, shelf) => ({
		shelf,
		baselineMilligrams: 1_000_000,
		finalMilligrams: 1_000_000 - removed,
		spreadMilligrams: 1_000,
	}));
	const expected = countOut(removedX, removedY, noiseVariance(shelves[0]!));
	const baskets = explainWeights(viewWeights(shelves, products)) ?? [];
	expect(baskets.length).toBeGreaterThan(0);
	for (const basket of baskets.slice(0, 5)) {
		expect(basket.probability).toBeCloseTo(expected.get(basket.counts.join()) ?? Number.NaN, 4);
	}
});
