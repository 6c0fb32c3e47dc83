import {
	type BasketCandidate,
	type BasketDecision,
	leastCandidate,
	mostCandidates,
	sureEnough,
} from "./basket-decision.ts";
import type { BasketInput } from "./basket-input.ts";
import { clip, describe, grams, itemsOf, permille, readings, review } from "./decision-text.ts";
import { doubtOf, faultOf } from "./doubts.ts";
import { type ExplainedBasket, explainWeights, viewWeights, type WeightView } from "./explain-weights.ts";
import { ShelfRemovals } from "./shelf-removals.ts";
import { fits, noiseVariance, resolutionDeviations } from "./weight-model.ts";

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
export function decideByWeight(input: BasketInput): BasketDecision {
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
	const twin = weightTwinOf(view, best, [...view.shelves.keys()]);
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
 * Another basket that the scales cannot tell from `basket`, wherever their readings happen to lie: on one of `shelves`
 * (indices of the view), as many units or fewer, and nearer than the scales' resolution.
 */
export function weightTwinOf(
	view: WeightView,
	basket: Pick<ExplainedBasket, "counts">,
	shelves: readonly number[],
): Pick<ExplainedBasket, "counts"> | undefined {
	for (const shelf of shelves) {
		const reading = view.shelves[shelf]!;
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

/** Says which shelf no combination of products explains, and what that looks like. */
export function unexplained(view: WeightView, candidates: BasketCandidate[]): BasketDecision {
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
