import { lookOfProduct } from "./product-look.ts";

/** Every shelf of the demo fridge, millimetres. */
export const shelfSize = Object.freeze({ widthMm: 900, depthMm: 480, spacingMm: 280 });

/** Where the middle of a thing's foot stands on its shelf, millimetres. */
export interface Place {
	/** From the left end. */
	readonly xMm: number;
	/** From the front edge towards the back. */
	readonly zMm: number;
	/** Above the shelf, where it lies on something else; 0 where not given. */
	readonly liftMm?: number | undefined;
}

const gapMm = 4;

/** What stands on a shelf: so many of each product. */
export interface Row {
	readonly sku: string;
	readonly count: number;
}

/**
 * Places for everything on one shelf: each product in lanes of its own, side by side in the order given, spread over the
 * width, the first units in front. A product has as many lanes as there is room for, so that most of its units can be
 * seen. What does not fit in the width stands beyond the shelf's right end: a story with too many products is still one,
 * and only its picture is odd.
 */
export function layOutShelf(rows: readonly Row[]): Place[][] {
	const kinds = rows.map(({ sku, count }) => {
		const { widthMm, depthMm } = lookOfProduct(sku);
		const perLane = Math.max(1, Math.floor(shelfSize.depthMm / (depthMm + gapMm)));
		return { count, widthMm, depthMm, lanes: Math.ceil(count / perLane) };
	});
	const usedMm = () => kinds.reduce((sum, { lanes, widthMm }) => sum + lanes * (widthMm + gapMm), gapMm);
	for (;;) {
		const deep = ({ count, lanes }: (typeof kinds)[number]) => Math.ceil(count / Math.max(1, lanes));
		const deepest = kinds
			.filter((kind) => deep(kind) > 1 && usedMm() + kind.widthMm + gapMm <= shelfSize.widthMm)
			.reduce<(typeof kinds)[number] | undefined>((a, b) => (a !== undefined && deep(a) >= deep(b) ? a : b), undefined);
		if (deepest === undefined) break;
		deepest.lanes++;
	}
	// What is left of the width is shared by the spaces between two products and at the ends.
	const spareMm = Math.max(0, shelfSize.widthMm - usedMm()) / (kinds.length + 1);
	let leftMm = gapMm + spareMm;
	return kinds.map(({ count, widthMm, depthMm, lanes }) => {
		const places = Array.from({ length: count }, (_, index) => ({
			xMm: leftMm + (index % lanes) * (widthMm + gapMm) + widthMm / 2,
			zMm: gapMm + Math.floor(index / lanes) * (depthMm + gapMm) + depthMm / 2,
		}));
		leftMm += lanes * (widthMm + gapMm) + spareMm;
		return places;
	});
}

/** What stands somewhere, seen from above. */
export interface Footprint {
	readonly place: Place;
	readonly widthMm: number;
	readonly depthMm: number;
	readonly heightMm: number;
}

/** Where somebody puts a thing who looks for room: at the front, near the middle. */
const wanted = Object.freeze({ xMm: shelfSize.widthMm / 2, zMm: 60 });

/**
 * A place for a thing of such a size among others: free, and as near to the front's middle as can be; where nothing is
 * free, on top of what stands there.
 */
export function freePlace(
	size: { readonly widthMm: number; readonly depthMm: number },
	others: readonly Footprint[],
): Place {
	const roomy = (place: Place) =>
		others.every(
			(other) =>
				Math.abs(place.xMm - other.place.xMm) >= (size.widthMm + other.widthMm) / 2 ||
				Math.abs(place.zMm - other.place.zMm) >= (size.depthMm + other.depthMm) / 2,
		);
	const nearest = Math.max(wanted.zMm, size.depthMm / 2 + gapMm);
	for (let zMm = nearest; zMm <= shelfSize.depthMm - size.depthMm / 2; zMm += 40)
		for (let asideMm = 0; asideMm <= (shelfSize.widthMm - size.widthMm) / 2; asideMm += 15)
			for (const xMm of [wanted.xMm + asideMm, wanted.xMm - asideMm]) if (roomy({ xMm, zMm })) return { xMm, zMm };
	const below = others.filter(
		({ place, widthMm, depthMm }) =>
			Math.abs(place.xMm - wanted.xMm) < (size.widthMm + widthMm) / 2 &&
			Math.abs(place.zMm - nearest) < (size.depthMm + depthMm) / 2,
	);
	const liftMm = Math.max(0, ...below.map(({ heightMm, place }) => heightMm + (place.liftMm ?? 0)));
	return { xMm: wanted.xMm, zMm: nearest, liftMm };
}
