/**
 * What a picture is for. Designs of products, backgrounds and hands belong to one split alone: what a detector is judged
 * by on `evaluation` it has never seen, neither in training nor when its makers chose between two of them.
 */
export type Split = "training" | "validation" | "evaluation";

/** So many designs has each product in each split. */
export const designCounts: Readonly<Record<Split, number>> = Object.freeze({
	training: 40,
	validation: 3,
	evaluation: 4,
});

export const splits: readonly Split[] = Object.freeze(["training", "validation", "evaluation"]);
