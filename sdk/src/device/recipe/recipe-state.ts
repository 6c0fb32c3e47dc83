import type { Recipe, RecipeStep } from "../messages.ts";

/** A bin as the configuration has it. */
export interface RecipeBin {
	readonly name: string;
	/** Portions of a full bin. */
	readonly portions: number;
}

export interface RecipeSettings {
	readonly bins: readonly RecipeBin[];
	readonly recipes: readonly Recipe[];
}

/** What the sensors of the machine say before it begins. */
export interface RecipeSupplies {
	/** Names of the bins whose level switch says that they are low. */
	readonly low: readonly string[];
	/** False when the float switch says that the tank is empty. */
	readonly water: boolean;
}

/** What is left in each bin, by name: the part of the state that survives a power cut. */
export type BinRecord = readonly { readonly name: string; readonly portions: number }[];

/** The whole state: plain data, replaced and never changed in place. */
export interface RecipeState {
	/** In the order of the settings. */
	readonly bins: BinRecord;
	/** The recipe that is made, and the step that it is at; `undefined` while nothing is made. */
	readonly making: { readonly recipe: Recipe; readonly step: number } | undefined;
	/** The store does not take the bins: nothing is made that would not be counted. */
	readonly failed: boolean;
}

export type RecipeEvent =
	| { readonly type: "make"; readonly recipe: number; readonly supplies: RecipeSupplies }
	/** Answer to the effect `step`: `done`, or what went wrong in the words of the coffee group. */
	| { readonly type: "step-ended"; readonly outcome: string }
	/** A person has filled all bins. */
	| { readonly type: "refill" }
	/** The effect `persist` failed; the effects after it were not carried out. */
	| { readonly type: "storage-failed" };

/** What the caller has to do, in this order, each one finished before the next begins. */
export type RecipeEffect =
	/** Write the bins, durably. If that fails: leave the rest and send the event `storage-failed`. */
	| { readonly type: "persist"; readonly bins: BinRecord }
	/** Carry out this step, and answer with `step-ended`. */
	| { readonly type: "step"; readonly step: RecipeStep }
	/** How it ended. After `failed` everything is off. */
	| { readonly type: "made"; readonly outcome: "delivered" | "failed"; readonly reason: string };

export interface RecipeTransition {
	readonly state: RecipeState;
	readonly effects: readonly RecipeEffect[];
}
