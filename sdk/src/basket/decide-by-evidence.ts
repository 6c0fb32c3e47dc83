import {
	type BasketDecision,
	type BasketItem,
	leastCandidate,
	mostCandidates,
	type StrayChange,
	sureEnough,
} from "./basket-decision.ts";
import type { BasketInput } from "./basket-input.ts";
import { unexplained, weightTwinOf } from "./decide-by-weight.ts";
import { clip, describe, grams, itemsOf, permille, readings, review } from "./decision-text.ts";
import { doubtOf, faultOf } from "./doubts.ts";
import { type Excursion, excursionsOf, tellExcursion } from "./excursions.ts";
import { type EvidenceBasket, explainEvidence } from "./explain-evidence.ts";
import { viewWeights, type WeightView } from "./explain-weights.ts";
import { explainsReadings } from "./explains-readings.ts";
import { type ToldEvent, tellEvents } from "./tell-events.ts";
import { asWeighed } from "./unit-weights.ts";
import type { VisionEvidence } from "./vision-evidence.ts";
import { widestDisagreement } from "./vision-model.ts";
import { fits, noiseVariance } from "./weight-model.ts";
import type { CurvePoint } from "./weight-steps.ts";

const mostReasons = 12;
const longestReason = 200;

/**
 * Which products left the fridge, from what scales and cameras say together. The likeliest basket settles the sale when
 * its posterior probability is 0.9 or more, cameras do not tell an altogether different story, and its weight explains
 * the readings, by which the cloud will judge it. Shelves that no camera watched are decided as by weight alone.
 */
export function decideByEvidence(input: BasketInput, vision: VisionEvidence): BasketDecision {
	return decide(input, vision, explain(input, vision));
}

/**
 * What happened during the opening, one unit at a time, by the likeliest basket; and what was taken and put back at once,
 * which changes no basket. Empty where there is no basket.
 */
export function tellOpening(input: BasketInput, vision: VisionEvidence, curve: readonly CurvePoint[]): ToldEvent[] {
	const { view, baskets } = explain(input, vision);
	const [best] = baskets;
	if (best === undefined) return [];
	const told = tellEvents(view, best.history);
	const isTold = ({ shelf, fromMs, untilMs }: Excursion): boolean =>
		told.some((event) => {
			const isMeanwhile = event.fromMs <= untilMs && event.untilMs >= fromMs;
			return event.kind === "returned" && event.shelf === shelf && isMeanwhile;
		});
	const excursions = excursionsOf(curve).filter((excursion) => !isTold(excursion));
	return [...told, ...excursions.flatMap((excursion) => tellExcursion(excursion, view.products, vision.events))];
}

function explain(input: BasketInput, vision: VisionEvidence): { view: WeightView; baskets: EvidenceBasket[] } {
	const deafShelves = faultOf(input) === undefined ? [] : shelvesWithoutWeight(input);
	const sound = input.shelves.filter(({ shelf }) => !deafShelves.includes(shelf));
	const shelves = [
		...sound,
		...deafShelves.map((shelf) => ({ shelf, baselineMilligrams: 0, finalMilligrams: 0, spreadMilligrams: 0 })),
	];
	const view = viewWeights(
		shelves,
		input.products.map((product) => asWeighed(product, input.unitWeights?.[product.sku])),
	);
	return { view, baskets: explainEvidence(view, input, vision, deafShelves) };
}

function decide(
	input: BasketInput,
	vision: VisionEvidence,
	{ view, baskets }: { view: WeightView; baskets: EvidenceBasket[] },
): BasketDecision {
	const candidates = baskets
		.filter((basket) => basket.probability >= leastCandidate)
		.slice(0, mostCandidates)
		.map((basket) => ({ items: itemsOf(view, basket), probabilityPermille: permille(basket.probability) }));
	const best = baskets[0];
	const reasons = best === undefined ? [] : reasonsFor(view, vision, best);
	const doubt = faultOf(input) ?? doubtOf(input);
	if (doubt !== undefined) return { ...review(doubt.reason, candidates, doubt.detail), reasons };
	const unknown = 1 - baskets.reduce((sum, basket) => sum + basket.probability, 0);
	if (best === undefined || unknown > best.probability) {
		return { ...unexplained(view, candidates), reasons };
	}
	const items = itemsOf(view, best);
	if (best.probability < sureEnough) {
		const told = candidates.map(
			(candidate) => `${describe(candidate.items)} (${candidate.probabilityPermille / 10} %)`,
		);
		const detail = `Scales and cameras fit more than one basket: ${told.join(", ")}.`;
		return { ...review("ambiguous-evidence", candidates, detail), reasons };
	}
	const blind = view.shelves.flatMap(({ shelf }, index) => (vision.blindShelves.includes(shelf) ? [index] : []));
	const twin = weightTwinOf(view, best, blind);
	if (twin !== undefined) {
		const detail = `The weights fit ${describe(items)}, but ${describe(itemsOf(view, twin))} weighs too nearly the same, and no camera watched.`;
		return { ...review("ambiguous-weight", candidates, detail), reasons };
	}
	if (best.disagreement > widestDisagreement) {
		const detail = `${readings(view)}, which speaks for ${describe(items)}; cameras saw something else.`;
		return { ...review("senses-disagree", candidates, detail), reasons };
	}
	if (!explainsReadings(items, { shelves: input.shelves, products: input.products, flags: input.flags })) {
		const detail = `${readings(view)}; ${describe(items)} is likeliest, but does not explain that by the catalogue's weights.`;
		return { ...review("unexplained-weight", candidates, detail), reasons };
	}
	const strays = strayChanges(view, best);
	const moved = strays
		.filter(({ change }) => change > 0)
		.map(({ sku, shelf, change }) => ` ${change} × ${sku} now stands on shelf ${shelf}.`);
	return {
		kind: "settle",
		items,
		probabilityPermille: permille(best.probability),
		detail: clip(`${readings(view)}: ${describe(items)}.${moved.join("")}`),
		reasons,
		...(strays.length === 0 ? undefined : { strays }),
	};
}

/** Shelves that carry products and have no reading in whole milligrams. */
function shelvesWithoutWeight({ shelves, products }: BasketInput): number[] {
	const sound = new Set(
		shelves.flatMap((reading) => {
			const { shelf, baselineMilligrams, finalMilligrams, spreadMilligrams } = reading;
			const isSound = [baselineMilligrams, finalMilligrams, spreadMilligrams].every(Number.isSafeInteger);
			return isSound && spreadMilligrams >= 0 ? [shelf] : [];
		}),
	);
	return [...new Set([...products, ...shelves].map(({ shelf }) => shelf))].filter((shelf) => !sound.has(shelf));
}

/** Of units that changed their place on a shelf where they do not belong. */
function strayChanges(view: WeightView, { nets }: EvidenceBasket): StrayChange[] {
	return nets.flatMap((net, shelf) =>
		net.flatMap((count, product): StrayChange[] => {
			if (count === 0 || view.home[product] === shelf) return [];
			return [{ sku: view.products[product]!.sku, shelf: view.shelves[shelf]!.shelf, change: -count }];
		}),
	);
}

/** What speaks for a basket and what against, in the order of shelves and of time. */
function reasonsFor(view: WeightView, vision: VisionEvidence, { nets }: EvidenceBasket): string[] {
	const reasons: string[] = [];
	for (const [shelf, reading] of view.shelves.entries()) {
		const net = nets[shelf] ?? [];
		const removed = reading.baselineMilligrams - reading.finalMilligrams;
		const moved: BasketItem[] = net.flatMap((quantity, product) =>
			quantity === 0 ? [] : [{ sku: view.products[product]!.sku, quantity }],
		);
		const changed = !fits(removed ** 2 / noiseVariance(reading), 1);
		if (changed || moved.length > 0) {
			const change = `Shelf ${reading.shelf} is ${grams(Math.abs(removed))} ${removed < 0 ? "heavier" : "lighter"}`;
			const mass = net.reduce((sum, count, product) => sum + count * view.products[product]!.massMilligrams, 0);
			reasons.push(`${change}: ${describe(moved)} (${grams(Math.abs(mass))}).`);
		}
		if (vision.blindShelves.includes(reading.shelf)) {
			reasons.push(`No camera watched shelf ${reading.shelf} the whole time.`);
			continue;
		}
		const snapshot = vision.snapshots.find((candidate) => candidate.shelf === reading.shelf);
		for (const [sku, changes] of Object.entries(snapshot?.changes ?? {})) {
			const [change, probability] = changes.reduce<readonly [number, number]>(
				(most, candidate) => (candidate[1] > most[1] ? candidate : most),
				[0, 0],
			);
			const counted = net[view.products.findIndex((product) => product.sku === sku)] ?? 0;
			if (change === 0 && counted === 0) continue;
			const seen = change === 0 ? "as many" : `${Math.abs(change)} ${change > 0 ? "fewer" : "more"}`;
			const against = change === counted ? "" : "; the basket has it otherwise";
			reasons.push(`Before and after on shelf ${reading.shelf}: ${seen} ${sku} (${percent(probability)})${against}.`);
		}
	}
	for (const event of [...vision.events].sort((one, other) => one.fromMs - other.fromMs)) {
		const [sku, share] = Object.entries(event.products).reduce(
			(most, candidate) => (candidate[1] > most[1] ? candidate : most),
			["something", 0],
		);
		const did = { taken: "leave", returned: "come back to", moved: "move from" }[event.kind];
		const to = event.kind === "moved" && event.toShelf !== undefined ? ` to shelf ${event.toShelf}` : "";
		reasons.push(
			`A camera saw ${sku} (${percent(share)}) ${did} shelf ${event.shelf}${to} (${percent(event.probability)}).`,
		);
	}
	return reasons.slice(0, mostReasons).map((reason) => reason.slice(0, longestReason));
}

function percent(probability: number): string {
	return `${Math.round(probability * 100)} %`;
}
