import type { Product } from "@visionvend/sdk/catalog/product";
import type { Recipe } from "@visionvend/sdk/device/messages";
import type { Cup } from "../world/coffee-corner.ts";

/** What came out of a machine, as it lies in the tray or stands in the cup. */
export interface Delivered {
	readonly skus: readonly string[];
	readonly cents: number;
	/** And something that is not for sale: half a cup. */
	readonly isPartial: boolean;
}

/** How far a drink may be off, as part of one. */
const tolerance = 0.05;
/** Less water than this is drops. */
const dropsMillilitres = 2;
/** One turn of the turbine more or less, and what runs on when the pump has stopped. */
const spareMillilitres = 3;

/**
 * Which of the ordered recipes are in the cup. They are made in their order, so that what is in it is the first of them,
 * or the first two, or the beginning of another.
 */
export function deliveredOf(
	cup: Cup,
	ordered: readonly number[],
	recipes: readonly Recipe[],
	products: readonly Product[],
): Delivered {
	const skus: string[] = [];
	let { millilitres } = cup;
	let cents = 0;
	for (const number of ordered) {
		const wanted = waterOf(recipes.find((recipe) => recipe.number === number));
		if (millilitres < wanted * (1 - tolerance)) break;
		const product = products.find(({ shelf }) => shelf === number);
		if (product === undefined) throw new Error(`Nothing is sold as recipe ${number}.`);
		millilitres -= wanted;
		skus.push(product.sku);
		cents += product.priceCents;
	}
	return { skus, cents, isPartial: millilitres > Math.max(dropsMillilitres, spareMillilitres * skus.length) };
}

/** Millilitres of a recipe. */
function waterOf(recipe: Recipe | undefined): number {
	return (recipe?.steps ?? []).reduce((sum, { step, amount }) => (step === "pump" ? sum + amount : sum), 0);
}
