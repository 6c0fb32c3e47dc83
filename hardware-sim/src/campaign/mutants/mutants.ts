import type { Mutant } from "./mutant.ts";

/** The planted bugs. Each is a mistake that somebody could make, in one place. */
export const mutants: readonly Mutant[] = Object.freeze([
	{
		name: "counter-not-checked",
		story: "the lock takes a counter that was used before",
		file: "sdk/device/lock/lock-machine",
		find: "if (counter <= record.counter)",
		replace: "if (false)",
	},
]);
