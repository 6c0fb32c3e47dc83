import type { Detection } from "../detect/detection.ts";
import { areaOf, type Box, intersectionOf, iou } from "../track/box.ts";
import { ClassPosterior } from "../track/class-posterior.ts";
import type { EventSettings } from "./event-settings.ts";
import type { HandLook } from "./hand-reaches.ts";
import type { ObservedFrame } from "./observed-frame.ts";
import type { StandingScene } from "./standing-scene.ts";

/** A product that went with a hand. */
export interface CarriedThing {
	/** Probability of each label. */
	readonly classes: Float64Array;
	/** Looks at the hand, and at the thing in it. */
	readonly handLooks: number;
	readonly looks: number;
	/** Logarithm of how much likelier the looks are if the thing was carried than if it was not. */
	readonly evidence: number;
	/** First and last box of it. */
	readonly first: Box;
	readonly last: Box;
}

interface Chain {
	readonly classes: ClassPosterior;
	readonly looks: {
		readonly box: Box;
		readonly score: number;
		readonly offset: readonly [number, number];
		readonly look: number;
	}[];
}

/** How often a carried thing is seen in a picture of its hand, and how often something else looks like one. */
const seenRate = 0.7;
const ghostRate = 0.08;
/** Looks a frame apart err together: each counts this much. */
const lookWeight = 0.7;

/**
 * Products that go with a hand on one leg of a reach: they touch it (`hand_iou_max`), they do not stand where something stood before
 * or stands afterwards, and they stay by the hand from picture to picture.
 */
export function carriedThings(
	leg: readonly HandLook[],
	frameAt: (atMs: number) => ObservedFrame | undefined,
	scenes: readonly StandingScene[],
	labels: readonly string[],
	settings: EventSettings,
): CarriedThing[] {
	const chains: Chain[] = [];
	let handLooks = 0;
	for (const [look, { atMs, box: hand }] of leg.entries()) {
		const frame = frameAt(atMs);
		if (frame === undefined) continue;
		const free = new Set(chains);
		const candidates = frame.detections
			.filter((detection) => isHeld(detection, hand, scenes, labels, settings))
			.sort((a, b) => b.score - a.score || a.box[0] - b.box[0]);
		// An edge of the picture that cuts the hand off may hide what it holds.
		if (candidates.length === 0 && !isMostlyInside(hand, frame)) continue;
		handLooks++;
		for (const { box, score, label, classScores } of candidates) {
			const offset = offsetOf(box, hand);
			let chain = nearestChain(free, offset, box, look);
			if (chain === undefined) {
				// What lies on a thing that was seen in this picture already is a second opinion about it.
				const isDouble = chains.some(({ looks }) => looks.at(-1)?.look === look && iou(looks.at(-1)!.box, box) > 0.5);
				if (isDouble) continue;
				chain = { classes: new ClassPosterior(labels.length, settings.class_evidence), looks: [] };
				chains.push(chain);
			}
			free.delete(chain);
			chain.looks.push({ box, score, offset, look });
			chain.classes.add({ label: labels.indexOf(label), score, classScores });
		}
	}
	return chains
		.map(({ classes, looks }): CarriedThing => {
			const sure = looks.reduce((sum, { score }) => sum + Math.min(1, score / 0.5), 0);
			const missed = Math.max(0, handLooks - looks.length);
			return {
				classes: classes.probabilities,
				handLooks,
				looks: looks.length,
				evidence:
					lookWeight * (sure * Math.log(seenRate / ghostRate) + missed * Math.log((1 - seenRate) / (1 - ghostRate))),
				first: looks[0]!.box,
				last: looks.at(-1)!.box,
			};
		})
		.filter(({ looks }) => looks >= 2)
		.sort((a, b) => b.evidence - a.evidence);
}

function isHeld(
	{ box, label, score }: Detection,
	hand: Box,
	scenes: readonly StandingScene[],
	labels: readonly string[],
	settings: EventSettings,
): boolean {
	if (label === "hand" || score < settings.held_score_min) return false;
	if (touch(box, hand) <= settings.hand_iou_max) return false;
	const index = labels.indexOf(label);
	// A part of what stands shows behind hand and arm.
	return !scenes.some(({ things }) =>
		things.some((thing) => {
			if ((thing.classes[index] ?? 0) < 0.1) return iou(thing.box, box) > 0.8;
			return iou(thing.box, box) > 0.6 || intersectionOf(thing.box, box) > 0.8 * areaOf(box);
		}),
	);
}

/** Intersection over the smaller of two boxes, 0 to 1. */
export function touch(one: Box, other: Box): number {
	const smaller = Math.min(areaOf(one), areaOf(other));
	return smaller === 0 ? 0 : intersectionOf(one, other) / smaller;
}

/** From the middle of the hand to that of the thing, in sizes of the thing. */
function offsetOf(box: Box, hand: Box): readonly [number, number] {
	const size = Math.sqrt(areaOf(box)) || 1;
	return [(box[0] + box[2] - hand[0] - hand[2]) / 2 / size, (box[1] + box[3] - hand[1] - hand[3]) / 2 / size];
}

function nearestChain(
	chains: ReadonlySet<Chain>,
	offset: readonly [number, number],
	box: Box,
	look: number,
): Chain | undefined {
	let nearest: Chain | undefined;
	let least = 0.6;
	for (const chain of chains) {
		const last = chain.looks.at(-1);
		if (last === undefined || look - last.look > 4) continue;
		const ratio = areaOf(box) / (areaOf(last.box) || 1);
		if (ratio < 0.4 || ratio > 2.5) continue;
		const way = Math.hypot(offset[0] - last.offset[0], offset[1] - last.offset[1]);
		if (way >= least) continue;
		least = way;
		nearest = chain;
	}
	return nearest;
}

function isMostlyInside(hand: Box, { width, height }: ObservedFrame): boolean {
	const edge = 2;
	const cut = [hand[0] <= edge, hand[1] <= edge, hand[2] >= width - edge, hand[3] >= height - edge].filter(
		Boolean,
	).length;
	const isThin = hand[2] - hand[0] < 0.03 * width || hand[3] - hand[1] < 0.05 * height;
	return cut < 2 && !(cut === 1 && isThin);
}
