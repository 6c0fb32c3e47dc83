import { describe, expect, test } from "vitest";
import type { Product } from "../catalog/product.ts";
import type { ShelfReading } from "../device/messages.ts";
import { type BasketInput, basketDecisionSchema, decideBasket } from "./decide-basket.ts";
import type { VisionEvent, VisionEvidence, WeightStep } from "./vision-evidence.ts";

function product(sku: string, shelf: number, grams: number, toleranceGrams: number, priceCents: number): Product {
	return {
		sku,
		name: sku,
		massMilligrams: grams * 1_000,
		toleranceMilligrams: toleranceGrams * 1_000,
		priceCents,
		shelf,
	};
}

const products = [
	product("cola", 0, 355, 5, 200),
	product("energy-drink", 0, 285, 3, 280),
	product("orange-juice", 1, 500, 5, 300),
	product("apple-juice", 1, 502, 5, 320),
	product("chips", 2, 70, 4, 150),
];

function lost(...grams: number[]): ShelfReading[] {
	return grams.map((gram, shelf) => ({
		shelf,
		baselineMilligrams: 5_000_000,
		finalMilligrams: 5_000_000 - Math.round(gram * 1_000),
		spreadMilligrams: 1_000,
	}));
}

function saw(kind: VisionEvent["kind"], shelf: number, sure: VisionEvent["products"], atMs = 1_000): VisionEvent {
	return { kind, shelf, fromMs: atMs - 300, untilMs: atMs + 300, products: sure, probability: 0.97 };
}

function seen(...events: VisionEvent[]): VisionEvidence {
	return { events, snapshots: [], blindShelves: [] };
}

function decide(shelves: ShelfReading[], vision: VisionEvidence, more: Partial<BasketInput> = {}) {
	const decision = decideBasket({ shelves, products, flags: [], vision, ...more });
	expect(basketDecisionSchema.parse(decision)).toEqual(decision);
	return decision;
}

describe("juices of equal weight", () => {
	const apple = saw("taken", 1, { "apple-juice": 0.95, "orange-juice": 0.04 });

	test("are told apart by cameras, and the decision says why", () => {
		const decision = decide(lost(0, 501, 0), seen(apple));
		expect(decision).toMatchObject({ kind: "settle", items: [{ sku: "apple-juice", quantity: 1 }] });
		expect(decision.reasons).toEqual([
			"Shelf 1 is 501.0 g lighter: 1 × apple-juice (502.0 g).",
			"A camera saw apple-juice (95 %) leave shelf 1 (97 %).",
		]);
	});

	test("are left to a person where cameras are in two minds", () => {
		const torn = saw("taken", 1, { "apple-juice": 0.6, "orange-juice": 0.4 });
		expect(decide(lost(0, 501, 0), seen(torn))).toMatchObject({ kind: "review", reason: "ambiguous-evidence" });
	});

	test("are left to a person where no camera watched, whatever events tell", () => {
		const blind = { ...seen(apple), blindShelves: [1] };
		expect(decide(lost(0, 501, 0), blind)).toMatchObject({ kind: "review" });
		const allBlind = { ...seen(apple), blindShelves: [0, 1, 2] };
		const byWeight = decideBasket({ shelves: lost(0, 501, 0), products, flags: [] });
		expect(decide(lost(0, 501, 0), allBlind)).toEqual(byWeight);
		expect(byWeight).toMatchObject({ kind: "review", reason: "ambiguous-weight" });
	});

	test("are told apart by what is missing in the picture afterwards", () => {
		const snapshots = [
			{ shelf: 1, changes: { "apple-juice": [[0, 0.96] as const], "orange-juice": [[1, 0.96] as const] } },
		];
		expect(decide(lost(0, 499.5, 0), { events: [], snapshots, blindShelves: [] })).toMatchObject({
			kind: "settle",
			items: [{ sku: "orange-juice", quantity: 1 }],
		});
	});
});

test("an event that no weight bears out is not charged", () => {
	const ghost = saw("taken", 0, { cola: 0.9 });
	expect(decide(lost(0, 0, 0), seen(ghost))).toMatchObject({ kind: "settle", items: [] });
});

test("a unit that no camera saw leave is charged by its weight alone, where nothing else weighs so", () => {
	expect(decide(lost(355.4, 0, 0), seen())).toMatchObject({
		kind: "settle",
		items: [{ sku: "cola", quantity: 1 }],
	});
});

test("what came back to another shelf is not charged", () => {
	const events = [saw("taken", 0, { cola: 0.9 }), saw("returned", 2, { cola: 0.85 }, 4_000)];
	expect(decide(lost(355, 0, -355.3), seen(...events))).toMatchObject({
		kind: "settle",
		items: [],
		detail: expect.stringContaining("1 × cola now stands on shelf 2."),
	});
});

test("cameras that saw three things leave where the weight tells of none send the sale to a person", () => {
	const events = [1_000, 2_000, 3_000].map((atMs) => saw("taken", 0, { cola: 0.95 }, atMs));
	expect(decide(lost(0, 0, 0), seen(...events))).toMatchObject({ kind: "review", reason: "senses-disagree" });
});

test("a stone in place of one cola that a camera saw leave, and that is missing in the picture afterwards, goes to a person", () => {
	const taken = { ...saw("taken", 0, { cola: 0.95 }), probability: 0.8 };
	const changes = {
		cola: [
			[0, 0.02],
			[1, 0.82],
			[2, 0.1],
		],
	} as const;
	const snapshots = [{ shelf: 0, changes }];
	const decision = decide(lost(0, 0, 0), { ...seen(taken), snapshots });
	expect(decision).toMatchObject({ kind: "review", reason: "senses-disagree" });
});

test("stones in place of two colas are found out by the picture afterwards", () => {
	const snapshots = [{ shelf: 0, changes: { cola: [[2, 0.97] as const] } }];
	const took = [1_000, 2_000].map((atMs) => saw("taken", 0, { cola: 0.95 }, atMs));
	const put = [4_000, 5_000].map((atMs) => saw("returned", 0, { cola: 0.02 }, atMs));
	const vision = { events: [...took, ...put], snapshots, blindShelves: [] };
	expect(decide(lost(1, 0, 0), vision)).toMatchObject({ kind: "review", reason: "senses-disagree" });
});

test("steps tell two small things one after the other from one thing of their weight", () => {
	const likes = [...products, product("big-bag", 2, 140, 3, 400)];
	const step = (atMs: number, grams: number): WeightStep => ({
		shelf: 2,
		fromMs: atMs - 500,
		atMs,
		deltaMilligrams: grams * -1_000,
		varianceMilligrams2: 1e6,
	});
	const input = { shelves: lost(0, 0, 140), products: likes, flags: [] };
	const either = { chips: 0.5, "big-bag": 0.45 };
	const twice = seen(saw("taken", 2, either, 1_800), saw("taken", 2, either, 4_800));
	expect(decideBasket({ ...input, vision: twice, steps: [step(2_000, 70.2), step(5_000, 69.8)] })).toMatchObject({
		kind: "settle",
		items: [{ sku: "chips", quantity: 2 }],
	});
	expect(
		decideBasket({ ...input, vision: seen(saw("taken", 2, either, 1_800)), steps: [step(2_000, 140)] }),
	).toMatchObject({
		kind: "settle",
		items: [{ sku: "big-bag", quantity: 1 }],
	});
});

test("a cola that a hand held on the shelf of juices is charged as a cola, and no juice is swapped for it", () => {
	const steps: WeightStep[] = [
		{ shelf: 0, fromMs: 700, atMs: 1_500, deltaMilligrams: -355_000, varianceMilligrams2: 1e6 },
		{ shelf: 1, fromMs: 3_000, atMs: 3_800, deltaMilligrams: 355_000, varianceMilligrams2: 1e6 },
		{ shelf: 1, fromMs: 5_000, atMs: 5_800, deltaMilligrams: -355_500, varianceMilligrams2: 1e6 },
	];
	const decision = decide(lost(355, 0, 0), seen(saw("taken", 0, { cola: 0.95 })), { steps });
	expect(decision).toMatchObject({ kind: "settle", items: [{ sku: "cola", quantity: 1 }] });
});

test("of two things of equal weight that change places behind a hand the pictures before and after tell", () => {
	const steps: WeightStep[] = [
		{ shelf: 1, fromMs: 700, atMs: 1_500, deltaMilligrams: -501_000, varianceMilligrams2: 1e6 },
		{ shelf: 1, fromMs: 3_000, atMs: 3_800, deltaMilligrams: 501_000, varianceMilligrams2: 1e6 },
		{ shelf: 1, fromMs: 5_000, atMs: 5_800, deltaMilligrams: -501_000, varianceMilligrams2: 1e6 },
	];
	const changes = { "apple-juice": [[0, 0.98]], "orange-juice": [[1, 0.98]] } as const;
	const evidence = { ...seen(saw("taken", 1, { "apple-juice": 0.95 })), snapshots: [{ shelf: 1, changes }] };
	const decision = decide(lost(0, 501, 0), evidence, { steps });
	const apple = { kind: "settle", items: [{ sku: "apple-juice", quantity: 1 }] };
	expect(decision).not.toMatchObject(apple);
	expect(decide(lost(0, 501, 0), seen(saw("taken", 1, { "apple-juice": 0.95 })), { steps })).toMatchObject(apple);
});

test("steps that do not add up to the readings are not believed", () => {
	const steps = [{ shelf: 0, atMs: 2_000, deltaMilligrams: -285_000, varianceMilligrams2: 1e6 }];
	expect(decide(lost(355, 0, 0), seen(saw("taken", 0, { cola: 0.9 })), { steps })).toMatchObject({
		kind: "settle",
		items: [{ sku: "cola", quantity: 1 }],
	});
});

test("with a dead scale cameras name candidates, and a person decides", () => {
	const [, ...rest] = lost(0, 0, 0);
	expect(decide(rest, seen(saw("taken", 0, { cola: 0.95 })))).toMatchObject({
		kind: "review",
		reason: "scale-fault",
		candidates: expect.arrayContaining([expect.objectContaining({ items: [{ sku: "cola", quantity: 1 }] })]),
	});
});

test.each(["forced", "scale-fault", "unstable"])(
	"a report with the flag %s is reviewed, however sure cameras are",
	(flag) => {
		const vision = seen(saw("taken", 0, { cola: 0.97 }));
		expect(decide(lost(355, 0, 0), vision, { flags: [flag] }).kind).toBe("review");
	},
);

test("the order of events, shelves, steps and products changes nothing", () => {
	const events = [
		saw("taken", 0, { cola: 0.8, "energy-drink": 0.1 }),
		saw("taken", 1, { "apple-juice": 0.7, "orange-juice": 0.2 }, 3_000),
		saw("returned", 2, { cola: 0.6 }, 6_000),
	];
	const steps = [
		{ shelf: 0, atMs: 1_500, deltaMilligrams: -355_000, varianceMilligrams2: 1e6 },
		{ shelf: 1, atMs: 3_500, deltaMilligrams: -501_000, varianceMilligrams2: 1e6 },
	];
	const shelves = lost(355, 501, -355);
	const turned = decideBasket({
		shelves: shelves.slice().reverse(),
		products: products.slice().reverse(),
		steps: steps.slice().reverse(),
		vision: seen(...events.slice().reverse()),
		flags: [],
	});
	const straight = decideBasket({ shelves, products, steps, vision: seen(...events), flags: [] });
	expect({ ...turned, reasons: [] }).toEqual({ ...straight, reasons: [] });
});
