import fc from "fast-check";
import { expect, test } from "vitest";
import type { Product } from "../catalog/product.ts";
import { explainEvidence } from "./explain-evidence.ts";
import { viewWeights } from "./explain-weights.ts";
import type { ShelfSnapshot, VisionEvent, VisionEvidence } from "./vision-evidence.ts";
import {
	elsewhereShare,
	flatten,
	snapshotLikelihood,
	snapshotShare,
	strayShare,
	unseenReturns,
	unseenTakes,
} from "./vision-model.ts";
import { noiseVariance, unitVariance, unknownDensity } from "./weight-model.ts";

const products: Product[] = [
	{ sku: "a", name: "a", massMilligrams: 40_000, toleranceMilligrams: 3_000, priceCents: 100, shelf: 0 },
	{ sku: "b", name: "b", massMilligrams: 42_000, toleranceMilligrams: 3_000, priceCents: 300, shelf: 0 },
	{ sku: "c", name: "c", massMilligrams: 83_000, toleranceMilligrams: 2_000, priceCents: 200, shelf: 1 },
];
const skus = products.map(({ sku }) => sku);

function thickTailed(residual: number, variance: number): number {
	const normal = (v: number): number => Math.exp((-residual * residual) / 2 / v) / Math.sqrt(2 * Math.PI * v);
	return residual * residual > 36 * variance ? 0 : 0.98 * normal(variance) + 0.02 * normal(9 * variance);
}

/** Every way in which the events and up to three unseen changes of one shelf can have come about, one by one. */
function storiesOf(
	shelf: number,
	removed: number,
	noise: number,
	events: readonly VisionEvent[],
	snapshot: ShelfSnapshot | undefined,
): { readonly stories: { net: number[]; weight: number }[]; readonly unknown: number } {
	const home = products.map((product) => product.shelf === shelf);
	const homes = home.filter(Boolean).length;
	const stories: { net: number[]; weight: number }[] = [];
	let unknown = 0;
	const finish = (net: number[], chance: number): void => {
		const mass = net.reduce((sum, count, at) => sum + count * products[at]!.massMilligrams, 0);
		const variance = net.reduce((sum, count, at) => sum + Math.abs(count) * unitVariance(products[at]!), noise);
		const seen = net.reduce((fit, count, at) => {
			const changes = snapshot?.changes[skus[at]!];
			return changes === undefined ? fit : fit * snapshotLikelihood(changes, count);
		}, 1);
		stories.push({ net, weight: chance * thickTailed(removed - mass, variance) * seen ** snapshotShare });
		unknown += chance * unknownDensity;
	};
	const changed = (net: number[], at: number, by: number): number[] =>
		net.map((count, index) => (index === at ? count + by : count));
	const possible = products.map(
		(_, at) => home[at] || events.some((event) => (flatten(event, skus).products[at] ?? 0) > 0.05),
	);
	const unseen = products.flatMap((_, at) => [
		...(possible[at] ? [{ at, by: 1, share: (unseenTakes * (home[at] ? 1 : strayShare)) / homes }] : []),
		{ at, by: -1, share: (unseenReturns * (home[at] ? 1 : elsewhereShare)) / homes },
	]);
	const extend = (net: number[], chance: number): void => {
		finish(net, chance);
		for (const one of unseen) {
			const first = changed(net, one.at, one.by);
			finish(first, chance * one.share);
			for (const other of unseen) {
				const second = changed(first, other.at, other.by);
				finish(second, (chance * one.share * other.share) / 2);
				for (const last of unseen) {
					finish(changed(second, last.at, last.by), (chance * one.share * other.share * last.share) / 6);
				}
			}
		}
	};
	const descend = (index: number, net: number[], chance: number): void => {
		const event = events[index];
		if (event === undefined) {
			extend(net, chance);
			return;
		}
		const { happened, products: shares, other } = flatten(event, skus);
		descend(index + 1, net, chance * (1 - happened + happened * other));
		for (const [at, share] of shares.entries()) {
			const away = event.kind === "taken" ? strayShare : elsewhereShare;
			const by = event.kind === "taken" ? 1 : -1;
			descend(index + 1, changed(net, at, by), chance * happened * share * (home[at] ? 1 : away));
		}
	};
	descend(0, [0, 0, 0], 1);
	return { stories, unknown };
}

/** All baskets of two shelves, counted out without beams, cuts or maps of stories. */
function countOut(removed: readonly number[], noise: number, vision: VisionEvidence): Map<string, number> {
	const [upper, lower] = [0, 1].map((shelf) => {
		const events = vision.events.filter((event) => event.shelf === shelf);
		const snapshot = vision.snapshots.find((candidate) => candidate.shelf === shelf);
		const { stories, unknown } = storiesOf(shelf, removed[shelf]!, noise, events, snapshot);
		const sum = stories.reduce((total, story) => total + story.weight, 0);
		// What the snapshot says weighs on what is unknown as much as on what is known.
		const plain = storiesOf(shelf, removed[shelf]!, noise, events, undefined).stories;
		const share = sum / plain.reduce((total, story) => total + story.weight, 0);
		return { stories, sum, unknown: unknown * (snapshot === undefined ? 1 : share) };
	});
	if (upper === undefined || lower === undefined) throw new Error("two shelves");
	const baskets = new Map<string, number>();
	let total = (upper.sum + upper.unknown) * (lower.sum + lower.unknown) - upper.sum * lower.sum;
	for (const one of upper.stories) {
		if (one.weight === 0) continue;
		for (const other of lower.stories) {
			const net = one.net.map((count, at) => count + other.net[at]!);
			const weight = one.weight * other.weight;
			if (weight === 0 || net.some((count) => count < 0)) continue;
			total += weight;
			baskets.set(net.join(), (baskets.get(net.join()) ?? 0) + weight);
		}
	}
	return new Map([...baskets].map(([key, weight]) => [key, weight / total]));
}

const share = fc.double({ min: 0, max: 1, noNaN: true });
const event: fc.Arbitrary<VisionEvent> = fc
	.record({ kind: fc.constantFrom("taken", "returned"), shelf: fc.nat(1), a: share, b: share, c: share, seen: share })
	.map(({ kind, shelf, a, b, c, seen }) => {
		const total = Math.max(1, a + b + c);
		return {
			kind: kind === "taken" ? "taken" : "returned",
			shelf,
			fromMs: 0,
			untilMs: 100,
			products: { a: a / total, b: b / total, c: c / total },
			probability: seen,
		};
	});
const snapshot = fc
	.record({ shelf: fc.nat(1), sku: fc.constantFrom(...skus), change: fc.integer({ min: -1, max: 2 }), sure: share })
	.map(
		({ shelf, sku, change, sure }): ShelfSnapshot => ({
			shelf,
			changes: {
				[sku]: [
					[change, sure],
					[change + 1, 1 - sure],
				],
			},
		}),
	);

test("the beam finds the baskets and probabilities of counting out every story of a small fridge", () => {
	let compared = 0;
	fc.assert(
		fc.property(
			fc.array(event, { maxLength: 3 }),
			fc.array(snapshot, { maxLength: 1 }),
			fc.constantFrom(0, 40_300, 42_000, 81_500, -40_200, 1_500),
			fc.constantFrom(0, 83_200, -41_000, 166_000, 40_400),
			(events, snapshots, upper, lower) => {
				const shelves = [upper, lower].map((removed, shelf) => ({
					shelf,
					baselineMilligrams: 1_000_000,
					finalMilligrams: 1_000_000 - removed,
					spreadMilligrams: 1_000,
				}));
				const vision = { events, snapshots, blindShelves: [] };
				const expected = countOut([upper, lower], noiseVariance(shelves[0]!), vision);
				const baskets = explainEvidence(viewWeights(shelves, products), {}, vision);
				for (const [key, probability] of expected) {
					if (probability < 0.01) continue;
					compared += 1;
					const found = baskets.find(({ counts }) => counts.join() === key);
					expect(found?.probability ?? 0, key).toBeCloseTo(probability, 3);
				}
			},
		),
		{ seed: 4, numRuns: 60 },
	);
	expect(compared).toBeGreaterThan(60);
});

test("of two baskets that nothing tells apart the cheaper one comes first", () => {
	const twins = products.map((product) => ({
		...product,
		massMilligrams: product.sku === "b" ? 40_000 : product.massMilligrams,
	}));
	const shelves = [
		{ shelf: 0, baselineMilligrams: 1_000_000, finalMilligrams: 960_000, spreadMilligrams: 1_000 },
		{ shelf: 1, baselineMilligrams: 1_000_000, finalMilligrams: 1_000_000, spreadMilligrams: 1_000 },
	];
	for (const dear of ["a", "b"]) {
		const priced = twins.map((product) => ({ ...product, priceCents: product.sku === dear ? 900 : 100 }));
		const [best, second] = explainEvidence(
			viewWeights(shelves, priced),
			{},
			{ events: [], snapshots: [], blindShelves: [] },
		);
		expect(best?.probability).toBe(second?.probability);
		expect(best?.counts[dear === "a" ? 0 : 1]).toBe(0);
	}
});

test("nobody takes more than was in stock", () => {
	const shelves = [
		{ shelf: 0, baselineMilligrams: 1_000_000, finalMilligrams: 920_000, spreadMilligrams: 1_000 },
		{ shelf: 1, baselineMilligrams: 1_000_000, finalMilligrams: 1_000_000, spreadMilligrams: 1_000 },
	];
	const view = viewWeights(shelves, products);
	const vision = { events: [], snapshots: [], blindShelves: [] };
	const most = (stock: Record<string, number>): number =>
		Math.max(...explainEvidence(view, { stock }, vision).map(({ counts }) => counts[0]!));
	expect(most({})).toBe(2);
	expect(most({ a: 1 })).toBe(1);
});
