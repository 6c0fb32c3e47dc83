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

/** How much a run of the pump may be short of what its recipe asks for, as part of it. */
const tolerance = 0.05;
/** One turn of the turbine more or less, and what runs on when the pump has stopped. */
const spareMillilitres = 3;
/** Less water than this is drops. */
const dropsMillilitres = 2;

/**
 * Which of the ordered recipes are in the cup. They are made in their order, and one that was given up is followed by
 * the next: how much is in the cup does not say which it is, the runs of the pump do. A recipe has come when all its runs
 * are there, one after the other and each as long as it should be; any other water is a part of something.
 */
export function deliveredOf(
	{ pours }: Cup,
	ordered: readonly number[],
	recipes: readonly Recipe[],
	products: readonly Product[],
): Delivered {
	const skus: string[] = [];
	let cents = 0;
	let isPartial = false;
	let rest = pours.filter((millilitres) => millilitres > dropsMillilitres);
	for (const number of ordered) {
		const wanted = runsOf(recipes.find((recipe) => recipe.number === number));
		const begin = rest.findIndex((_, index) =>
			wanted.every((millilitres, run) => isRunOf(millilitres, rest[index + run] ?? 0)),
		);
		if (begin < 0) continue;
		const product = products.find(({ shelf }) => shelf === number);
		if (product === undefined) throw new Error(`Nothing is sold as recipe ${number}.`);
		skus.push(product.sku);
		cents += product.priceCents;
		isPartial ||= begin > 0;
		rest = rest.slice(begin + wanted.length);
	}
	return { skus, cents, isPartial: isPartial || rest.length > 0 };
}

function isRunOf(wanted: number, millilitres: number): boolean {
	return millilitres >= wanted * (1 - tolerance) && millilitres <= wanted + spareMillilitres;
}

/** What each run of the pump shall bring, millilitres. */
function runsOf(recipe: Recipe | undefined): number[] {
	return (recipe?.steps ?? []).filter(({ step }) => step === "pump").map(({ amount }) => amount);
}
