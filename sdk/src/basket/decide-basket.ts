import type { Product } from "../catalog/product.ts";
import type { ShelfReading } from "../device/messages.ts";
import {
	type BasketCandidate,
	type BasketDecision,
	type BasketItem,
	basketDecisionSchema,
	type ReviewReason,
} from "./basket-decision.ts";
import {
	connectedShelves,
	type ExplainedBasket,
	explainWeights,
	leavesRoom,
	type Move,
	moveOnto,
	possibleMoves,
	viewWeights,
	type WeightView,
} from "./explain-weights.ts";
import { gaussian } from "./gaussian.ts";
import { ShelfRemovals } from "./shelf-removals.ts";
import { fits, noiseVariance, resolutionDeviations, unitVariance, widestSpreadMilligrams } from "./weight-model.ts";

export { type BasketCandidate, type BasketDecision, type BasketItem, basketDecisionSchema, type ShelfReading };

/** What is known about one opening of the door. */
export interface BasketInput {
	/** One for every shelf that carries products. */
	readonly shelves: readonly ShelfReading[];
	readonly products: readonly Product[];
	/** `SaleFlag`s of the controller's report. */
	readonly flags: readonly string[];
}

/** Settle at this posterior probability and above. */
const sureEnough = 0.9;

const mostCandidates = 5;

/** A candidate below this is not worth a reviewer's glance. */
const leastCandidate = 0.005;

/**
 * Which products left the fridge, from the weights of its shelves.
 *
 * Every way to take up to eight units off each shelf and to put up to two of them on wrong shelves is weighed by its
 * likelihood under `weight-model.ts`; ways that come to the same basket add up. The likeliest basket settles the sale
 * when its posterior probability is 0.9 or more, it lies within 3.5 standard deviations of the readings, and no other
 * basket of as many units weighs nearly the same. Anything else is for a person to review.
 *
 * Weights cannot see everything. Take a cola, leave a stone that is lighter by a bag of chips: that reads as chips.
 * Telling the two apart is what cameras are for.
 *
 * Throws a RangeError when two readings name the same shelf or two products have the same sku.
 */
export function decideBasket(input: BasketInput): BasketDecision {
	const fault = faultOf(input);
	if (fault !== undefined) {
		return review(fault.reason, [], fault.detail);
	}
	const view = viewWeights(input.shelves, input.products);
	const baskets = explainWeights(view);
	if (baskets === undefined) {
		const doubt = doubtOf(input);
		return review(
			doubt?.reason ?? "ambiguous-weight",
			[],
			doubt?.detail ?? "The weights fit more baskets than can be looked at.",
		);
	}
	const candidates = baskets
		.filter((basket) => basket.probability >= leastCandidate)
		.slice(0, mostCandidates)
		.map((basket) => ({ items: itemsOf(view, basket), probabilityPermille: permille(basket.probability) }));
	const doubt = doubtOf(input);
	if (doubt !== undefined) {
		return review(doubt.reason, candidates, doubt.detail);
	}
	const best = baskets[0];
	const unknown = 1 - baskets.reduce((sum, basket) => sum + basket.probability, 0);
	if (best === undefined || !best.fits || unknown > best.probability) {
		return unexplained(view, candidates);
	}
	if (best.probability < sureEnough) {
		const told = candidates.map(
			(candidate) => `${describe(candidate.items)} (${candidate.probabilityPermille / 10} %)`,
		);
		return review("ambiguous-weight", candidates, `The weights fit more than one basket: ${told.join(", ")}.`);
	}
	const twin = lookAlikeOf(view, best);
	if (twin !== undefined) {
		const items = itemsOf(view, twin);
		const known = candidates.some((candidate) => describe(candidate.items) === describe(items));
		const all = known ? candidates : [...candidates.slice(0, mostCandidates - 1), { items, probabilityPermille: 0 }];
		return review(
			"ambiguous-weight",
			all,
			`The weights fit ${describe(itemsOf(view, best))}, but ${describe(items)} weighs too nearly the same.`,
		);
	}
	const moved = best.moves.map((move) => {
		const product = view.products[move.product]!;
		return ` One ${product.sku} now stands on shelf ${view.shelves[move.to]!.shelf}.`;
	});
	const items = itemsOf(view, best);
	return {
		kind: "settle",
		items,
		probabilityPermille: permille(best.probability),
		detail: clip(`${readings(view)}: ${describe(items)}.${moved.join("")}`),
	};
}

/**
 * Could these items explain these weights? True when some way to take them, with up to two more units moved to wrong
 * shelves, lies within 3.5 standard deviations of all readings. How likely it is plays no part: several baskets may
 * explain the same weights. Every basket that `decideBasket` settles explains its readings.
 */
export function explainsReadings(items: readonly BasketItem[], input: BasketInput): boolean {
	if (faultOf(input) !== undefined) {
		return false;
	}
	const view = viewWeights(input.shelves, input.products);
	const counts = view.products.map(() => 0);
	for (const item of items) {
		const product = view.products.findIndex((candidate) => candidate.sku === item.sku);
		if (product < 0 || !Number.isSafeInteger(item.quantity) || item.quantity < 0) {
			return false;
		}
		counts[product]! += item.quantity;
	}
	for (const moves of possibleMoves(view)) {
		if (!leavesRoom(view, moves)) {
			continue;
		}
		if (connectedShelves(view, moves).every((group) => explainsGroup(view, group, moves, counts))) {
			return true;
		}
	}
	return false;
}

function explainsGroup(
	view: WeightView,
	group: readonly number[],
	moves: readonly Move[],
	counts: readonly number[],
): boolean {
	const { targets, covariance } = moveOnto(view, group, moves);
	const residual = [...targets];
	const variance = covariance.map((line) => [...line]);
	for (const [row, shelf] of group.entries()) {
		for (const index of view.own[shelf]!) {
			const product = view.products[index]!;
			const taken = counts[index]! + moves.filter((move) => move.product === index).length;
			residual[row]! -= taken * product.massMilligrams;
			variance[row]![row]! += taken * unitVariance(product);
		}
	}
	return fits(gaussian(residual, variance).squaredDistance, group.length);
}

/**
 * Another basket that the scales cannot tell from `basket`, wherever their readings happen to lie: on one shelf, as many
 * units or fewer, and nearer than the scales' resolution.
 */
function lookAlikeOf(view: WeightView, basket: ExplainedBasket): Pick<ExplainedBasket, "counts"> | undefined {
	for (const [shelf, reading] of view.shelves.entries()) {
		const own = view.own[shelf]!;
		const products = own.map((product) => view.products[product]!);
		const taken = own.map((product) => basket.counts[product]!);
		const units = taken.reduce((sum, count) => sum + count, 0);
		const expected = products.reduce((sum, product, index) => sum + taken[index]! * product.massMilligrams, 0);
		const noise = noiseVariance(reading);
		const twin = new ShelfRemovals(products, expected).near(expected, noise).find((removal) => {
			const distance = removal.massMilligrams - expected;
			return (
				removal.units <= units &&
				distance * distance < resolutionDeviations ** 2 * (noise + removal.variance) &&
				removal.counts.some((count, index) => count !== taken[index])
			);
		});
		if (twin !== undefined) {
			const counts = [...basket.counts];
			for (const [index, product] of own.entries()) {
				counts[product] = twin.counts[index]!;
			}
			return { counts };
		}
	}
	return undefined;
}

/** Readings from which nothing can be concluded. */
function faultOf(input: BasketInput): { reason: ReviewReason; detail: string } | undefined {
	for (const { shelf, baselineMilligrams, finalMilligrams, spreadMilligrams } of input.shelves) {
		if (![baselineMilligrams, finalMilligrams, spreadMilligrams].every(Number.isSafeInteger) || spreadMilligrams < 0) {
			return {
				reason: "scale-fault",
				detail: `The scale of shelf ${shelf} gave no whole milligrams. Check its wiring, then tare it.`,
			};
		}
	}
	const read = new Set(input.shelves.map((reading) => reading.shelf));
	const blind = input.products.find((product) => !read.has(product.shelf));
	if (blind !== undefined) {
		return {
			reason: "scale-fault",
			detail: `Shelf ${blind.shelf} carries ${blind.sku}, but no scale read it. Check its wiring and the configuration.`,
		};
	}
	return undefined;
}

/** Circumstances under which weights may be right and still do not settle a sale. */
function doubtOf(input: BasketInput): { reason: ReviewReason; detail: string } | undefined {
	if (input.flags.includes("forced")) {
		return { reason: "forced-door", detail: "The door was opened without an unlock." };
	}
	if (input.flags.includes("scale-fault")) {
		return { reason: "scale-fault", detail: "The controller reports a scale that does not answer. Check its wiring." };
	}
	const restless = input.shelves.find((reading) => reading.spreadMilligrams > widestSpreadMilligrams);
	if (restless !== undefined) {
		const spread = grams(restless.spreadMilligrams);
		return {
			reason: "unstable-scale",
			detail: `Shelf ${restless.shelf} never came to rest: readings ${spread} apart.`,
		};
	}
	if (input.flags.includes("unstable")) {
		return { reason: "unstable-scale", detail: "The controller reports that a scale did not come to rest." };
	}
	return undefined;
}

/** Says which shelf no combination of products explains, and what that looks like. */
function unexplained(view: WeightView, candidates: BasketCandidate[]): BasketDecision {
	const shelves = view.shelves.map((reading, shelf) => {
		const removed = reading.baselineMilligrams - reading.finalMilligrams;
		const noise = noiseVariance(reading);
		const products = view.own[shelf]!.map((product) => view.products[product]!);
		const nearest = new ShelfRemovals(products, Math.max(0, removed)).nearest(removed);
		const squared = (removed - nearest.massMilligrams) ** 2 / (noise + nearest.variance);
		return {
			shelf: reading.shelf,
			removed,
			explained: fits(squared, 1),
			untouched: fits(removed ** 2 / noise, 1),
			squared,
		};
	});
	const strange = shelves.filter((shelf) => !shelf.explained);
	// Each shelf by itself may be explained, and all of them together by nothing: then the least likely one is named.
	const named = strange[0] ?? [...shelves].sort((one, other) => other.squared - one.squared)[0];
	const heavier = strange.some((shelf) => shelf.removed < 0);
	const elsewhere = shelves.some((shelf) => shelf.explained && !shelf.untouched && shelf.removed > 0);
	const foreign = heavier || (strange.length > 0 && elsewhere);
	let detail = "No combination of products explains the weights.";
	if (named !== undefined) {
		const change = `${grams(Math.abs(named.removed))} ${named.removed < 0 ? "heavier" : "lighter"}`;
		detail = `Shelf ${named.shelf} is ${change}; no combination of products explains that.`;
		if (foreign) {
			detail += " Something that is not of this fridge may lie on it.";
		}
	}
	return review(foreign ? "foreign-object" : "unexplained-weight", candidates, detail);
}

function review(reason: ReviewReason, candidates: BasketCandidate[], detail: string): BasketDecision {
	return {
		kind: "review",
		reason,
		candidates,
		probabilityPermille: candidates[0]?.probabilityPermille ?? 0,
		detail: clip(detail),
	};
}

function itemsOf(view: WeightView, basket: Pick<ExplainedBasket, "counts">): BasketItem[] {
	return basket.counts.flatMap((quantity, index) =>
		quantity > 0 ? [{ sku: view.products[index]!.sku, quantity }] : [],
	);
}

function describe(items: readonly BasketItem[]): string {
	return items.length === 0 ? "nothing" : items.map((item) => `${item.quantity} × ${item.sku}`).join(" + ");
}

/** The shelves that changed, and by how much: `Shelf 0 lighter by 355.2 g`. */
function readings(view: WeightView): string {
	const changed = view.shelves.flatMap((reading) => {
		const removed = reading.baselineMilligrams - reading.finalMilligrams;
		if (fits(removed ** 2 / noiseVariance(reading), 1)) {
			return [];
		}
		return [`shelf ${reading.shelf} ${removed < 0 ? "heavier" : "lighter"} by ${grams(Math.abs(removed))}`];
	});
	return changed.length === 0 ? "All shelves weigh what they weighed" : changed.join(", ").replace(/^s/, "S");
}

function grams(milligrams: number): string {
	return `${(milligrams / 1000).toFixed(1)} g`;
}

function permille(probability: number): number {
	return Math.min(1000, Math.round(probability * 1000));
}

function clip(text: string): string {
	return text.length <= 500 ? text : `${text.slice(0, 499)}…`;
}
