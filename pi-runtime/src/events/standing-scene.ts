import { areaOf, type Box, intersectionOf, iou } from "../track/box.ts";
import { ClassPosterior } from "../track/class-posterior.ts";
import type { ObservedFrame } from "./observed-frame.ts";

/** Something that stands still, averaged over pictures. */
export interface StandingThing {
	/** Mean, pixels. */
	readonly box: Box;
	/** Probability of each label, in the order of the labels. */
	readonly classes: Float64Array;
	/** Part of the pictures in which it was seen, of those where nothing moved before it; 0 to 1. */
	readonly presence: number;
	/** In how many pictures it was seen. */
	readonly looks: number;
	/** Standard error of the mean of an edge, pixels. */
	readonly errorPixels: number;
}

/** What one camera sees stand over a short time, apart from what hands and arms hide. */
export interface StandingScene {
	readonly things: readonly StandingThing[];
	/** In how many of its pictures nothing that moves lies on a box. */
	freeFrames(box: Box): number;
}

interface Cluster {
	readonly sums: [number, number, number, number];
	readonly squares: [number, number, number, number];
	weight: number;
	count: number;
	/** Index of the last frame that added to it: one look a frame. */
	lastFrame: number;
	readonly classes: ClassPosterior;
}

/** Scores below this are not even looked at. */
const leastScore = 0.12;
/** Looks that overlap this much show the same thing. */
const sameIou = 0.55;
/** A thing must be seen in this part of the pictures; see also {@link StandingThing.presence}. */
const leastPresence = 0.15;
/** What a hand or its arm covers by more than this may be held, or cut off. */
const leastCover = 0.02;

/**
 * Averages pictures of a scene. What a hand or its arm touches in a picture is left out of it; an arm reaches from the hand
 * to the lower edge of the picture. `evidence` weighs a look for the class, see `class_evidence`.
 */
export function standingScene(
	frames: readonly ObservedFrame[],
	labels: readonly string[],
	evidence: number,
): StandingScene {
	const clusters: Cluster[] = [];
	const arms = frames.map(armsOf);
	const freeFrames = (box: Box) => arms.filter((boxes) => !boxes.some((arm) => covers(arm, box))).length;
	for (const [frame, { detections }] of frames.entries()) {
		const inOrder = detections
			.filter(
				({ label, score, box }) =>
					label !== "hand" && score >= leastScore && !arms[frame]!.some((arm) => covers(arm, box)),
			)
			.sort((a, b) => b.score - a.score || a.box[0] - b.box[0] || a.box[1] - b.box[1]);
		for (const { box, score, label, classScores } of inOrder) {
			let best: Cluster | undefined;
			let most = sameIou;
			for (const cluster of clusters) {
				if (cluster.lastFrame === frame) continue;
				const overlap = iou(meanOf(cluster), box);
				if (overlap <= most) continue;
				most = overlap;
				best = cluster;
			}
			if (best === undefined) {
				best = {
					sums: [0, 0, 0, 0],
					squares: [0, 0, 0, 0],
					weight: 0,
					count: 0,
					lastFrame: frame,
					classes: new ClassPosterior(labels.length, evidence),
				};
				clusters.push(best);
			}
			for (const edge of [0, 1, 2, 3] as const) {
				best.sums[edge] += score * box[edge];
				best.squares[edge] += score * box[edge] ** 2;
			}
			best.weight += score;
			best.count++;
			best.lastFrame = frame;
			best.classes.add({ label: labels.indexOf(label), score, classScores });
		}
	}
	const things = clusters.flatMap((cluster): StandingThing[] => {
		const box = meanOf(cluster);
		// A mean may lie a little into a region that single looks kept out of.
		const free = Math.max(cluster.count, freeFrames(box));
		if (cluster.count < leastPresence * free) return [];
		const variances = [0, 1, 2, 3].map((edge) => cluster.squares[edge]! / cluster.weight - box[edge]! ** 2);
		const variance = Math.max(0, ...variances);
		return [
			{
				box,
				classes: cluster.classes.probabilities,
				presence: cluster.count / free,
				looks: cluster.count,
				errorPixels: Math.sqrt(variance / cluster.count),
			},
		];
	});
	return { things: withoutDoubles(things), freeFrames };
}

/** Boxes around each hand with what it may hold, and the arm behind it, which comes from below. */
function armsOf({ detections, height }: ObservedFrame): Box[] {
	return detections
		.filter(({ label, score }) => label === "hand" && score >= 0.2)
		.map(({ box: [x1, y1, x2, y2] }): Box => {
			const margin = 0.6 * (x2 - x1);
			return [x1 - margin, y1 - 0.5 * (y2 - y1), x2 + margin, height];
		});
}

function covers(arm: Box, box: Box): boolean {
	return intersectionOf(arm, box) > leastCover * areaOf(box);
}

/** Of two boxes that lie on each other almost fully, the one that was seen more often. */
function withoutDoubles(things: readonly StandingThing[]): StandingThing[] {
	const kept: StandingThing[] = [];
	for (const thing of [...things].sort(
		(a, b) => b.presence - a.presence || a.box[0] - b.box[0] || a.box[1] - b.box[1],
	)) {
		if (!kept.some((other) => iou(other.box, thing.box) > 0.8)) kept.push(thing);
	}
	return kept;
}

function meanOf({ sums, weight }: Cluster): Box {
	return [sums[0] / weight, sums[1] / weight, sums[2] / weight, sums[3] / weight];
}
