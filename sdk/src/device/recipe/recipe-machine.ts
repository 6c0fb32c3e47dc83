import type { Recipe, RecipeStep } from "../messages.ts";
import type {
	BinRecord,
	RecipeEffect,
	RecipeEvent,
	RecipeSettings,
	RecipeState,
	RecipeSupplies,
	RecipeTransition,
} from "./recipe-state.ts";

/** What the coffee group can do, in the unit of each step. */
const RANGES: Readonly<Record<RecipeStep["step"], { readonly least: number; readonly most: number }>> = Object.freeze({
	grind: Object.freeze({ least: 1, most: 30_000 }),
	heat: Object.freeze({ least: 20, most: 98 }),
	pump: Object.freeze({ least: 1, most: 1_000 }),
	pause: Object.freeze({ least: 1, most: 600_000 }),
});

/**
 * The state after power-up.
 *
 * @param record what the store holds: `undefined` when it holds nothing yet, and then all bins are full; `"unreadable"`
 * when it holds something else, and then nobody knows what is in them until a person has filled them.
 */
export function startRecipes(record: BinRecord | undefined | "unreadable", settings: RecipeSettings): RecipeState {
	const bins = settings.bins.map(({ name, portions }) => {
		if (record === "unreadable") return { name, portions: 0 };
		const left = record?.find((bin) => bin.name === name)?.portions ?? portions;
		return { name, portions: Math.min(left, portions) };
	});
	return { bins, making: undefined, failed: false };
}

/** What an event changes, and what has to be done about it. */
export function transitionRecipe(state: RecipeState, event: RecipeEvent, settings: RecipeSettings): RecipeTransition {
	switch (event.type) {
		case "make":
			return make(state, event.recipe, event.supplies, settings);
		case "step-ended":
			return stepEnded(state, event.outcome);
		case "refill": {
			const bins = settings.bins.map(({ name, portions }) => ({ name, portions }));
			return { state: { ...state, bins, failed: false }, effects: [{ type: "persist", bins }] };
		}
		case "storage-failed": {
			const effects: RecipeEffect[] = [];
			if (state.making !== undefined) effects.push({ type: "made", outcome: "failed", reason: "storage" });
			return { state: { ...state, making: undefined, failed: true }, effects };
		}
	}
}

/**
 * Why these recipes cannot all be made now, one after the other; empty when they can. `unknown-recipe`, `bad-recipe`
 * (a step that the machine cannot do), `bin-empty:NAME`, `no-water`, `storage`.
 */
export function recipeObstacle(
	state: RecipeState,
	numbers: readonly number[],
	supplies: RecipeSupplies,
	settings: RecipeSettings,
): string {
	if (state.failed) return "storage";
	const wanted = state.bins.map(() => 0);
	let pumps = false;
	for (const number of numbers) {
		const recipe = find(settings, number);
		if (recipe === undefined) return "unknown-recipe";
		if (!recipe.steps.every(isFeasible)) return "bad-recipe";
		pumps ||= recipe.steps.some(({ step }) => step === "pump");
		for (let index = 0; index < wanted.length; index++) wanted[index]! += recipe.takes[index] ?? 0;
	}
	for (let index = 0; index < wanted.length; index++) {
		const { name, portions } = state.bins[index]!;
		const isWanted = wanted[index]! > 0;
		if (isWanted && (portions < wanted[index]! || supplies.low.includes(name))) return `bin-empty:${name}`;
	}
	return pumps && !supplies.water ? "no-water" : "";
}

function make(
	state: RecipeState,
	number: number,
	supplies: RecipeSupplies,
	settings: RecipeSettings,
): RecipeTransition {
	const recipe = find(settings, number);
	const obstacle = recipeObstacle(state, [number], supplies, settings);
	const reason = state.making === undefined ? obstacle : "busy";
	const first = recipe?.steps[0];
	if (reason !== "" || recipe === undefined || first === undefined) {
		return { state, effects: [{ type: "made", outcome: "failed", reason: reason || "bad-recipe" }] };
	}
	// Counted before it is taken: after a power cut there is more in a bin than its count says, never less.
	const bins = state.bins.map(({ name, portions }, index) => ({
		name,
		portions: portions - (recipe.takes[index] ?? 0),
	}));
	return {
		state: { ...state, bins, making: { recipe, step: 0 } },
		effects: [
			{ type: "persist", bins },
			{ type: "step", step: first },
		],
	};
}

function stepEnded(state: RecipeState, outcome: string): RecipeTransition {
	const { making } = state;
	if (making === undefined) return { state, effects: [] };
	const idle: RecipeState = { ...state, making: undefined };
	if (outcome !== "done") {
		return { state: idle, effects: [{ type: "made", outcome: "failed", reason: outcome }] };
	}
	const index = making.step + 1;
	const step = making.recipe.steps[index];
	if (step === undefined) return { state: idle, effects: [{ type: "made", outcome: "delivered", reason: "" }] };
	return { state: { ...state, making: { recipe: making.recipe, step: index } }, effects: [{ type: "step", step }] };
}

function find({ recipes }: RecipeSettings, number: number): Recipe | undefined {
	return recipes.find((recipe) => recipe.number === number);
}

function isFeasible({ step, amount }: RecipeStep): boolean {
	const { least, most } = RANGES[step];
	return amount >= least && amount <= most;
}
