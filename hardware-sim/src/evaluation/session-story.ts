import type { Product } from "@visionvend/sdk/catalog/product";
import type { SeededRandom } from "../random.ts";

/** What a shopper does, so many milliseconds after the door has opened. */
export type Deed =
	| { readonly atMs: number; readonly do: "take"; readonly sku: string }
	/** Puts back what was taken by the `taken`-th deed that took something, counted from 0. */
	| { readonly atMs: number; readonly do: "return"; readonly taken: number; readonly shelf: number }
	/** Reaches for a shelf and leaves it alone. */
	| { readonly atMs: number; readonly do: "touch"; readonly shelf: number }
	/** Rests what was taken last on a shelf without letting go of it. */
	| { readonly atMs: number; readonly do: "rest"; readonly shelf: number; readonly forMs: number };

/** One opening of the door, from the shopper's side. */
export interface SessionStory {
	readonly name: StoryName;
	/** A product of which one unit stands on another shelf from the start. */
	readonly misplaced?: { readonly sku: string; readonly shelf: number } | undefined;
	readonly deeds: readonly Deed[];
	/** When the door is let go. */
	readonly closesMs: number;
}

/** The hard ones are those of AutoCheckout-CMU's analysis of its wrong cases. */
export const hardStories = [
	"misplaced-item",
	"two-at-once",
	"held-on-the-plate",
	"picks-then-one-back",
	"left-on-the-floor",
	"look-alikes",
] as const;
export type StoryName = "random" | (typeof hardStories)[number];

/** Shares of what random shoppers do. */
const returnShare = 0.22;
const elsewhereShare = 0.3;
const mergeShare = 0.25;
const togetherShare = 0.08;
const touchShare = 0.05;
/** A hand is out again so long after its touch. */
const outMs = 800;

/** A story by chance. `products`: what stands in the fridge. */
export function tellStory(name: StoryName, products: readonly Product[], random: SeededRandom): SessionStory {
	return name === "random" ? randomStory(products, random) : hardStory(name, products, random);
}

function oneOf<T>(list: readonly T[], random: SeededRandom): T {
	const chosen = list[Math.floor(random.next() * list.length)];
	if (chosen === undefined) throw new RangeError("There is nothing to choose from.");
	return chosen;
}

function between(low: number, high: number, random: SeededRandom): number {
	return Math.round(low + random.next() * (high - low));
}

function randomStory(products: readonly Product[], random: SeededRandom): SessionStory {
	const shelves = [...new Set(products.map(({ shelf }) => shelf))];
	const deeds: Deed[] = [];
	const inHand: { readonly number: number; readonly home: number }[] = [];
	let taken = 0;
	let atMs = between(200, 1_500, random);
	let last: Product | undefined;
	const count = 1 + Math.floor(random.next() * 5);
	for (let index = 0; index < count; index += 1) {
		if (random.next() < touchShare) {
			deeds.push({ atMs, do: "touch", shelf: oneOf(shelves, random) });
			atMs += outMs + between(200, 1_200, random);
		}
		if (inHand.length > 0 && random.next() < returnShare) {
			const unit = oneOf(inHand, random);
			inHand.splice(inHand.indexOf(unit), 1);
			const shelf = random.next() < elsewhereShare ? oneOf(shelves, random) : unit.home;
			deeds.push({ atMs, do: "return", taken: unit.number, shelf });
			last = undefined;
		} else {
			const merges = last !== undefined && random.next() < mergeShare;
			const shelf = merges ? last!.shelf : undefined;
			const product = oneOf(
				products.filter((candidate) => shelf === undefined || candidate.shelf === shelf),
				random,
			);
			deeds.push({ atMs, do: "take", sku: product.sku });
			inHand.push({ number: taken, home: product.shelf });
			taken += 1;
			last = product;
			if (random.next() < togetherShare) {
				const other = oneOf(products, random);
				deeds.push({ atMs: atMs + between(40, 150, random), do: "take", sku: other.sku });
				inHand.push({ number: taken, home: other.shelf });
				taken += 1;
			}
		}
		// Somebody who reaches for the same shelf again is quicker than a scale that comes to rest.
		atMs += random.next() < mergeShare ? between(350, 800, random) : outMs + between(300, 2_000, random);
	}
	return { name: "random", deeds, closesMs: atMs + between(600, 1_500, random) };
}

function hardStory(
	name: Exclude<StoryName, "random">,
	products: readonly Product[],
	random: SeededRandom,
): SessionStory {
	const some = (shelf?: number): Product =>
		oneOf(
			products.filter((product) => shelf === undefined || product.shelf === shelf),
			random,
		);
	const atMs = between(400, 1_200, random);
	switch (name) {
		case "misplaced-item": {
			// The pair of different shelves that weighs most alike, and some of the next ones.
			const pairs = products.flatMap((one) =>
				products.filter(({ shelf }) => shelf !== one.shelf).map((other) => ({ one, other })),
			);
			pairs.sort((a, b) => apart(a.one, a.other) - apart(b.one, b.other));
			const { one, other } = oneOf(pairs.slice(0, 6), random);
			const deeds: Deed[] = [{ atMs, do: "take", sku: one.sku }];
			return { name, misplaced: { sku: one.sku, shelf: other.shelf }, deeds, closesMs: atMs + 2_000 };
		}
		case "two-at-once": {
			const first = some();
			const second = some(first.shelf);
			const deeds: Deed[] = [
				{ atMs, do: "take", sku: first.sku },
				{ atMs: atMs + between(40, 120, random), do: "take", sku: second.sku },
			];
			return { name, deeds, closesMs: atMs + 2_200 };
		}
		case "held-on-the-plate": {
			const product = some();
			const shelf = some().shelf;
			const forMs = between(900, 2_200, random);
			const deeds: Deed[] = [
				{ atMs, do: "take", sku: product.sku },
				{ atMs: atMs + 1_500, do: "rest", shelf, forMs },
			];
			return { name, deeds, closesMs: atMs + 1_500 + forMs + 1_600 };
		}
		case "picks-then-one-back": {
			const count = between(3, 4, random);
			const picks = Array.from({ length: count }, () => some());
			const deeds: Deed[] = picks.map(({ sku }, index) => ({ atMs: atMs + 850 * index, do: "take", sku }));
			const taken = Math.floor(random.next() * count);
			const backMs = atMs + 850 * count + 600;
			deeds.push({ atMs: backMs, do: "return", taken, shelf: picks[taken]!.shelf });
			return { name, deeds, closesMs: backMs + 1_800 };
		}
		case "left-on-the-floor": {
			const lowest = Math.max(...products.map(({ shelf }) => shelf));
			const product = oneOf(
				products.filter(({ shelf }) => shelf !== lowest),
				random,
			);
			const deeds: Deed[] = [
				{ atMs, do: "take", sku: product.sku },
				{ atMs: atMs + between(1_500, 2_600, random), do: "return", taken: 0, shelf: lowest },
			];
			return { name, deeds, closesMs: atMs + 4_600 };
		}
		case "look-alikes": {
			const twins = products.filter((one) =>
				products.some((other) => other !== one && other.shelf === one.shelf && apart(one, other) < 3_000),
			);
			const deeds: Deed[] = [{ atMs, do: "take", sku: oneOf(twins, random).sku }];
			if (random.next() < 0.4) deeds.push({ atMs: atMs + 1_700, do: "take", sku: oneOf(twins, random).sku });
			return { name, deeds, closesMs: atMs + 3_600 };
		}
	}
}

function apart(one: Product, other: Product): number {
	return Math.abs(one.massMilligrams - other.massMilligrams);
}
