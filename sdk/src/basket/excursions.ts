import type { Product } from "../catalog/product.ts";
import type { ToldEvent } from "./tell-events.ts";
import type { VisionEvent } from "./vision-evidence.ts";
import { unitVariance } from "./weight-model.ts";
import { type CurvePoint, pointMs } from "./weight-steps.ts";

/** A shelf became lighter and as heavy again before it came to rest. */
export interface Excursion {
	readonly shelf: number;
	/** From the last point before to the first one after it. */
	readonly fromMs: number;
	readonly untilMs: number;
	/** By how much it was lighter meanwhile. */
	readonly milligrams: number;
}

/** A hand is still at a shelf that does not rest, and makes it some grams heavier or lighter. */
const restlessMilligrams = 3_000;
/** A mass is that of a product within so many standard deviations. */
const mostDeviations = 3;
/** A product that no camera saw is so likely beside one that was seen for sure. */
const unseenShare = 0.1;

/**
 * Where the median of half a second lay below the points before and after, which are alike. What is taken and put back
 * before the scale rests leaves no other trace; what is shorter than half of a point may leave none.
 */
export function excursionsOf(points: readonly CurvePoint[]): Excursion[] {
	return [...new Set(points.map(({ shelf }) => shelf))].flatMap((shelf) => {
		const levels = levelsOf(points.filter((point) => point.shelf === shelf).sort((a, b) => a.atMs - b.atMs));
		return levels.flatMap((level, index): Excursion[] => {
			const [before, after] = [levels[index - 1], levels[index + 1]];
			if (level.isAtRest || before === undefined || after === undefined) return [];
			const milligrams = (before.milligrams + after.milligrams) / 2 - level.milligrams;
			if (milligrams <= 0 || !areAlike(before.milligrams, after.milligrams)) return [];
			return [{ shelf, fromMs: level.fromMs - pointMs, untilMs: after.fromMs, milligrams }];
		});
	});
}

interface Level {
	/** Of its first point. */
	readonly fromMs: number;
	readonly milligrams: number;
	isAtRest: boolean;
}

/** Points in a row that are alike are one level. */
function levelsOf(points: readonly CurvePoint[]): Level[] {
	const levels: Level[] = [];
	for (const { atMs, milligrams, stable } of points) {
		const last = levels.at(-1);
		if (last !== undefined && areAlike(last.milligrams, milligrams)) last.isAtRest ||= stable;
		else levels.push({ fromMs: atMs, milligrams, isAtRest: stable });
	}
	return levels;
}

function areAlike(one: number, other: number): boolean {
	return Math.abs(one - other) <= mostDeviations * restlessMilligrams;
}

/**
 * The take and the return of an excursion that has the mass of one unit of its shelf; of two products that weigh alike the
 * one that cameras saw. Empty where no product weighs so much: a hand held the shelf up.
 */
export function tellExcursion(
	{ shelf, fromMs, untilMs, milligrams }: Excursion,
	products: readonly Product[],
	events: readonly VisionEvent[],
): ToldEvent[] {
	const meanwhile = events.filter(
		(event) => event.shelf === shelf && event.fromMs <= untilMs && event.untilMs >= fromMs,
	);
	let likeliest: { readonly sku: string; readonly share: number } | undefined;
	for (const product of products) {
		const squared = (milligrams - product.massMilligrams) ** 2 / (restlessMilligrams ** 2 + unitVariance(product));
		if (product.shelf !== shelf || squared > mostDeviations ** 2) continue;
		const seen = Math.max(0, ...meanwhile.map((event) => event.products[product.sku] ?? 0));
		const share = (unseenShare + seen) * Math.exp(-squared / 2);
		if (share > (likeliest?.share ?? 0)) likeliest = { sku: product.sku, share };
	}
	if (likeliest === undefined) return [];
	const told = { shelf, sku: likeliest.sku, fromMs, untilMs, seen: meanwhile.length > 0 };
	return [
		{ ...told, kind: "taken" },
		{ ...told, kind: "returned" },
	];
}
