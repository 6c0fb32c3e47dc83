import { lookOfProduct } from "./product-look.ts";

/** Every shelf of the demo fridge, millimetres. */
export const shelfSize = Object.freeze({ widthMm: 900, depthMm: 480, spacingMm: 280 });

/** Where the middle of a thing's foot stands on its shelf, millimetres. */
export interface Place {
	/** From the left end. */
	readonly xMm: number;
	/** From the front edge towards the back. */
	readonly zMm: number;
}

const gapMm = 4;

/** What stands on a shelf: so many of each product. */
export interface Row {
	readonly sku: string;
	readonly count: number;
}

/**
 * Places for everything on one shelf: each product in lanes of its own, side by side in the order given, one unit
 * behind the other from the front. What does not fit in the width stands beyond the shelf's right end: a story with too
 * many products is still one, and only its picture is odd.
 */
export function layOutShelf(rows: readonly Row[]): Place[][] {
	let leftMm = gapMm;
	return rows.map(({ sku, count }) => {
		const { widthMm, depthMm } = lookOfProduct(sku);
		const perLane = Math.max(1, Math.floor(shelfSize.depthMm / (depthMm + gapMm)));
		const places = Array.from({ length: count }, (_, index) => ({
			xMm: leftMm + Math.floor(index / perLane) * (widthMm + gapMm) + widthMm / 2,
			zMm: gapMm + (index % perLane) * (depthMm + gapMm) + depthMm / 2,
		}));
		leftMm += Math.ceil(count / perLane) * (widthMm + gapMm);
		return places;
	});
}
