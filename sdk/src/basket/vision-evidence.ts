import { z } from "zod";

/** A change that cameras saw at one shelf. */
export interface VisionEvent {
	readonly kind: "taken" | "returned" | "moved";
	/** For `moved`: where it came from. */
	readonly shelf: number;
	/** For `moved`: where it went. */
	readonly toShelf?: number | undefined;
	/** From when until when it may have happened, milliseconds on the Pi's monotonic clock. */
	readonly fromMs: number;
	readonly untilMs: number;
	/** Probability of each product given that the event happened; sums to at most 1, the rest is "something else". */
	readonly products: Readonly<Record<string, number>>;
	/** That it happened at all, 0 to 1. */
	readonly probability: number;
}

/** What stands on a shelf, before the door opened and after it closed, compared. */
export interface ShelfSnapshot {
	readonly shelf: number;
	/**
	 * How many fewer (positive) of a product are seen after than before, with the probability of each change. Only what
	 * could be counted.
	 */
	readonly changes: Readonly<Record<string, readonly (readonly [change: number, probability: number])[]>>;
}

/** What cameras saw of one opening of the door. */
export interface VisionEvidence {
	readonly events: readonly VisionEvent[];
	readonly snapshots: readonly ShelfSnapshot[];
	/** Shelves that no working camera watched the whole time. */
	readonly blindShelves: readonly number[];
}

/** A settled change of one shelf's weight while the door was open. */
export interface WeightStep {
	readonly shelf: number;
	/** When the shelf was still at its old weight, milliseconds on the Pi's monotonic clock; `atMs` where not given. */
	readonly fromMs?: number | undefined;
	/** When the new weight had settled, same clock. */
	readonly atMs: number;
	/** After minus before: negative when something was taken. */
	readonly deltaMilligrams: number;
	readonly varianceMilligrams2: number;
}

const probability = z.number().min(0).max(1);
const shelf = z.int().min(0).max(15);
const sku = z.string().min(1).max(64);

/** Checks a {@link VisionEvidence} that comes from outside, e.g. out of an evidence bundle. */
export const visionEvidenceSchema = z.object({
	events: z.array(
		z.object({
			kind: z.enum(["taken", "returned", "moved"]),
			shelf,
			toShelf: shelf.optional(),
			fromMs: z.number(),
			untilMs: z.number(),
			products: z.record(sku, probability),
			probability,
		}),
	),
	snapshots: z.array(
		z.object({ shelf, changes: z.record(sku, z.array(z.tuple([z.int().min(-99).max(99), probability]))) }),
	),
	blindShelves: z.array(shelf),
});

/** Checks a {@link WeightStep} that comes from outside. */
export const weightStepSchema = z.object({
	shelf,
	fromMs: z.number().optional(),
	atMs: z.number(),
	deltaMilligrams: z.int(),
	varianceMilligrams2: z.number().min(0),
});
