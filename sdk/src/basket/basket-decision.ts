import { z } from "zod";

/** How many units of one product left the fridge. */
export interface BasketItem {
	sku: string;
	/** 1 or more. */
	quantity: number;
}

/** How many more units of a product stand on a shelf where they do not belong. */
export interface StrayChange {
	sku: string;
	shelf: number;
	change: number;
}

/** A basket that could be the true one. */
export interface BasketCandidate {
	items: BasketItem[];
	/** 0 to 1000. */
	probabilityPermille: number;
}

/** Settle at this posterior probability and above. */
export const sureEnough = 0.9;

/** A reviewer is shown so many at most. */
export const mostCandidates = 5;

/** A candidate below this is not worth a reviewer's glance. */
export const leastCandidate = 0.005;

/** Why it cannot be said what is gone. */
export type ReviewReason =
	/** Several baskets explain the weights. */
	| "ambiguous-weight"
	/** Several baskets explain what scales and cameras say together. */
	| "ambiguous-evidence"
	/** What the weights say is not what cameras saw. */
	| "senses-disagree"
	/** No basket explains the weights. */
	| "unexplained-weight"
	/** The readings did not come to rest. */
	| "unstable-scale"
	/** A scale is missing or broken. */
	| "scale-fault"
	/** The door opened without an unlock. */
	| "forced-door"
	/** Something stands in the fridge that is not of its products. */
	| "foreign-object"
	/** The machine lost its power while it delivered, or handed out what nobody has priced. */
	| "delivery-unknown";

/** What left the fridge, or why that cannot be said. */
export type BasketDecision =
	| {
			kind: "settle";
			/** Empty: nothing is gone. Sorted by sku. */
			items: BasketItem[];
			/** How sure, 0 to 1000. */
			probabilityPermille: number;
			/** One or two sentences for people. */
			detail: string;
			/** What speaks for it, one sentence each, at most 12; only where cameras took part. */
			reasons?: string[] | undefined;
			/** Units that came to stand on a wrong shelf (positive), or were taken from one; only where cameras took part. */
			strays?: StrayChange[] | undefined;
	  }
	| {
			kind: "review";
			reason: ReviewReason;
			/** The likeliest baskets, likeliest first, at most 5; may be empty. */
			candidates: BasketCandidate[];
			/** Of the likeliest candidate. */
			probabilityPermille: number;
			detail: string;
			reasons?: string[] | undefined;
	  };

const permille = z.int().min(0).max(1000);
const detail = z.string().max(500);
const reasons = z.array(z.string().max(200)).max(12).optional();
const strays = z
	.array(z.object({ sku: z.string().min(1).max(64), shelf: z.int().min(0).max(15), change: z.int().min(-99).max(99) }))
	.max(16)
	.optional();
const items = z.array(z.object({ sku: z.string().min(1).max(64), quantity: z.int().min(1).max(99) })).max(32);

/** Checks a {@link BasketDecision} that comes from outside. */
export const basketDecisionSchema = z.discriminatedUnion("kind", [
	z.object({ kind: z.literal("settle"), items, probabilityPermille: permille, detail, reasons, strays }),
	z.object({
		kind: z.literal("review"),
		reason: z.enum([
			"ambiguous-weight",
			"ambiguous-evidence",
			"senses-disagree",
			"unexplained-weight",
			"unstable-scale",
			"scale-fault",
			"forced-door",
			"foreign-object",
			"delivery-unknown",
		]),
		candidates: z.array(z.object({ items, probabilityPermille: permille })).max(5),
		probabilityPermille: permille,
		detail,
		reasons,
	}),
]);
