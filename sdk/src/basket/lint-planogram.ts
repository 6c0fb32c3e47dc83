import type { Product } from "../catalog/product.ts";
import { scaleNoiseMilligrams, unitVariance } from "./weight-model.ts";

/** How often a detector takes one product for another, 0 to 1: `confusion[is][takenFor]`. Of the model's own sidecar. */
export type ConfusionTable = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Two products that should not stand on one shelf. */
export interface PlanogramProblem {
	readonly shelf: number;
	readonly skus: readonly [string, string];
	/** For whoever fills the fridge. */
	readonly detail: string;
}

/** Masses nearer than this many standard deviations are not told apart by a scale. */
const leastDeviations = 3;

/** A pair that is mixed up more often than this looks alike. */
const mostConfusion = 0.02;

/**
 * Pairs on one shelf that neither a scale nor a camera tells apart. What the table does not know is taken for a
 * look-alike, since no picture of it was ever compared.
 */
export function lintPlanogram(products: readonly Product[], confusion: ConfusionTable): PlanogramProblem[] {
	return products.flatMap((one, index) =>
		products.slice(index + 1).flatMap((other): PlanogramProblem[] => {
			if (one.shelf !== other.shelf) return [];
			const distance = Math.abs(one.massMilligrams - other.massMilligrams);
			const variance = unitVariance(one) + unitVariance(other) + scaleNoiseMilligrams ** 2;
			if (distance >= leastDeviations * Math.sqrt(variance)) return [];
			const known = confusion[one.sku] !== undefined && confusion[other.sku] !== undefined;
			const mixed = Math.max(confusion[one.sku]?.[other.sku] ?? 0, confusion[other.sku]?.[one.sku] ?? 0);
			if (known && mixed <= mostConfusion) return [];
			const often = known
				? `taken for each other in ${Math.round(mixed * 100)} % of pictures`
				: "never compared in pictures";
			const grams = (distance / 1_000).toFixed(1);
			const detail = `${one.name} and ${other.name} look and weigh alike on shelf ${one.shelf} (${grams} g apart, ${often}): move one to another shelf.`;
			return [{ shelf: one.shelf, skus: [one.sku, other.sku], detail }];
		}),
	);
}
