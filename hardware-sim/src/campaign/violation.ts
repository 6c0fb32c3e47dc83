import type { PromiseNumber } from "../faults/fault.ts";

/** A promise of docs/architecture/promises.md that was not kept. */
export interface Violation {
	readonly promise: PromiseNumber;
	/** What should be so. */
	readonly promised: string;
	/** What is so instead, with its figures. */
	readonly seen: string;
}

/** A violation, and where in the campaign it came to light. */
export interface FoundViolation extends Violation {
	readonly day: number;
	/** Counted through the whole campaign, from 1. */
	readonly sale: number;
	/** Milliseconds since the day began. */
	readonly atMs: number;
	/** What went on: faults and what the shopper did. */
	readonly story: readonly string[];
}
