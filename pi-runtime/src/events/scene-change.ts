import { areaOf, type Box, intersectionOf } from "../track/box.ts";
import type { StandingScene, StandingThing } from "./standing-scene.ts";

/** One unit that is gone from a scene, or came to it. */
export interface UnitChange {
	readonly kind: "removed" | "added";
	readonly thing: StandingThing;
	/** How unlikely it is that the thing was in both scenes and overlooked in one: minus the logarithm of that probability. */
	readonly certainty: number;
}

/** A change less certain than this is none. */
const leastCertainty = 3;
/** Edges of the same thing agree this well, as a part of its size, where they were seen often enough. */
const tolerance = 0.12;
/** Errors of an edge that are still believed, in standard errors; but no more than a multiple of the usual tolerance. */
const deviations = 3.5;
const mostTolerance = 2;
/** No edge is known better than this, pixels. */
const leastPixels = 1.5;
/** A place of which more than this is covered could hide a thing. */
const mostCovered = 0.5;
/** Only what is seen in this part of the pictures of one scene can be missed, or be new, in another. */
const surePresence = 0.7;
/** … and at least in so many, where its place must be free in as many of the other. */
const sureFrames = 2;

/**
 * What is gone and what has come between two scenes of one camera.
 *
 * Things of a kind stand one behind the other. The one in front is seen whole but for a side that a neighbour hides; of those
 * behind it the upper edge and both sides are seen, since cameras look from above. So a thing is the same if three of its
 * edges are; the fourth tells what stands before it. Gone is a thing in front without such a partner afterwards, and each of its row behind it that
 * stood before the one that is in front now; and what looked out behind things of other kinds, where nothing is now. Come is the
 * mirror of that.
 */
export function changesBetween(before: StandingScene, after: StandingScene): UnitChange[] {
	const partners = pairOf(before.things, after.things);
	const isSame = new Set(partners.values());
	const isSeenIn = (scene: StandingScene) => (thing: StandingThing) =>
		scene.freeFrames(thing.box) >= sureFrames && certaintyOf(thing, scene) >= leastCertainty;
	const removed = frontOf(before.things)
		.filter((thing) => before.freeFrames(withFront(thing)) >= sureFrames)
		.filter((thing) => !partners.has(thing))
		.filter(isSeenIn(after))
		.flatMap((thing) => before.things.filter((other) => isNearer(other, thing, before.things, after.things, partners)));
	const added = frontOf(after.things)
		.filter((thing) => after.freeFrames(withFront(thing)) >= sureFrames)
		.filter((thing) => !isSame.has(thing))
		.filter(isSeenIn(before))
		.flatMap((thing) =>
			after.things.filter((other) => isNearer(other, thing, after.things, before.things, reversed(partners))),
		);
	// What one unit hid is no other unit that came or went.
	const isRevealed = (thing: StandingThing) =>
		removed.some((front) => isOneRow(front, thing) && front.box[3] > thing.box[3]);
	const isHidden = (thing: StandingThing) =>
		added.some((front) => isOneRow(front, thing) && front.box[3] >= thing.box[3]);
	removed.push(...strangersOf(before, after).filter(isSeenIn(after)));
	added.push(...strangersOf(after, before).filter(isSeenIn(before)));
	return [
		...[...new Set(removed)]
			.filter((thing) => !isHidden(thing))
			.map((thing): UnitChange => ({ kind: "removed", thing, certainty: certaintyOf(thing, after) })),
		...[...new Set(added)]
			.filter((thing) => !isRevealed(thing))
			.map((thing): UnitChange => ({ kind: "added", thing, certainty: certaintyOf(thing, before) })),
	];
}

/**
 * Things behind others that are none of their row, and that could be seen in the other scene, where nothing is in their place: somebody
 * has put a thing where it does not belong, or has taken it from there.
 */
function strangersOf(own: StandingScene, other: StandingScene): StandingThing[] {
	const front = new Set(frontOf(own.things));
	return own.things.filter(
		(thing) =>
			thing.presence >= surePresence &&
			thing.looks >= sureFrames &&
			!front.has(thing) &&
			![...own.things, ...other.things].some((near) => near !== thing && isOneRow(near, thing)) &&
			other.things.every(({ box }) => intersectionOf(box, thing.box) < mostCovered * areaOf(thing.box)),
	);
}

/** With the place before it: what a hand hides there may stand before it. */
function withFront({ box: [x1, y1, x2, y2] }: StandingThing): Box {
	return [x1, y1, x2, y2 + (x2 - x1) / 2];
}

/** Against the thing being overlooked in every free picture of the other scene: it is seen in part of its own. */
function certaintyOf(thing: StandingThing, other: StandingScene): number {
	const { looks, presence, score } = thing;
	const frames = looks / presence;
	const seen = Math.min((looks + 0.5) / (frames + 1), score + 0.2);
	return -other.freeFrames(thing.box) * Math.log(1 - seen);
}

type Partners = ReadonlyMap<StandingThing, StandingThing>;

/** Pairs of a thing before and the same thing after, the best agreement first. */
function pairOf(before: readonly StandingThing[], after: readonly StandingThing[]): Partners {
	const isFree = (things: readonly StandingThing[]) =>
		new Set(things.filter((thing) => !things.some((other) => other.presence >= 0.5 && isBefore(other, thing))));
	const [freeBefore, freeAfter] = [isFree(before), isFree(after)];
	const pairs = before.flatMap((one) =>
		after.flatMap((other) => {
			const off = disagreementOf(one, other, freeBefore.has(one) && freeAfter.has(other));
			return off < 1 ? [{ one, other, off }] : [];
		}),
	);
	pairs.sort((a, b) => a.off - b.off);
	const partners = new Map<StandingThing, StandingThing>();
	const isTaken = new Set<StandingThing>();
	for (const { one, other } of pairs) {
		if (partners.has(one) || isTaken.has(other)) continue;
		partners.set(one, other);
		isTaken.add(other);
	}
	return partners;
}

function reversed(partners: Partners): Partners {
	return new Map([...partners].map(([one, other]) => [other, one]));
}

/**
 * In tolerances; below 1 for the same thing. Before what stands free in both scenes there is nothing that could hide its
 * lower edge: both heights must agree, and one side. Of other things the three edges that agree best count.
 */
function disagreementOf(one: StandingThing, other: StandingThing, isFree: boolean): number {
	if (agreementOf(one.classes, other.classes) < 0.3) return Number.POSITIVE_INFINITY;
	const width = Math.max(one.box[2] - one.box[0], other.box[2] - other.box[0]);
	const height = Math.max(one.box[3] - one.box[1], other.box[3] - other.box[1]);
	const off = [0, 1, 2, 3].map((edge) => {
		const usual = tolerance * (edge % 2 === 0 ? width : height);
		const error = deviations * Math.hypot(one.errors[edge]!, other.errors[edge]!);
		const allowed = Math.max(usual, Math.min(error, mostTolerance * usual), leastPixels);
		return Math.abs(one.box[edge]! - other.box[edge]!) / allowed;
	});
	if (isFree) return Math.max(off[1]!, off[3]!, Math.min(off[0]!, off[2]!));
	return off.sort((a, b) => a - b)[2]!;
}

/**
 * Things that nothing stands before, as far as that is sure. A box is that of the part that can be seen, so what stands behind
 * ends where the upper edge of what stands before it begins.
 */
function frontOf(things: readonly StandingThing[]): StandingThing[] {
	return things.filter(
		(thing) =>
			thing.presence >= surePresence &&
			thing.looks >= sureFrames &&
			!things.some((other) => other.presence >= 0.5 && isBefore(other, thing)),
	);
}

function isBefore(other: StandingThing, thing: StandingThing): boolean {
	const [x1, y1, x2, y2] = thing.box;
	const shared = Math.min(x2, other.box[2]) - Math.max(x1, other.box[0]);
	const margin = 0.08 * (other.box[3] - other.box[1]);
	return (
		other !== thing &&
		shared > 0.3 * (x2 - x1) &&
		other.box[3] > y2 + margin &&
		other.box[1] < y2 + margin &&
		other.box[1] > y1 - margin
	);
}

/**
 * Whether `other` belongs to the row that begins with `front`, has no partner, and stood before what is in front of that
 * row in the other scene.
 */
function isNearer(
	other: StandingThing,
	front: StandingThing,
	own: readonly StandingThing[],
	opposite: readonly StandingThing[],
	partners: Partners,
): boolean {
	if (other === front) return true;
	if (partners.has(other) || !isOneRow(front, other) || !own.includes(other)) return false;
	const nowInFront = frontOf(opposite).filter((thing) => isOneRow(front, thing));
	// Where the whole row is gone, so is all of it that was seen.
	return nowInFront.every((thing) => other.box[1] > thing.box[1] + tolerance * (thing.box[3] - thing.box[1]));
}

/** The same product, and one behind the other. */
function isOneRow(one: StandingThing, other: StandingThing): boolean {
	const shared = Math.min(one.box[2], other.box[2]) - Math.max(one.box[0], other.box[0]);
	const narrower = Math.min(one.box[2] - one.box[0], other.box[2] - other.box[0]);
	return shared > 0.6 * narrower && agreementOf(one.classes, other.classes) > 0.5;
}

/** Bhattacharyya coefficient of two distributions: 1 for the same, 0 for nothing in common. */
export function agreementOf(one: Float64Array, other: Float64Array): number {
	let sum = 0;
	for (let index = 0; index < one.length; index++) sum += Math.sqrt(one[index]! * other[index]!);
	return sum;
}
