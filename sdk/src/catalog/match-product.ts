import { codePointLength, sequenceRatio, sequenceRatioBound } from "./sequence-ratio.ts";

/** What a detected name is compared with. */
export interface NamedProduct {
	readonly sku: string;
	readonly name: string;
	/** Other names of it: what a detector or people call it. */
	readonly aliases: readonly string[];
}

/** How a product was found; `fuzzy` with the ratio that decided. */
export type ProductMatch<P extends NamedProduct> =
	| { readonly by: "sku" | "name" | "alias"; readonly product: P; readonly ratio: 1 }
	| { readonly by: "fuzzy"; readonly product: P; readonly ratio: number };

/** From this ratio on, similar names are the same product, where nobody says otherwise. */
export const usualFuzzyThreshold = 0.6;

/**
 * Finds the product that a detected name means: the SKU exactly, else the name without regard to case, else an alias,
 * else the name or alias that is most alike, when `sequenceRatio` of both in lower case reaches the threshold. Of equals
 * the first in the list wins. `undefined`: nothing is alike enough, and a person has to say.
 *
 * @param fuzzyThreshold 0 to 1
 */
export function matchProduct<P extends NamedProduct>(
	detectedName: string,
	products: readonly P[],
	fuzzyThreshold: number = usualFuzzyThreshold,
): ProductMatch<P> | undefined {
	const detected = detectedName.trim();
	if (detected === "") return undefined;
	const bySku = products.find(({ sku }) => sku === detected);
	if (bySku) return { by: "sku", product: bySku, ratio: 1 };
	const lower = detected.toLowerCase();
	const byName = products.find(({ name }) => name.toLowerCase() === lower);
	if (byName) return { by: "name", product: byName, ratio: 1 };
	const byAlias = products.find(({ aliases }) => aliases.some((alias) => alias.toLowerCase() === lower));
	if (byAlias) return { by: "alias", product: byAlias, ratio: 1 };
	return mostAlike(lower, products, fuzzyThreshold);
}

function mostAlike<P extends NamedProduct>(
	detected: string,
	products: readonly P[],
	fuzzyThreshold: number,
): ProductMatch<P> | undefined {
	const length = codePointLength(detected);
	let best: ProductMatch<P> | undefined;
	for (const product of products) {
		for (const name of [product.name, ...product.aliases]) {
			const candidate = name.toLowerCase();
			const bound = sequenceRatioBound(length, codePointLength(candidate));
			if (bound < fuzzyThreshold || bound <= (best?.ratio ?? -1)) continue;
			const ratio = sequenceRatio(detected, candidate);
			if (ratio >= fuzzyThreshold && ratio > (best?.ratio ?? -1)) best = { by: "fuzzy", product, ratio };
		}
	}
	return best;
}
