import { z } from "zod";
import type { Product } from "../catalog/product.ts";
import type { ShelfReading } from "../device/messages.ts";
import type { BasketItem } from "./basket-decision.ts";
import { fits, noiseVariance, unitVariance } from "./weight-model.ts";

/** What was learned of the mass of one product's units, in Welford's form (Technometrics 4, 1962). */
export interface UnitWeight {
	/** Units weighed one by one. */
	readonly count: number;
	readonly meanMilligrams: number;
	/** Sum of the squared deviations from the mean. */
	readonly squaredDeviations: number;
}

/** Checks a {@link UnitWeight} that comes out of a store. */
export const unitWeightSchema = z.object({
	count: z.int().min(0),
	meanMilligrams: z.number(),
	squaredDeviations: z.number().min(0),
});

/** The catalogue counts as much as so many weighed units: the first few change little. */
const unitsOfTrust = 8;

/** One more unit weighed. */
export function learnUnit(known: UnitWeight | undefined, milligrams: number): UnitWeight {
	const count = (known?.count ?? 0) + 1;
	const before = known?.meanMilligrams ?? 0;
	const meanMilligrams = before + (milligrams - before) / count;
	const squaredDeviations = (known?.squaredDeviations ?? 0) + (milligrams - before) * (milligrams - meanMilligrams);
	return { count, meanMilligrams, squaredDeviations };
}

/**
 * The product with the mass that its units have by experience. It never leaves the catalogue's tolerance: a batch that
 * is heavier than that is another product, and nobody can drift the scale of a fridge from sale to sale.
 */
export function asWeighed(product: Product, known: UnitWeight | undefined): Product {
	if (known === undefined || known.count === 0) return product;
	const { massMilligrams, toleranceMilligrams } = product;
	const sum = massMilligrams * unitsOfTrust + known.meanMilligrams * known.count;
	const mean = Math.round(sum / (unitsOfTrust + known.count));
	const lowest = Math.max(1, massMilligrams - toleranceMilligrams);
	return { ...product, massMilligrams: Math.min(massMilligrams + toleranceMilligrams, Math.max(lowest, mean)) };
}

/**
 * The units of a settled basket that were weighed one by one: alone off their shelf, with a change of weight that fits.
 * Never call it for a basket that was not settled.
 */
export function unitsWeighedAlone(
	items: readonly BasketItem[],
	shelves: readonly ShelfReading[],
	products: readonly Product[],
): { readonly sku: string; readonly milligrams: number }[] {
	return shelves.flatMap((reading) => {
		const taken = items.filter(({ sku }) => products.find((product) => product.sku === sku)?.shelf === reading.shelf);
		const [only, another] = taken;
		if (only?.quantity !== 1 || another !== undefined) return [];
		const product = products.find(({ sku }) => sku === only.sku);
		const milligrams = reading.baselineMilligrams - reading.finalMilligrams;
		if (product === undefined) return [];
		const squared = (milligrams - product.massMilligrams) ** 2 / (noiseVariance(reading) + unitVariance(product));
		return fits(squared, 1) ? [{ sku: only.sku, milligrams }] : [];
	});
}
