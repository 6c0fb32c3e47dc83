import type { Box } from "../track/box.ts";

/** A hand in one picture. */
export interface HandLook {
	readonly atMs: number;
	readonly box: Box;
}

/** A hand goes in, touches, and comes out. */
export interface Reach {
	readonly camera: number;
	/** Number of the hand's track. */
	readonly hand: number;
	/** Looks on its way in, oldest first. */
	readonly inward: readonly HandLook[];
	/** Looks around the deepest point; never empty. */
	readonly touching: readonly HandLook[];
	readonly outward: readonly HandLook[];
	readonly fromMs: number;
	readonly untilMs: number;
	/** Where it was deepest. */
	readonly deepest: HandLook;
}

/** A hand that goes so far back and in again reaches a second time; parts of the picture's height. */
const turnPart = 0.04;
/** Its middle within this of where it was deepest, it touches: it grips, pulls and lifts there. */
const touchPart = 0.08;

/**
 * Cuts the way of one hand into reaches. The cameras look from in front and from above, so that the deeper a hand
 * reaches, the higher it is in the picture: a reach is a lowest value of its upper edge between two higher ones.
 * `looks` are in the order of time; `height` is that of the picture, pixels.
 */
export function reachesOf(camera: number, hand: number, looks: readonly HandLook[], height: number): Reach[] {
	const turns = deepestOf(looks, turnPart * height);
	const reaches = turns.map(({ from, at, until }): Reach => {
		const deepest = looks[at]!;
		const isThere = (index: number) => wayBetween(looks[index]!.box, deepest.box) <= touchPart * height;
		let first = at;
		while (first > from && isThere(first - 1)) first--;
		let last = at;
		while (last < until && isThere(last + 1)) last++;
		return {
			camera,
			hand,
			inward: looks.slice(from, first),
			touching: looks.slice(first, last + 1),
			outward: looks.slice(last + 1, until + 1),
			fromMs: looks[from]!.atMs,
			untilMs: looks[until]!.atMs,
			deepest,
		};
	});
	// A hand that only passes, from an upper shelf or out of the picture, is highest where it comes or goes.
	return reaches.filter(
		({ inward, touching, outward }) => touching.length >= 3 || (inward.length > 0 && outward.length > 0),
	);
}

/** Indices of each reach: where it begins, is deepest, and ends. */
function deepestOf(looks: readonly HandLook[], turn: number): { from: number; at: number; until: number }[] {
	const found: { from: number; at: number; until: number }[] = [];
	if (looks.length === 0) return found;
	const depth = (index: number) => looks[index]!.box[1];
	let from = 0;
	let at = 0;
	let outermost = 0;
	for (let index = 1; index < looks.length; index++) {
		if (outermost > at && depth(outermost) - depth(at) >= turn && depth(outermost) - depth(index) >= turn) {
			// It came out far enough, and goes in again.
			found.push({ from, at, until: outermost });
			from = outermost;
			at = index;
			outermost = index;
		} else if (depth(index) < depth(at)) {
			at = index;
			outermost = index;
		} else if (depth(index) >= depth(outermost)) {
			outermost = index;
		}
	}
	found.push({ from, at, until: looks.length - 1 });
	return found;
}

/** Between the middles of the upper edges: below, a picture ends and cuts hands off. */
function wayBetween(one: Box, other: Box): number {
	return Math.hypot((one[0] + one[2] - other[0] - other[2]) / 2, one[1] - other[1]);
}
