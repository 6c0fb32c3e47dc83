import type { ShelfSnapshot, VisionEvent } from "./vision-evidence.ts";

/**
 * What cameras can tell, as numbers: assumptions about detectors, trackers and shoppers, on the careful side. A network
 * is surer of itself in a shop than it has reason to be, whatever it was calibrated on (Guo et al., "On Calibration of
 * Modern Neural Networks", ICML 2017), so that its probabilities are flattened before anybody is charged by them.
 */

/** Probabilities of products are raised to the power of one by this. */
const temperature = 1.25;

/** Of what a camera did not recognise: the share that is none of the fridge's products. The rest may be any of them. */
const foreignShare = 0.1;

/** This share of an event's probability is spread over all products alike: the picture may show anything. */
const uniformShare = 0.03;

/** No event is surer than 1 − this, and none less sure than this. */
const leastDoubt = 0.03;

/** Expected takes at one shelf, between two settled weights, that no camera saw. */
export const unseenTakes = 0.05;

/** Expected returns that no camera saw, likewise. */
export const unseenReturns = 0.01;

/** So many unseen changes between two settled weights are considered, and no more. */
export const mostUnseen = 3;

/** How much less likely a product comes off a shelf where it does not belong, and where nobody is known to have put it. */
export const strayShare = 0.01;

/** Of returns to one shelf: how much less likely a product is put where it does not belong. */
export const elsewhereShare = 0.3;

/** Counts of before and after are wrong altogether this often: any change is then as likely as any other. */
const snapshotMistake = 0.01;

/** Events and snapshots look at the same pictures and err together: what snapshots say counts by this exponent. */
export const snapshotShare = 0.6;

/** Changes from −4 to +4. */
const snapshotChanges = 9;

/**
 * How much likelier at one shelf the best story of the cameras alone may be than what they say to the basket that the
 * weights demand. Beyond it the senses disagree. One event that did not happen costs some 15 to 30, a return that went unseen
 * 100, a snapshot that missed a take 8 and one that counted altogether otherwise 740; a take that went unseen costs nothing. So a
 * return may go unseen, and nothing may speak against the basket beside it: a stone that takes the place of goods is such a return.
 */
export const widestDisagreement = 120;

/** What an event says after flattening: `happened`, and for each of `skus` the probability given that it did. */
export interface FlattenedEvent {
	readonly happened: number;
	readonly products: readonly number[];
	/** The probability that it was none of them. */
	readonly other: number;
}

export function flatten(event: VisionEvent, skus: readonly string[]): FlattenedEvent {
	const said = skus.map((sku) => Math.max(0, event.products[sku] ?? 0));
	const rest = Math.max(0, 1 - said.reduce((sum, value) => sum + value, 0));
	const raised = [...said, rest].map((value) => value ** (1 / temperature));
	const total = raised.reduce((sum, value) => sum + value, 0);
	const unknown = total === 0 ? 1 : raised[raised.length - 1]! / total;
	const guess = ((1 - foreignShare) * unknown) / skus.length;
	const happened = Math.min(1, Math.max(0, event.probability));
	return {
		happened: leastDoubt + (1 - 2 * leastDoubt) * happened,
		products: raised
			.slice(0, -1)
			.map((value) => (1 - uniformShare) * (total === 0 ? guess : value / total + guess) + uniformShare / skus.length),
		other: (1 - uniformShare) * foreignShare * unknown,
	};
}

/** How well a snapshot fits a net change of one product, 0 to 1. */
export function snapshotLikelihood(changes: ShelfSnapshot["changes"][string], change: number): number {
	const said = changes.find(([candidate]) => candidate === change)?.[1] ?? 0;
	return (1 - snapshotMistake) * said + snapshotMistake / snapshotChanges;
}
