import { expect, test } from "vitest";
import type { Product } from "../catalog/product.ts";
import { tellOpening } from "./decide-by-evidence.ts";
import type { VisionEvent, WeightStep } from "./vision-evidence.ts";
import type { CurvePoint } from "./weight-steps.ts";

function product(sku: string, shelf: number, grams: number): Product {
	return { sku, name: sku, massMilligrams: grams * 1_000, toleranceMilligrams: 3_000, priceCents: 200, shelf };
}

const products = [product("cola", 0, 355), product("energy-drink", 0, 285), product("yogurt", 1, 182)];

function saw(kind: "taken" | "returned", shelf: number, atMs: number, sku: string, probability = 0.95): VisionEvent {
	return { kind, shelf, fromMs: atMs - 200, untilMs: atMs + 200, products: { [sku]: 0.9 }, probability };
}

function tell(
	grams: readonly number[],
	events: readonly VisionEvent[],
	steps: readonly WeightStep[] = [],
	curve: readonly CurvePoint[] = [],
) {
	const shelves = grams.map((gram, shelf) => ({
		shelf,
		baselineMilligrams: 3_000_000,
		finalMilligrams: 3_000_000 - gram * 1_000,
		spreadMilligrams: 900,
	}));
	return tellOpening({ shelves, products, flags: [], steps }, { events, snapshots: [], blindShelves: [] }, curve).map(
		({ kind, shelf, sku, seen }) => `${kind} ${sku} ${shelf}${seen ? "" : " unseen"}`,
	);
}

const step = (shelf: number, atMs: number, grams: number): WeightStep => ({
	shelf,
	fromMs: atMs - 600,
	atMs,
	deltaMilligrams: grams * 1_000,
	varianceMilligrams2: 1e6,
});

test("what cameras saw and weights bear out is told once, and what they missed with it", () => {
	const events = [saw("taken", 0, 1_000, "cola")];
	expect(tell([640, 182], events, [step(0, 1_500, -355), step(0, 4_000, -285), step(1, 6_000, -182)])).toEqual([
		"taken cola 0",
		"taken energy-drink 0 unseen",
		"taken yogurt 1 unseen",
	]);
});

test("what no weight bears out did not happen", () => {
	expect(tell([0, 182], [saw("taken", 0, 1_000, "cola"), saw("taken", 1, 3_000, "yogurt")])).toEqual([
		"taken yogurt 1",
	]);
});

test("a can that was taken and put back at once is told where cameras saw both", () => {
	const events = [saw("taken", 0, 1_000, "cola"), saw("returned", 0, 1_500, "cola")];
	expect(tell([0, 0], events)).toEqual(["taken cola 0", "returned cola 0"]);
});

test("of two that were taken together, the one that was mistaken is what the other is not", () => {
	const events = [saw("taken", 0, 1_000, "yogurt", 0.97), saw("taken", 0, 1_050, "cola", 0.9)];
	expect(tell([640, 0], events).sort()).toEqual(["taken cola 0", "taken energy-drink 0"]);
});

test("what a hand holds on a shelf for a while is neither returned nor taken again", () => {
	const events = [saw("taken", 0, 1_000, "cola")];
	const held = [step(0, 1_500, -355), step(0, 3_500, 355), step(0, 5_500, -356)];
	expect(tell([355, 0], events, held)).toEqual(["taken cola 0"]);
	expect(tell([355, 0], [...events, saw("returned", 0, 3_200, "cola")], held)).toEqual([
		"taken cola 0",
		"returned cola 0",
		"taken cola 0 unseen",
	]);
});

test("what stood on a shelf for longer, or weighed otherwise when it went, was put there", () => {
	const events = [saw("taken", 0, 1_000, "cola"), saw("taken", 1, 1_200, "yogurt")];
	const first = [step(0, 1_500, -355), step(1, 1_700, -182)];
	const told = ["taken cola 0", "taken yogurt 1", "returned cola 0 unseen", "taken cola 0 unseen"];
	expect(tell([355, 182], events, [...first, step(0, 3_500, 355), step(0, 10_500, -355)])).toEqual(told);
	expect(tell([285, 182], events, [...first, step(0, 3_500, 355), step(0, 5_500, -285)])).toEqual([
		...told.slice(0, 3),
		"taken energy-drink 0 unseen",
	]);
});

/** Half seconds of a shelf: grams more than at the baseline, `~` where it did not rest. */
function curveOf(shelf: number, ...levels: (number | `~${number}`)[]): CurvePoint[] {
	return levels.map((level, index) => {
		const stable = typeof level === "number";
		const grams = stable ? level : Number(level.slice(1));
		const spreadMilligrams = stable ? 900 : 380_000;
		return { shelf, atMs: 1_000 + 500 * index, milligrams: 3_000_000 + grams * 1_000, spreadMilligrams, stable };
	});
}

test("a can that no camera saw is told where the scale was lighter by it for half a second", () => {
	expect(tell([0, 0], [], [], curveOf(0, 0, "~-354.2", "~-1", 0))).toEqual([
		"taken cola 0 unseen",
		"returned cola 0 unseen",
	]);
});

test("what weighs like nothing of the shelf, or came to rest, is not told a second time", () => {
	expect(tell([0, 0], [], [], curveOf(0, 0, "~-182", 0))).toEqual([]);
	expect(tell([0, 0], [], [], curveOf(0, 0, "~355", 0))).toEqual([]);
	expect(tell([355, 0], [], [step(0, 1_500, -355)], curveOf(0, 0, "~-120", -355))).toEqual(["taken cola 0 unseen"]);
	const events = [saw("taken", 0, 1_200, "cola"), saw("returned", 0, 1_700, "cola")];
	expect(tell([0, 0], events, [], curveOf(0, 0, "~-355", 0))).toEqual(["taken cola 0", "returned cola 0"]);
});
