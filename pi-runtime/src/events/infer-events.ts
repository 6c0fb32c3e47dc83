import type { VisionEvent } from "@visionvend/sdk/basket/vision-evidence";
import { assignBelow } from "../track/assignment.ts";
import { centreOf, iou } from "../track/box.ts";
import { Tracker } from "../track/tracker.ts";
import { defaultTrackerSettings, type TrackerSettings } from "../track/tracker-settings.ts";
import { type CarriedThing, carriedThings } from "./carried-things.ts";
import { defaultEventSettings, type EventSettings } from "./event-settings.ts";
import { type HandLook, type Reach, reachesOf } from "./hand-reaches.ts";
import type { ObservedFrame } from "./observed-frame.ts";
import { agreementOf, changesBetween, type UnitChange } from "./scene-change.ts";
import { type ShelfZone, shelfAt } from "./shelf-zones.ts";
import { type StandingScene, standingScene } from "./standing-scene.ts";
import { reachesOfSteps, type Unrest } from "./step-reaches.ts";

export interface EventOptions {
	/** Labels of the detector, `hand` among them. */
	readonly labels: readonly string[];
	readonly zones: readonly ShelfZone[];
	readonly settings?: EventSettings | undefined;
	readonly trackerSettings?: TrackerSettings | undefined;
	/** When scales were not at rest: something may have changed there, though no hand was seen. */
	readonly unrest?: readonly Unrest[] | undefined;
}

/** What may have happened in one reach, before the zones name a shelf. */
interface Candidate {
	readonly kind: "taken" | "returned";
	readonly reach: Reach;
	readonly classes: Float64Array;
	/** Log odds. */
	readonly odds: number;
	/** Point of the picture where it happened, pixels. */
	readonly place: readonly [x: number, y: number];
	/** Something is gone or has come there. */
	readonly isSeenToChange: boolean;
}

interface Placed extends Candidate {
	readonly shelf: number;
}

/** Log odds that a reach with a carried thing is an event, before looking at the looks. */
const carriedPrior = -0.5;
/** What a change of the scene adds to the odds of a carried thing that fits it, and what none takes away. */
const changeSeen = 3;
const changeMissing = -1;
/** Log odds of a change of the scene that nobody was seen to carry: where the hand was hardly seen, and where it looked empty. */
const changeAlone = 0.4;
const changeByEmptyHand = 0.2;
/** A hand that was seen to carry one seldom has another of the kind. */
const secondOfAKind = -3;
/** Looks at a carried thing say no more than this. */
const mostEvidence = 5;

/**
 * Takes, returns and moves in what cameras saw, from the opening of the door until after it closed. Pictures without a
 * hand are worth as much as those with one: before and after each reach they show what is gone and what has come.
 * The order of frames plays no part. Events are in the order of time.
 */
export function inferEvents(frames: readonly ObservedFrame[], options: EventOptions): VisionEvent[] {
	const { labels, settings = defaultEventSettings } = options;
	const cameras = new Set(frames.map(({ camera }) => camera));
	const candidates = [...cameras].flatMap((camera) =>
		candidatesOfCamera(inOrder(frames.filter((frame) => frame.camera === camera)), options),
	);
	return joinMoves(withoutEchoes(candidates))
		.map((event) => tell(event, labels))
		.filter(({ probability }) => probability >= settings.event_probability_min)
		.sort((a, b) => a.fromMs - b.fromMs || a.untilMs - b.untilMs || a.shelf - b.shelf);
}

/** By time; of two pictures of one moment the first. */
function inOrder(frames: readonly ObservedFrame[]): ObservedFrame[] {
	const sorted = [...frames].sort((a, b) => a.atMs - b.atMs);
	return sorted.filter(({ atMs }, index) => index === 0 || atMs > sorted[index - 1]!.atMs);
}

function candidatesOfCamera(frames: readonly ObservedFrame[], options: EventOptions): Placed[] {
	const { labels, zones, settings = defaultEventSettings } = options;
	const [first] = frames;
	if (first === undefined) return [];
	const frameAt = new Map(frames.map((frame) => [frame.atMs, frame]));
	const scene = (some: readonly ObservedFrame[]) => standingScene(some, labels, settings);
	const seen = [...findReaches(frames, options), ...unknownReaches(frames)];
	const felt = reachesOfSteps(options.unrest ?? [], zones, first).map((reach) => atTouchOf(seen, reach));
	return burstsOf(frames, [...seen, ...felt], settings.scene_frames)
		.flatMap(({ before, reaches, after }) =>
			candidatesOf(reaches, (atMs) => frameAt.get(atMs), scene(before), scene(after), labels, settings),
		)
		.flatMap((candidate): Placed[] => {
			const [x, y] = candidate.place;
			const shelf = shelfAt(zones, first.camera, x / first.width, y / first.height);
			return shelf === undefined ? [] : [{ ...candidate, shelf }];
		});
}

/**
 * A hand on its way to the shelves of one camera may pass before another one. What both cameras saw go with a hand at one
 * time is one thing: it is told by the camera that also saw a shelf change, or else by the one that is surer.
 */
function withoutEchoes(candidates: readonly Placed[]): Placed[] {
	return candidates.filter((candidate) => {
		if (candidate.isSeenToChange) return true;
		return !candidates.some(
			(other) =>
				other.reach.camera !== candidate.reach.camera &&
				other.kind === candidate.kind &&
				(other.isSeenToChange || isSurer(other, candidate)) &&
				other.reach.fromMs <= candidate.reach.untilMs &&
				other.reach.untilMs >= candidate.reach.fromMs &&
				agreementOf(other.classes, candidate.classes) > 0.5,
		);
	});
}

/** What a scale felt while a hand was seen to touch happened at that touch: pictures know the time better. */
function atTouchOf(reaches: readonly Reach[], felt: Reach): Reach {
	const seen = reaches.filter(
		(reach) => touchOf(reach).fromMs <= felt.untilMs && touchOf(reach).untilMs >= felt.fromMs,
	);
	const [first] = seen;
	if (first === undefined) return felt;
	const { box } = felt.deepest;
	const touching = [first.touching[0] ?? first.deepest, seen.at(-1)!.touching.at(-1) ?? first.deepest].map(
		({ atMs }) => ({ atMs, box }),
	);
	return { ...felt, touching, deepest: touching[0]!, fromMs: first.fromMs, untilMs: seen.at(-1)!.untilMs };
}

function findReaches(
	frames: readonly ObservedFrame[],
	{ labels, trackerSettings = defaultTrackerSettings }: EventOptions,
): Reach[] {
	const tracker = new Tracker({ labels, settings: trackerSettings });
	const hands = new Map<number, HandLook[]>();
	for (const { detections, atMs } of frames) {
		for (const track of tracker.update(detections, atMs)) {
			if (!track.isHand) continue;
			const looks = hands.get(track.id) ?? [];
			looks.push({ atMs, box: track.detection.box });
			hands.set(track.id, looks);
		}
	}
	const [first] = frames;
	return [...hands]
		.filter(([, looks]) => looks.length >= 2)
		.flatMap(([hand, looks]) => reachesOf(first?.camera ?? 0, hand, looks, first?.height ?? 0))
		.sort((a, b) => a.fromMs - b.fromMs);
}

/** Reaches that touch at the same time, and the pictures before and after. */
interface Burst {
	readonly before: readonly ObservedFrame[];
	readonly reaches: readonly Reach[];
	readonly after: readonly ObservedFrame[];
}

/** Reaches at the same time. */
interface Touch {
	readonly reaches: Reach[];
	readonly fromMs: number;
	untilMs: number;
}

/** Cuts the time at touches. Pictures between two of them are after the one and before the other. */
function burstsOf(frames: readonly ObservedFrame[], reaches: readonly Reach[], most: number): Burst[] {
	const groups: Touch[] = [];
	for (const reach of [...reaches].sort((a, b) => touchOf(a).fromMs - touchOf(b).fromMs)) {
		const { fromMs, untilMs } = touchOf(reach);
		const last = groups.at(-1);
		if (last !== undefined && fromMs <= last.untilMs) {
			last.reaches.push(reach);
			last.untilMs = Math.max(last.untilMs, untilMs);
		} else {
			groups.push({ reaches: [reach], fromMs, untilMs });
		}
	}
	return groups.map(({ reaches, fromMs, untilMs }, index): Burst => {
		const sinceMs = groups[index - 1]?.untilMs ?? Number.NEGATIVE_INFINITY;
		const endMs = groups[index + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
		return {
			reaches,
			before: frames.filter(({ atMs }) => atMs > sinceMs && atMs < fromMs).slice(-most),
			after: frames.filter(({ atMs }) => atMs > untilMs && atMs < endMs).slice(0, most),
		};
	});
}

/** Motion without a longer pause than this is one. */
const sameMotionMs = 400;
/** A hand with this score was recognised, whether it reached for a shelf or passed. */
const recognisedScore = 0.3;
/** Shorter motion than this is none that takes anything. */
const leastMotionMs = 150;

/** Times in which something moved and no hand was recognised, each as a reach of a hand that may have been anywhere. */
function unknownReaches(frames: readonly ObservedFrame[]): Reach[] {
	const [first] = frames;
	if (first === undefined) return [];
	const handsMs = frames
		.filter(({ detections }) => detections.some(({ label, score }) => label === "hand" && score >= recognisedScore))
		.map(({ atMs }) => atMs);
	const motions: { fromMs: number; untilMs: number }[] = [];
	for (const { atMs, moved } of frames) {
		if (moved !== true || handsMs.some((handMs) => Math.abs(atMs - handMs) <= sameMotionMs)) continue;
		const last = motions.at(-1);
		if (last !== undefined && atMs - last.untilMs <= sameMotionMs) last.untilMs = atMs;
		else motions.push({ fromMs: atMs, untilMs: atMs });
	}
	const box = [0, 0, first.width, first.height] as const;
	return motions
		.filter(({ fromMs, untilMs }) => untilMs - fromMs >= leastMotionMs)
		.map(({ fromMs, untilMs }): Reach => {
			const begin = { atMs: fromMs, box };
			const touching = [begin, { atMs: untilMs, box }];
			return { camera: first.camera, hand: 0, inward: [], touching, outward: [], fromMs, untilMs, deepest: begin };
		});
}

function touchOf({ touching, deepest }: Reach): { fromMs: number; untilMs: number } {
	return { fromMs: (touching[0] ?? deepest).atMs, untilMs: (touching.at(-1) ?? deepest).atMs };
}

function candidatesOf(
	reaches: readonly Reach[],
	frameAt: (atMs: number) => ObservedFrame | undefined,
	before: StandingScene,
	after: StandingScene,
	labels: readonly string[],
	settings: EventSettings,
): Candidate[] {
	const scenes = [before, after];
	const carried = reaches.flatMap((reach) => {
		const inward = carriedThings(reach.inward, frameAt, scenes, labels, settings);
		const outward = carriedThings(reach.outward, frameAt, scenes, labels, settings);
		// What comes in and goes out again stays with its bearer.
		for (const thing of [...inward]) {
			const same = outward.find((other) => agreementOf(thing.classes, other.classes) > 0.6);
			if (same === undefined) continue;
			inward.splice(inward.indexOf(thing), 1);
			outward.splice(outward.indexOf(same), 1);
		}
		return [
			...outward.map((thing) => candidateOf("taken", reach, thing)),
			...inward.map((thing) => candidateOf("returned", reach, thing)),
		];
	});
	return withChanges(carried, withoutNudges(changesBetween(before, after)), reaches);
}

function candidateOf(kind: Candidate["kind"], reach: Reach, thing: CarriedThing): Candidate {
	const [handX, handY] = centreOf(reach.deepest.box);
	const evidence = Math.min(mostEvidence, thing.evidence);
	return {
		kind,
		reach,
		classes: thing.classes,
		odds: carriedPrior + evidence,
		place: [handX, handY],
		isSeenToChange: false,
	};
}

/** Without units that are gone from a place and came to nearly the same: a hand pushed them, or the detector wavers. */
function withoutNudges(changes: readonly UnitChange[]): UnitChange[] {
	const left = new Set(changes);
	for (const removed of changes) {
		if (removed.kind !== "removed") continue;
		for (const added of left) {
			if (added.kind !== "added") continue;
			// One place seldom changes its product: rather the detector its mind.
			const isAlike = agreementOf(added.thing.classes, removed.thing.classes) >= 0.3;
			if (iou(added.thing.box, removed.thing.box) < (isAlike ? 0.5 : 0.7)) continue;
			left.delete(added);
			left.delete(removed);
			break;
		}
	}
	return [...left];
}

/** Brings together what was carried and what changed where things stand. */
function withChanges(
	carried: readonly Candidate[],
	changes: readonly UnitChange[],
	reaches: readonly Reach[],
): Candidate[] {
	const costs = new Float64Array(carried.length * changes.length);
	for (const [row, candidate] of carried.entries()) {
		for (const [column, change] of changes.entries()) {
			const fits = (change.kind === "removed") === (candidate.kind === "taken");
			costs[row * changes.length + column] = fits
				? distanceOf(candidate.reach, change) + 1.5 * (1 - agreementOf(candidate.classes, change.thing.classes))
				: Number.POSITIVE_INFINITY;
		}
	}
	const columnOf = assignBelow(costs, carried.length, changes.length, 2);
	const isUsed = new Set(columnOf);
	const confirmed = carried.map((candidate, row): Candidate => {
		const change = changes[columnOf[row]!];
		if (change === undefined) return { ...candidate, odds: candidate.odds + changeMissing };
		return {
			...candidate,
			odds: candidate.odds + changeSeen,
			classes: productOf(candidate.classes, change.thing.classes),
			place: centreOf(change.thing.box),
			isSeenToChange: true,
		};
	});
	const paired = changes.filter((_, column) => isUsed.has(column));
	const alone = changes.flatMap((change, column): Candidate[] => {
		if (isUsed.has(column)) return [];
		const nearest = [...reaches].sort((a, b) => distanceOf(a, change) - distanceOf(b, change))[0];
		if (nearest === undefined || distanceOf(nearest, change) > 2) return [];
		const kind = change.kind === "removed" ? "taken" : "returned";
		return [
			{
				kind,
				reach: nearest,
				classes: change.thing.classes,
				odds: oddsAlone(nearest, change, paired),
				place: centreOf(change.thing.box),
				isSeenToChange: true,
			},
		];
	});
	// A reach takes or brings one unit as a rule: where more seem changed, each is less likely the one.
	const crowd = Math.log(Math.max(1, alone.length + paired.length));
	return [...confirmed, ...alone.map((candidate) => ({ ...candidate, odds: candidate.odds - crowd }))];
}

function oddsAlone(reach: Reach, { kind, thing, certainty }: UnitChange, paired: readonly UnitChange[]): number {
	const leg = kind === "removed" ? reach.outward : reach.inward;
	const surest = Math.max(...thing.classes);
	const isSecond = paired.some((other) => other.kind === kind && agreementOf(other.thing.classes, thing.classes) > 0.5);
	return (
		(leg.length >= 4 ? changeByEmptyHand : changeAlone) +
		(isSecond ? secondOfAKind : 0) +
		Math.max(-1, Math.min(1, (certainty - 6) / 4)) +
		Math.min(0, 2 * Math.log(surest / 0.5))
	);
}

/** From where a hand was deepest to a changed thing, in widths of the thing and half heights. */
function distanceOf({ deepest }: Reach, { thing: { box } }: UnitChange): number {
	const hand = deepest.box;
	const gap = (low1: number, high1: number, low2: number, high2: number) => Math.max(0, low2 - high1, low1 - high2);
	const across = gap(box[0], box[2], hand[0], hand[2]) / (box[2] - box[0]);
	const down = gap(box[1], box[3], hand[1], hand[3]) / (box[3] - box[1]);
	return Math.hypot(across, down);
}

function productOf(one: Float64Array, other: Float64Array): Float64Array {
	const both = one.map((value, index) => value * other[index]!);
	const sum = both.reduce((total, value) => total + value, 0);
	return sum > 0 ? both.map((value) => value / sum) : one;
}

/** Of two that are alike the upper camera's: a hand comes from below. */
function isSurer(one: Placed, other: Placed): boolean {
	return one.odds > other.odds || (one.odds === other.odds && one.reach.camera < other.reach.camera);
}

interface Told extends Placed {
	/** Where it went, for what only changed its place. */
	readonly to?: Placed | undefined;
}

/** What one hand takes at one shelf and puts down at another, without going away between, was moved. */
function joinMoves(candidates: readonly Placed[]): Told[] {
	const left = new Set(candidates);
	const moves: Told[] = [];
	for (const taken of candidates) {
		if (taken.kind !== "taken") continue;
		const put = candidates.find(
			(other) =>
				left.has(other) &&
				other.kind === "returned" &&
				other.reach.camera === taken.reach.camera &&
				other.reach.hand === taken.reach.hand &&
				other.reach.fromMs === taken.reach.untilMs &&
				other.shelf !== taken.shelf &&
				agreementOf(other.classes, taken.classes) > 0.6,
		);
		if (put === undefined) continue;
		left.delete(put);
		left.delete(taken);
		moves.push({
			...taken,
			odds: Math.min(taken.odds, put.odds),
			classes: productOf(taken.classes, put.classes),
			to: put,
		});
	}
	return [...moves, ...left];
}

function tell({ kind, reach, classes, odds, shelf, to }: Told, labels: readonly string[]): VisionEvent {
	const first = reach.touching[0] ?? reach.deepest;
	const last = (to?.reach ?? reach).touching.at(-1) ?? reach.deepest;
	const products: Record<string, number> = {};
	for (const [index, label] of labels.entries()) {
		const probability = classes[index] ?? 0;
		if (label !== "hand" && probability >= 0.005) products[label] = probability;
	}
	return {
		kind: to === undefined ? kind : "moved",
		shelf,
		...(to === undefined ? undefined : { toShelf: to.shelf }),
		fromMs: first.atMs,
		untilMs: last.atMs,
		products,
		probability: 1 / (1 + Math.exp(-odds)),
	};
}
