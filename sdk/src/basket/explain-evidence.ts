import type { BasketInput } from "./basket-input.ts";
import type { WeightView } from "./explain-weights.ts";
import { ShelfRemovals } from "./shelf-removals.ts";
import { eventsOfShelf, type ShelfSpan, spansOf, wholeSpan } from "./shelf-spans.ts";
import type { ShelfSnapshot, VisionEvidence } from "./vision-evidence.ts";
import {
	elsewhereShare,
	flatten,
	mostUnseen,
	snapshotLikelihood,
	snapshotShare,
	strayShare,
	unseenReturns,
	unseenTakes,
} from "./vision-model.ts";
import { gateDeviations, priorPerMove, priorPerUnit, unitVariance, unknownDensity } from "./weight-model.ts";

/** One basket with everything that speaks for it. */
export interface EvidenceBasket {
	/** Units of each product of the view, 0 or more. */
	readonly counts: readonly number[];
	/** Posterior probability, 0 to 1. */
	readonly probability: number;
	/** For each shelf of the view, units of each product that left it (positive) or came to it, by the likeliest story. */
	readonly nets: readonly (readonly number[])[];
	/** For each shelf of the view, what happened in each of its spans by the likeliest story. */
	readonly history: readonly (readonly SpanStory[])[];
	/** At the shelf where it is most: how much likelier cameras alone hold their own best story than this one; 1 and more. */
	readonly disagreement: number;
}

/** What happened in a span. */
export interface SpanStory {
	readonly span: ShelfSpan;
	/** Units of each product that left the shelf (positive) or came to it. */
	readonly net: readonly number[];
}

/** What is left of the search after each step. Small cases are searched whole. */
const beamWidth = 400;

/** Stories this much less likely than the best one are dropped. */
const faintest = 1e-7;

/** So many of the best stories are extended by unseen changes; unlikelier ones by none. */
const mostExtended = 60;

/** A thicker tail than the normal one: this share of readings scatters three times as wide. */
const wideShare = 0.02;

/** Net units of each product that left a shelf, and how likely that is. */
interface Story {
	readonly net: readonly number[];
	/** What cameras and habits say. */
	vision: number;
	/** The same of what was seen alone, by the likeliest way: a take that went unseen speaks against nothing. */
	seen: number;
	/** The same with the weights. */
	weight: number;
	/** Of the likeliest way to it: its weight, and the net units of each span. */
	best: number;
	path: readonly (readonly number[])[];
}

type Stories = Map<string, Story>;

/**
 * The baskets that explain what scales and cameras say, likeliest first. Spans of weight are told apart shelf by shelf;
 * in each of them every event happened or did not, was any product, and up to three changes went unseen. Probabilities
 * are posterior: against all other baskets, and against something unknown on a shelf, so they need not add up to 1.
 *
 * `deafShelves`: shelves of which no weight is known.
 */
export function explainEvidence(
	view: WeightView,
	input: Pick<BasketInput, "steps" | "stock" | "strays">,
	vision: VisionEvidence,
	deafShelves: readonly number[] = [],
): EvidenceBasket[] {
	const blind = new Set(vision.blindShelves);
	const shelves = view.shelves.map((reading, shelf) => {
		const events = eventsOfShelf(vision.events, reading.shelf);
		const isDeaf = deafShelves.includes(reading.shelf);
		const whole = wholeSpan(reading, events);
		const snapshot = vision.snapshots.find((candidate) => candidate.shelf === reading.shelf);
		const explain = (spans: readonly ShelfSpan[]): ExplainedShelf =>
			explainShelf(view, shelf, spans, blind.has(reading.shelf), snapshot, input.strays ?? []);
		const spans = isDeaf
			? [{ ...whole, variance: Number.POSITIVE_INFINITY }]
			: spansOf(reading, input.steps ?? [], events, !blind.has(reading.shelf));
		const explained = explain(spans);
		// A hand that rested on the shelf looks like goods that nobody sells; what counts is what is gone in the end.
		const isStrange = spans.length > 1 && explained.unknown > sumOf(explained.stories);
		return isStrange ? explain([whole]) : explained;
	});
	return combine(view, shelves, input.stock ?? {});
}

function sumOf(stories: readonly Story[]): number {
	return stories.reduce((sum, { weight }) => sum + weight, 0);
}

interface ExplainedShelf {
	readonly spans: readonly ShelfSpan[];
	/** Likeliest first. */
	readonly stories: readonly Story[];
	/** Weight of all stories in which something unknown changed a reading. */
	readonly unknown: number;
	/** The most that cameras alone give to any story. */
	readonly bestVision: number;
}

function explainShelf(
	view: WeightView,
	shelf: number,
	spans: readonly ShelfSpan[],
	isBlind: boolean,
	snapshot: ShelfSnapshot | undefined,
	strays: BasketInput["strays"] & object,
): ExplainedShelf {
	const number = view.shelves[shelf]!.shelf;
	const takes = view.products.map(({ sku }, product) => {
		const isHere = view.home[product] === shelf || strays.some((stray) => stray.sku === sku && stray.shelf === number);
		return isHere ? 1 : strayShare;
	});
	let stories: Stories = untouched(view);
	let known = 1;
	let anything = 1;
	let bestVision = 1;
	for (const span of spans) {
		const seen = isBlind ? imagine(view, shelf, span) : see(view, shelf, span, takes);
		const weighed = weigh(view, span, seen);
		const visions = [...seen.values()].map((story) => story.vision);
		const bestSeen = Math.max(...[...seen.values()].map((story) => story.seen));
		const sum = [...weighed.values()].reduce((total, story) => total + story.weight, 0);
		known *= sum;
		anything *= sum + unknownDensity * visions.reduce((total, value) => total + value, 0);
		if (!isBlind) bestVision *= bestSeen;
		stories = prune(join(stories, weighed));
	}
	const list = [...stories.values()];
	let snapshotSum = 1;
	if (snapshot !== undefined && !isBlind) {
		const before = sumOf(list);
		for (const story of list) {
			const fit = snapshotFit(view, snapshot, story.net);
			story.vision *= fit ** snapshotShare;
			story.seen *= fit;
			story.weight *= fit ** snapshotShare;
		}
		// Something unknown may look like anything that was counted.
		const after = sumOf(list);
		snapshotSum = before > 0 ? after / before : 1;
		bestVision *= bestSnapshotFit(snapshot);
	}
	return {
		spans,
		stories: list.sort((one, other) => other.weight - one.weight),
		unknown: (anything - known) * snapshotSum,
		bestVision,
	};
}

/** What may have happened in a span by what cameras saw of it, before it is weighed. */
function see(view: WeightView, shelf: number, span: ShelfSpan, takes: readonly number[]): Stories {
	const skus = view.products.map(({ sku }) => sku);
	const returns = view.home.map((home) => (home === shelf ? 1 : elsewhereShare));
	let stories = untouched(view);
	const possible = view.products.map((_, product) => view.home[product] === shelf);
	for (const { event, direction } of span.events) {
		const { happened, products, other } = flatten(event, skus);
		const next: Stories = new Map();
		for (const { net, vision, seen } of stories.values()) {
			const rejected = 1 - happened + happened * other;
			add(next, net, vision * rejected, seen * rejected);
			for (const [product, share] of products.entries()) {
				const habit = direction > 0 ? takes[product]! : returns[product]!;
				const accepted = happened * share * habit;
				add(next, shifted(net, product, direction), vision * accepted, seen * accepted);
			}
		}
		for (const [product, share] of products.entries()) possible[product] ||= share > 0.05;
		stories = prune(next);
	}
	const homes = view.own[shelf]!.length || 1;
	const unseen: { readonly product: number; readonly direction: 1 | -1; readonly share: number }[] = [];
	for (const [product, isPossible] of possible.entries()) {
		if (isPossible || takes[product]! === 1) {
			unseen.push({ product, direction: 1, share: (unseenTakes * takes[product]!) / homes });
		}
		// Whatever was taken elsewhere may be put here.
		unseen.push({ product, direction: -1, share: (unseenReturns * returns[product]!) / homes });
	}
	let last = [...stories.values()].sort((one, other) => other.vision - one.vision).slice(0, mostExtended);
	for (let count = 1; count <= mostUnseen; count += 1) {
		const more: Stories = new Map();
		for (const { net, vision, seen } of last) {
			for (const { product, direction, share } of unseen) {
				// Nobody may have watched a take; that what was seen taken came back unseen is an excuse.
				const excused = direction > 0 ? seen : seen * unseenReturns;
				add(more, shifted(net, product, direction), (vision * share) / count, excused);
			}
		}
		for (const { net, vision, seen } of more.values()) add(stories, net, vision, seen);
		last = [...more.values()];
	}
	return stories;
}

/** What may have happened in a span of a shelf that nobody watched: as in weighing alone. */
function imagine(view: WeightView, shelf: number, span: ShelfSpan): Stories {
	const own = view.own[shelf]!;
	const stories: Stories = new Map();
	const none = view.products.map(() => 0);
	const sets: number[][] = [[], ...view.products.map((_, product) => [product])];
	for (const cameHere of sets) {
		if (cameHere.some((product) => view.home[product] === shelf)) continue;
		const base = cameHere.reduce<readonly number[]>((net, product) => shifted(net, product, -1), none);
		const mass = cameHere.reduce((sum, product) => sum + view.products[product]!.massMilligrams, 0);
		const variance = cameHere.reduce((sum, product) => sum + unitVariance(view.products[product]!), span.variance);
		const target = span.removedMilligrams + mass;
		const products = own.map((product) => view.products[product]!);
		const heaviest = Math.max(0, target) + gateDeviations * Math.sqrt(variance);
		const removals = Number.isFinite(variance)
			? new ShelfRemovals(products, heaviest).near(target, variance)
			: new ShelfRemovals(products, 2_000_000).near(0, 1e12);
		for (const removal of removals) {
			const net = [...base];
			for (const [index, product] of own.entries()) net[product]! += removal.counts[index]!;
			const prior = priorPerUnit ** removal.units * (priorPerMove / view.products.length) ** cameHere.length;
			add(stories, net, prior, 1);
		}
	}
	return stories;
}

/** Stories by what the scale says of them. */
function weigh(view: WeightView, span: ShelfSpan, seen: Stories): Stories {
	const stories: Stories = new Map();
	for (const [key, { net, vision, seen: looked }] of seen) {
		let mass = 0;
		let { variance } = span;
		for (const [product, count] of net.entries()) {
			if (count === 0) continue;
			mass += count * view.products[product]!.massMilligrams;
			variance += Math.abs(count) * unitVariance(view.products[product]!);
		}
		const density = densityOf(span.removedMilligrams - mass, variance);
		const weight = vision * density;
		if (density > 0) stories.set(key, { net, vision, seen: looked, weight, best: weight, path: [net] });
	}
	return stories;
}

/** A normal density with thick tails; 0 beyond the gate. Without a weight, anything is as likely as anything else. */
function densityOf(residual: number, variance: number): number {
	if (variance === Number.POSITIVE_INFINITY) return unknownDensity * 1_000;
	const squared = residual ** 2 / variance;
	if (squared > gateDeviations ** 2) return 0;
	const peak = 1 / Math.sqrt(2 * Math.PI * variance);
	return peak * ((1 - wideShare) * Math.exp(-squared / 2) + (wideShare / 3) * Math.exp(-squared / 18));
}

function snapshotFit(view: WeightView, snapshot: ShelfSnapshot, net: readonly number[]): number {
	return view.products.reduce((fit, { sku }, product) => {
		const changes = snapshot.changes[sku];
		return changes === undefined ? fit : fit * snapshotLikelihood(changes, net[product]!);
	}, 1);
}

function bestSnapshotFit(snapshot: ShelfSnapshot): number {
	return Object.values(snapshot.changes).reduce((fit, changes) => {
		const likeliest = Math.max(0, ...changes.map(([change]) => snapshotLikelihood(changes, change)));
		return fit * Math.max(likeliest, snapshotLikelihood(changes, Number.NaN));
	}, 1);
}

/** All shelves together. Nobody puts more into a fridge than was taken out of it, or takes more than was in it. */
function combine(
	view: WeightView,
	shelves: readonly ExplainedShelf[],
	stock: Readonly<Record<string, number>>,
): EvidenceBasket[] {
	interface Partial {
		readonly counts: readonly number[];
		weight: number;
		best: number;
		stories: readonly Story[];
		disagreement: number;
	}
	const none = view.products.map(() => 0);
	let partials = new Map<string, Partial>([
		[keyOf(none), { counts: none, weight: 1, best: 1, stories: [], disagreement: 1 }],
	]);
	for (const { stories, bestVision } of shelves) {
		const next = new Map<string, Partial>();
		const likeliest = [...partials.values()].sort((one, other) => other.weight - one.weight).slice(0, beamWidth);
		const bound = (likeliest[0]?.weight ?? 0) * (stories[0]?.weight ?? 0) * faintest;
		for (const partial of likeliest) {
			for (const story of stories) {
				const { net, seen, weight } = story;
				if (partial.weight * weight < bound) break;
				const counts = partial.counts.map((count, product) => count + net[product]!);
				const key = keyOf(counts);
				const known = next.get(key);
				const best = partial.best * weight;
				const disagreement = Math.max(partial.disagreement, bestVision / seen);
				if (known === undefined) {
					next.set(key, {
						counts,
						weight: partial.weight * weight,
						best,
						stories: [...partial.stories, story],
						disagreement,
					});
					continue;
				}
				known.weight += partial.weight * weight;
				if (best > known.best) Object.assign(known, { best, stories: [...partial.stories, story], disagreement });
			}
		}
		partials = next;
	}
	const possible = [...partials.values()].filter(({ counts }) =>
		counts.every((count, product) => count >= 0 && count <= (stock[view.products[product]!.sku] ?? count)),
	);
	const sums = shelves.map(({ stories }) => sumOf(stories));
	const all = shelves.reduce((product, { unknown }, shelf) => product * (sums[shelf]! + unknown), 1);
	const unknown = all - sums.reduce((product, sum) => product * sum, 1);
	const total = possible.reduce((sum, { weight }) => sum + weight, unknown);
	const priceOf = (counts: readonly number[]): number =>
		counts.reduce((sum, count, product) => sum + count * view.products[product]!.priceCents, 0);
	return possible
		.map(({ counts, weight, stories, disagreement }) => ({
			counts,
			probability: weight / total,
			nets: stories.map(({ net }) => net),
			history: stories.map(({ path }, shelf) =>
				path.map((net, index): SpanStory => ({ net, span: shelves[shelf]!.spans[index]! })),
			),
			disagreement,
		}))
		.sort((one, other) => other.probability - one.probability || priceOf(one.counts) - priceOf(other.counts));
}

function untouched(view: WeightView): Stories {
	const stories: Stories = new Map();
	add(
		stories,
		view.products.map(() => 0),
		1,
		1,
	);
	return stories;
}

function keyOf(net: readonly number[]): string {
	return net.join();
}

function shifted(net: readonly number[], product: number, by: number): number[] {
	const next = [...net];
	next[product]! += by;
	return next;
}

function add(stories: Stories, net: readonly number[], vision: number, seen: number): void {
	if (vision <= 0) return;
	const key = keyOf(net);
	const known = stories.get(key);
	if (known === undefined) stories.set(key, { net, vision, seen, weight: vision, best: vision, path: [] });
	else {
		known.vision += vision;
		known.seen = Math.max(known.seen, seen);
		known.weight += vision;
	}
}

/** Every story of one span after every story of the spans before it. */
function join(before: Stories, span: Stories): Stories {
	const stories: Stories = new Map();
	for (const one of before.values()) {
		for (const other of span.values()) {
			const net = one.net.map((count, product) => count + other.net[product]!);
			const key = keyOf(net);
			const known = stories.get(key);
			const vision = one.vision * other.vision;
			const weight = one.weight * other.weight;
			const best = one.best * other.best;
			const seen = one.seen * other.seen;
			if (known === undefined) {
				stories.set(key, { net, vision, seen, weight, best, path: [...one.path, ...other.path] });
				continue;
			}
			known.vision += vision;
			known.seen = Math.max(known.seen, seen);
			known.weight += weight;
			if (best > known.best) Object.assign(known, { best, path: [...one.path, ...other.path] });
		}
	}
	return stories;
}

/** Keeps the likeliest. */
function prune(stories: Stories): Stories {
	const sorted = [...stories].sort(([, one], [, other]) => other.weight - one.weight);
	const least = (sorted[0]?.[1].weight ?? 0) * faintest;
	return new Map(sorted.slice(0, beamWidth).filter(([, { weight }]) => weight >= least));
}
