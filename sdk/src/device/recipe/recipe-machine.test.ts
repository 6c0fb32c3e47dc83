import fc from "fast-check";
import { expect, test } from "vitest";
import type { Recipe, RecipeStep } from "../messages.ts";
import { decodeBinRecord, encodeBinRecord } from "./bin-record.ts";
import { recipeObstacle, startRecipes, transitionRecipe } from "./recipe-machine.ts";
import type { RecipeEffect, RecipeEvent, RecipeSettings, RecipeState, RecipeSupplies } from "./recipe-state.ts";

const espresso: Recipe = {
	number: 0,
	name: "Espresso",
	steps: [
		{ step: "grind", amount: 6_000 },
		{ step: "heat", amount: 92 },
		{ step: "pump", amount: 30 },
	],
	takes: [1, 1],
};
const double: Recipe = { ...espresso, number: 3, name: "Double", takes: [2, 1] };
const hotWater: Recipe = { number: 1, name: "Hot water", steps: [{ step: "pump", amount: 150 }], takes: [0, 1] };
const lava: Recipe = { number: 2, name: "Lava", steps: [{ step: "heat", amount: 120 }], takes: [] };
const settings: RecipeSettings = {
	bins: [
		{ name: "beans", portions: 3 },
		{ name: "cups", portions: 100 },
	],
	recipes: [espresso, hotWater, lava, double],
};
const full: RecipeSupplies = { low: [], water: true };
const make = (recipe: number, supplies = full): RecipeEvent => ({ type: "make", recipe, supplies });
const done: RecipeEvent = { type: "step-ended", outcome: "done" };

function play(state: RecipeState, events: readonly RecipeEvent[]): { state: RecipeState; effects: RecipeEffect[] } {
	const effects: RecipeEffect[] = [];
	let current = state;
	for (const event of events) {
		const step = transitionRecipe(current, event, settings);
		current = step.state;
		effects.push(...step.effects);
	}
	return { state: current, effects };
}

const fresh = () => startRecipes(undefined, settings);

test("a recipe is made step by step, and counted before its first", () => {
	const { state, effects } = play(fresh(), [make(0), done, done, done]);
	expect(effects).toEqual([
		{
			type: "persist",
			bins: [
				{ name: "beans", portions: 2 },
				{ name: "cups", portions: 99 },
			],
		},
		{ type: "step", step: { step: "grind", amount: 6_000 } },
		{ type: "step", step: { step: "heat", amount: 92 } },
		{ type: "step", step: { step: "pump", amount: 30 } },
		{ type: "made", outcome: "delivered", reason: "" },
	]);
	expect(state.making).toBeUndefined();
});

test("a step that goes wrong ends it with the reason, and no step follows", () => {
	const { state, effects } = play(fresh(), [make(0), done, { type: "step-ended", outcome: "no-heat" }, done]);
	expect(effects.at(-1)).toEqual({ type: "made", outcome: "failed", reason: "no-heat" });
	expect(effects.filter((effect) => effect.type === "step")).toHaveLength(2);
	expect(state.making).toBeUndefined();
});

test.each([
	["an unknown recipe", [7], full, "unknown-recipe"],
	["a step that no boiler can do", [2], full, "bad-recipe"],
	["a bin that the level switch calls low", [0], { low: ["beans"], water: true }, "bin-empty:beans"],
	["more cups of coffee than there are beans for", [0, 0, 0, 0], full, "bin-empty:beans"],
	["a double after two espressos", [0, 0, 3], full, "bin-empty:beans"],
	["an empty tank", [1], { low: [], water: false }, "no-water"],
	["low beans, for hot water", [1], { low: ["beans"], water: true }, ""],
	["as much as there is", [0, 0, 0], full, ""],
] as const)("before it begins, it says what stands in the way of %s", (_, numbers, supplies, obstacle) => {
	expect(recipeObstacle(fresh(), numbers, supplies, settings)).toBe(obstacle);
});

test("what cannot be made is not begun", () => {
	for (const [event, reason] of [
		[make(7), "unknown-recipe"],
		[make(2), "bad-recipe"],
		[make(0, { low: ["cups"], water: true }), "bin-empty:cups"],
	] as const) {
		expect(play(fresh(), [event]).effects).toEqual([{ type: "made", outcome: "failed", reason }]);
	}
	const making = play(fresh(), [make(0)]).state;
	expect(play(making, [make(1)])).toEqual({
		state: making,
		effects: [{ type: "made", outcome: "failed", reason: "busy" }],
	});
});

test("filling fills all bins", () => {
	const empty = play(fresh(), [make(0), done, done, done, make(3), done, done, done]).state;
	expect(empty.bins[0]?.portions).toBe(0);
	const { state, effects } = play(empty, [{ type: "refill" }]);
	expect(state.bins).toEqual(settings.bins);
	expect(effects).toEqual([{ type: "persist", bins: settings.bins }]);
});

test("what cannot be counted is not made", () => {
	const making = play(fresh(), [make(0)]).state;
	const { state, effects } = play(making, [{ type: "storage-failed" }, done]);
	expect(effects).toEqual([{ type: "made", outcome: "failed", reason: "storage" }]);
	expect(recipeObstacle(state, [0], full, settings)).toBe("storage");
	expect(recipeObstacle(play(state, [{ type: "refill" }]).state, [0], full, settings)).toBe("");
});

test("bins are known by name over a power cut; one that is new is full, and one that shrank is not fuller than full", () => {
	const stored = [
		{ name: "cups", portions: 500 },
		{ name: "sugar", portions: 4 },
	];
	expect(startRecipes(stored, settings).bins).toEqual([
		{ name: "beans", portions: 3 },
		{ name: "cups", portions: 100 },
	]);
	expect(startRecipes("unreadable", settings).bins.map(({ portions }) => portions)).toEqual([0, 0]);
});

test("no run of events takes more out of a bin than is in it, or begins a step while another one runs", () => {
	const event = fc.oneof(
		fc.nat(4).map((recipe) => make(recipe)),
		fc.constant(done),
		fc.constant<RecipeEvent>({ type: "step-ended", outcome: "timeout" }),
		fc.constant<RecipeEvent>({ type: "refill" }),
		fc.constant<RecipeEvent>({ type: "storage-failed" }),
	);
	fc.assert(
		fc.property(fc.array(event, { maxLength: 60 }), (events) => {
			let state = fresh();
			let running: RecipeStep | undefined;
			for (const current of events) {
				if (current.type === "step-ended") running = undefined;
				const step = transitionRecipe(state, current, settings);
				state = step.state;
				for (const effect of step.effects) {
					if (effect.type === "step") {
						expect(running).toBeUndefined();
						running = effect.step;
					} else if (effect.type === "persist") {
						for (const { portions } of effect.bins) expect(portions).toBeGreaterThanOrEqual(0);
					} else if (effect.reason !== "busy") running = undefined;
				}
			}
		}),
		{ seed: 419 },
	);
});

test("what is decoded of the bins is what was encoded, and anything else is unreadable", () => {
	const bins = fc.array(fc.record({ name: fc.string(), portions: fc.nat() }), { maxLength: 4 });
	fc.assert(
		fc.property(bins, (original) => {
			expect(decodeBinRecord(encodeBinRecord(original))).toEqual(original);
		}),
		{ seed: 419 },
	);
	for (const text of ["", "[]", "[2,[]]", '[1,[["beans",-1]]]', '[1,[["beans"]]]', "[1,0]"]) {
		expect(decodeBinRecord(text)).toBeUndefined();
	}
});
