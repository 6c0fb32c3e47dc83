import { areaOf, type Box, intersectionOf, iou } from "../track/box.ts";
import { ClassPosterior } from "../track/class-posterior.ts";
import type { EventSettings } from "./event-settings.ts";
import type { ObservedFrame } from "./observed-frame.ts";

/** Something that stands still, averaged over pictures. */
export interface StandingThing {
	/** Median of each edge, pixels: a look that a hand cut off, or that took two things for one, does not move it. */
	readonly box: Box;
	/** Probability of each label, in the order of the labels. */
	readonly classes: Float64Array;
	/** Part of the pictures in which it was seen, of those where nothing moved before it; 0 to 1. */
	readonly presence: number;
	/** In how many pictures it was seen. */
	readonly looks: number;
	/** Mean of its scores. */
	readonly score: number;
	/** Standard error of each edge, pixels. */
	readonly errors: readonly number[];
}

/** What one camera sees stand over a short time, apart from what hands and arms hide. */
export interface StandingScene {
	readonly things: readonly StandingThing[];
	/** In how many of its pictures nothing that moves lies on a box. */
	freeFrames(box: Box): number;
}

interface Cluster {
	readonly boxes: Box[];
	scores: number;
	/** Sums of the edges, for the mean. */
	readonly sums: [number, number, number, number];
	/** Index of the last frame that added to it: one look a frame. */
	lastFrame: number;
	readonly classes: ClassPosterior;
}

/** Looks that overlap this much show the same thing. */
const sameIou = 0.55;
/** Two boxes of one picture that overlap this much are about one thing: what stands behind another shows less of itself. */
const doubleIou = 0.65;
/** A thing must be seen in this part of the pictures; see also {@link StandingThing.presence}. */
const leastPresence = 0.15;
/** What a hand or its arm covers by more than this may be held, or cut off. */
const leastCover = 0.02;

/**
 * Averages pictures of a scene. What a hand or its arm touches in a picture is left out of it; an arm reaches from the hand
 * to the lower edge of the picture.
 */
export function standingScene(
	frames: readonly ObservedFrame[],
	labels: readonly string[],
	{ scene_score_min: leastScore, class_evidence: evidence }: EventSettings,
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
		const taken: Box[] = [];
		for (const { box, score, label, classScores } of inOrder) {
			// A second opinion about the same thing.
			if (taken.some((other) => iou(other, box) > doubleIou)) continue;
			taken.push(box);
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
					boxes: [],
					scores: 0,
					sums: [0, 0, 0, 0],
					lastFrame: frame,
					classes: new ClassPosterior(labels.length, evidence),
				};
				clusters.push(best);
			}
			for (const edge of [0, 1, 2, 3] as const) best.sums[edge] += box[edge];
			best.boxes.push(box);
			best.scores += score;
			best.lastFrame = frame;
			best.classes.add({ label: labels.indexOf(label), score, classScores });
		}
	}
	const things = clusters.flatMap(({ boxes, classes, scores }): StandingThing[] => {
		const edges = [0, 1, 2, 3].map((edge) => boxes.map((box) => box[edge]!).sort((a, b) => a - b));
		const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = edges.map(medianOf);
		const box: Box = [x1, y1, x2, y2];
		const looks = boxes.length;
		// A median may lie a little in a region that single looks kept out of.
		const free = Math.max(looks, freeFrames(box));
		if (looks < leastPresence * free) return [];
		const errors = edges.map((values, edge) => {
			const deviation = medianOf(values.map((value) => Math.abs(value - box[edge]!)).sort((a, b) => a - b));
			// Of a normal distribution it is .67 standard deviations, and a median errs by 1.25 times a mean.
			return (1.25 * deviation) / 0.6745 / Math.sqrt(looks);
		});
		return [{ box, classes: classes.probabilities, presence: looks / free, looks, score: scores / looks, errors }];
	});
	return { things: withoutDoubles(things), freeFrames };
}

/** Of sorted values, one or more. */
function medianOf(sorted: readonly number[]): number {
	const middle = sorted.length >> 1;
	return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
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
		if (!kept.some((other) => iou(other.box, thing.box) > doubleIou)) kept.push(thing);
	}
	return kept;
}

function meanOf({ sums, boxes: { length } }: Cluster): Box {
	return [sums[0] / length, sums[1] / length, sums[2] / length, sums[3] / length];
}
