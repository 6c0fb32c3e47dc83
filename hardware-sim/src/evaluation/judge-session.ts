import type { BasketDecision, BasketItem } from "@visionvend/sdk/basket/basket-decision";
import type { BasketInput } from "@visionvend/sdk/basket/basket-input";
import { decideBasket } from "@visionvend/sdk/basket/decide-basket";
import { tellOpening } from "@visionvend/sdk/basket/decide-by-evidence";
import type { ToldEvent } from "@visionvend/sdk/basket/tell-events";
import type { VisionEvent, VisionEvidence } from "@visionvend/sdk/basket/vision-evidence";
import { stepsOf } from "@visionvend/sdk/basket/weight-steps";
import { demoCatalogue } from "../world/demo-catalogue.ts";
import type { Findings } from "./interval.ts";
import type { PlayedSession, TrueEvent } from "./play-session.ts";
import type { StoryName } from "./session-story.ts";

/** How one session ended, in numbers that can be sent to another process. */
export interface SessionResult {
	readonly number: number;
	readonly story: StoryName;
	/** The likeliest basket is the true one. */
	readonly exact: boolean;
	/** The likeliest basket by weights alone, or by cameras alone, is. */
	readonly exactByWeight: boolean;
	readonly exactByVision: boolean;
	readonly settled: boolean;
	/** Settled for more money than what is gone is worth. */
	readonly overcharged: boolean;
	/** Why it was not settled. */
	readonly reason: string | undefined;
	readonly receipt: Findings;
	/** By scales and cameras together, and those that were found by whether the product was right. */
	readonly events: Findings;
	readonly items: { readonly right: number; readonly of: number };
	/** The same of cameras alone. */
	readonly seenEvents: Findings;
	readonly seenItems: { readonly right: number; readonly of: number };
	/** What went wrong, for people: truth, decision, and what cameras said. */
	readonly account: string | undefined;
}

/** An event is found when it is of its kind and shelf, and no further from its time. */
const timeMs = 1_500;
/** Below this an event is not held to have happened. */
const happened = 0.5;

export function judgeSession(number: number, session: PlayedSession): SessionResult {
	const { curve, vision, gone, story } = session;
	const evidence = evidenceOf(session);
	const fused = decideBasket(evidence);
	const truth = itemsOf(gone);
	const told = likeliest(fused);
	const settled = fused.kind === "settle";
	const exact = same(told, truth);
	const together = matchEvents(session.events, vision === undefined ? [] : tellOpening(evidence, vision, curve));
	const seen = matchEvents(session.events, believedOf(vision?.events ?? []));
	return {
		number,
		story: story.name,
		exact,
		exactByWeight: same(
			likeliest(decideBasket({ ...evidence, vision: undefined, steps: undefined, strays: undefined })),
			truth,
		),
		exactByVision: vision !== undefined && same(countEvents(vision), truth),
		settled,
		overcharged: settled && priceOf(told) > priceOf(truth),
		reason: fused.kind === "review" ? fused.reason : undefined,
		receipt: compare(told, truth),
		events: together.findings,
		items: together.items,
		seenEvents: seen.findings,
		seenItems: seen.items,
		account: exact && settled ? undefined : `gone ${say(truth)}; ${fused.kind} ${say(told)}: ${fused.detail}`,
	};
}

/** What a Pi knows of the session when it decides. */
export function evidenceOf({ report, curve, vision, story }: PlayedSession): BasketInput {
	const strays = story.misplaced === undefined ? undefined : [{ ...story.misplaced, count: 1 }];
	const { shelves, flags } = report;
	return { shelves, products: demoCatalogue, flags, steps: stepsOf(curve, shelves), vision, strays };
}

function itemsOf(counts: ReadonlyMap<string, number>): BasketItem[] {
	return [...counts]
		.filter(([, quantity]) => quantity > 0)
		.map(([sku, quantity]) => ({ sku, quantity }))
		.sort((one, other) => (one.sku < other.sku ? -1 : 1));
}

function likeliest(decision: BasketDecision): readonly BasketItem[] {
	return decision.kind === "settle" ? decision.items : (decision.candidates[0]?.items ?? []);
}

/** What is gone by events alone: each that probably happened is its likeliest product. */
function countEvents({ events }: VisionEvidence): BasketItem[] {
	const counts = new Map<string, number>();
	const add = (event: VisionEvent, by: number): void => {
		const sku = productOf(event);
		if (sku !== undefined) counts.set(sku, (counts.get(sku) ?? 0) + by);
	};
	for (const event of events) {
		if (event.probability < happened || event.kind === "moved") continue;
		add(event, event.kind === "taken" ? 1 : -1);
	}
	return itemsOf(counts);
}

function productOf({ products }: VisionEvent): string | undefined {
	return Object.entries(products).sort(([, one], [, other]) => other - one)[0]?.[0];
}

/** An event that is held to have happened. */
type Believed = Pick<ToldEvent, "kind" | "shelf" | "fromMs" | "untilMs"> & { readonly sku: string | undefined };

function believedOf(seen: readonly VisionEvent[]): Believed[] {
	return seen
		.filter(({ probability }) => probability >= happened)
		.flatMap((event): Believed[] => {
			const { fromMs, untilMs, shelf, toShelf } = event;
			const sku = productOf(event);
			if (event.kind !== "moved") return [{ kind: event.kind, shelf, fromMs, untilMs, sku }];
			return [
				{ kind: "taken", shelf, fromMs, untilMs, sku },
				{ kind: "returned", shelf: toShelf ?? shelf, fromMs, untilMs, sku },
			];
		});
}

/** Truth and what is believed, one to one, nearest in time first. */
function matchEvents(
	truth: readonly TrueEvent[],
	believed: readonly Believed[],
): { readonly findings: Findings; readonly items: { readonly right: number; readonly of: number } } {
	const pairs = truth.flatMap((event, index) =>
		believed.flatMap((candidate, at) => {
			if (candidate.kind !== event.kind || candidate.shelf !== event.shelf) return [];
			const distance = Math.max(candidate.fromMs - event.atMs, event.atMs - candidate.untilMs, 0);
			// Of two that fit the time the right product fits better.
			return distance > timeMs ? [] : [{ index, at, distance: distance + (candidate.sku === event.sku ? 0 : 100) }];
		}),
	);
	pairs.sort((one, other) => one.distance - other.distance);
	const found = new Map<number, number>();
	const used = new Set<number>();
	for (const { index, at } of pairs) {
		if (found.has(index) || used.has(at)) continue;
		found.set(index, at);
		used.add(at);
	}
	const right = [...found].filter(([index, at]) => truth[index]?.sku === believed[at]?.sku).length;
	return {
		findings: { right: found.size, wrong: believed.length - found.size, missed: truth.length - found.size },
		items: { right, of: found.size },
	};
}

function compare(told: readonly BasketItem[], truth: readonly BasketItem[]): Findings {
	const quantity = (items: readonly BasketItem[], sku: string): number =>
		items.find((item) => item.sku === sku)?.quantity ?? 0;
	let [right, wrong, missed] = [0, 0, 0];
	for (const sku of new Set([...told, ...truth].map((item) => item.sku))) {
		const both = Math.min(quantity(told, sku), quantity(truth, sku));
		right += both;
		wrong += quantity(told, sku) - both;
		missed += quantity(truth, sku) - both;
	}
	return { right, wrong, missed };
}

function same(one: readonly BasketItem[], other: readonly BasketItem[]): boolean {
	const { wrong, missed } = compare(one, other);
	return wrong + missed === 0;
}

function priceOf(items: readonly BasketItem[]): number {
	return items.reduce((sum, { sku, quantity }) => {
		return sum + quantity * (demoCatalogue.find((product) => product.sku === sku)?.priceCents ?? 0);
	}, 0);
}

function say(items: readonly BasketItem[]): string {
	return items.length === 0 ? "nothing" : items.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(" + ");
}
