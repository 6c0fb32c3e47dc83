import type { Detection } from "../detect/detection.ts";
import { assignBelow } from "./assignment.ts";
import { areaOf, type Box, iou } from "./box.ts";
import { distributionOf } from "./class-posterior.ts";
import { Track } from "./track.ts";
import { defaultTrackerSettings, type TrackerSettings } from "./tracker-settings.ts";

export interface TrackerOptions {
	/** Labels of the detector, in its order; what it calls something else counts as no class. */
	readonly labels: readonly string[];
	readonly settings?: TrackerSettings | undefined;
}

/** A detection with what the association needs of it. */
interface Seen {
	readonly detection: Detection;
	readonly label: number;
	/** Square root of each class's probability. */
	readonly roots: Float64Array;
}

/** What a track is matched by. */
interface Candidate {
	readonly track: Track;
	readonly box: Box;
	/** Square root of each class's probability. */
	readonly roots: Float64Array;
}

type Pairing = readonly (readonly [Candidate, Seen])[];

/**
 * Follows things from picture to picture of one camera, in the line of DeepSORT:
 *
 * 1. Each track foresees its box (Kalman). Strong detections are given to all tracks at the least sum of costs
 *    (Hungarian): distance of boxes, or of features where boxes agree roughly, plus disagreement about the class.
 * 2. Weak detections are given to tracks that were seen in the last picture and found nothing: what a hand half hides
 *    scores low (ByteTrack, Zhang et al. 2022).
 * 3. Strong detections that are left are given to tracks that are left, by the distance from where each was last *seen*
 *    (OC-SORT's recovery); what a hand grips starts suddenly, against all foresight.
 *
 * Hands are matched with hands only. The order of detections plays no part.
 */
export class Tracker {
	readonly #labels: readonly string[];
	readonly #settings: TrackerSettings;
	#tracks: Track[] = [];
	#nextId = 1;
	#lastMs: number | undefined;

	constructor({ labels, settings = defaultTrackerSettings }: TrackerOptions) {
		this.#labels = labels;
		this.#settings = settings;
	}

	/** All tracks that are not given up, in the order of their ids. */
	get tracks(): readonly Track[] {
		return this.#tracks;
	}

	/**
	 * Takes what was seen in the next picture. Returns the tracks that were seen in it, tentative ones among them. Throws a
	 * `RangeError` for a picture that is not younger than the last.
	 */
	update(detections: readonly Detection[], atMs: number): readonly Track[] {
		if (this.#lastMs !== undefined && !(atMs > this.#lastMs)) {
			throw new RangeError(
				`Tracker.update: the picture at ${atMs} ms is not younger than the last, ${this.#lastMs} ms.`,
			);
		}
		const lastMs = this.#lastMs;
		this.#lastMs = atMs;
		const { track_high_thresh: high, track_low_thresh: low, new_track_thresh: found } = this.#settings;
		const { hand_high_thresh: handHigh, new_hand_thresh: handFound } = this.#settings;
		const seen = this.#prepare(detections.filter(({ score }) => score >= low));
		const isStrong = ({ detection }: Seen) => detection.score >= (detection.label === "hand" ? handHigh : high);
		const strong = seen.filter(isStrong);
		const weak = seen.filter((one) => !isStrong(one));

		this.#tracks = this.#tracks.filter((track) => atMs - track.lastSeenMs <= this.#settings.max_age_ms);
		for (const track of this.#tracks) track.predict(atMs);
		const candidates = this.#tracks.map((track) => ({
			track,
			box: track.box,
			roots: track.classes.probabilities.map(Math.sqrt),
		}));

		const first = this.#pair(candidates, strong, (track, detection) => this.#cost(track, detection));
		const left = without(
			candidates,
			first.map(([candidate]) => candidate),
		);
		const recent = left.filter(({ track }) => track.lastSeenMs === lastMs);
		const second = this.#pair(recent, weak, (track, detection) => this.#weakCost(track, detection));
		const third = this.#pair(
			without(
				left,
				second.map(([candidate]) => candidate),
			),
			without(
				strong,
				first.map(([, one]) => one),
			),
			(track, detection) => this.#leapCost(track, detection),
		);

		const pairs = [...first, ...second, ...third];
		for (const [{ track }, { detection, label }] of pairs) track.see(detection, label, atMs);
		const missed = without(
			candidates,
			pairs.map(([candidate]) => candidate),
		);
		for (const { track } of missed) track.miss();
		const isOver = new Set(
			missed
				.filter(({ track }) => track.state === "tentative" && track.misses > this.#settings.tentative_misses)
				.map(({ track }) => track),
		);
		this.#tracks = this.#tracks.filter((track) => !isOver.has(track));
		for (const { detection, label } of without(
			strong,
			pairs.map(([, one]) => one),
		)) {
			if (detection.score < (detection.label === "hand" ? handFound : found)) continue;
			this.#tracks.push(new Track(this.#nextId++, detection, label, this.#labels.length, atMs, this.#settings));
		}
		return this.#tracks.filter(({ lastSeenMs }) => lastSeenMs === atMs);
	}

	/** In an order that does not depend on the one given: best score first, then by place. */
	#prepare(detections: readonly Detection[]): Seen[] {
		const inOrder = [...detections].sort(
			(a, b) =>
				b.score - a.score ||
				a.box[0] - b.box[0] ||
				a.box[1] - b.box[1] ||
				a.box[2] - b.box[2] ||
				a.box[3] - b.box[3] ||
				(a.label < b.label ? -1 : 1),
		);
		return inOrder.map((detection) => {
			const label = this.#labels.indexOf(detection.label);
			const { score, classScores } = detection;
			return {
				detection,
				label,
				roots: distributionOf({ label, score, classScores }, this.#labels.length).map(Math.sqrt),
			};
		});
	}

	#pair(
		candidates: readonly Candidate[],
		seen: readonly Seen[],
		cost: (candidate: Candidate, one: Seen) => number,
	): Pairing {
		if (candidates.length === 0 || seen.length === 0) return [];
		const costs = new Float64Array(candidates.length * seen.length);
		let index = 0;
		for (const candidate of candidates) {
			for (const one of seen) {
				costs[index++] =
					candidate.track.isHand === (one.detection.label === "hand") ? cost(candidate, one) : Number.POSITIVE_INFINITY;
			}
		}
		const columnOf = assignBelow(costs, candidates.length, seen.length, 1 + this.#settings.class_cost);
		return candidates.flatMap((candidate, row): Pairing => {
			const one = seen[columnOf[row]!];
			return one === undefined ? [] : [[candidate, one]];
		});
	}

	/** Of the first association: boxes, or features where they are nearer, and classes. */
	#cost(candidate: Candidate, one: Seen): number {
		const distance = 1 - iou(candidate.box, one.detection.box);
		if (distance >= this.#settings.max_iou_distance) return Number.POSITIVE_INFINITY;
		const apart = cosineDistance(candidate.track.feature, one.detection.feature);
		const nearest = apart < this.#settings.max_cosine_distance ? Math.min(distance, (distance + apart) / 2) : distance;
		return nearest + this.#settings.class_cost * disagreement(candidate, one);
	}

	#weakCost(candidate: Candidate, one: Seen): number {
		const distance = 1 - iou(candidate.box, one.detection.box);
		return distance >= this.#settings.max_low_iou_distance
			? Number.POSITIVE_INFINITY
			: distance + this.#settings.class_cost * disagreement(candidate, one);
	}

	/** Of the third association: the way from where it was last seen, in sizes of the box. */
	#leapCost(candidate: Candidate, one: Seen): number {
		const last = candidate.track.detection.box;
		const { box } = one.detection;
		const { isHand } = candidate.track;
		const most = isHand ? this.#settings.max_hand_leap : this.#settings.max_leap;
		const ratio = areaOf(box) / areaOf(last);
		// A hand comes in over the edge of the picture, which cuts it.
		if (!isHand && !(ratio > 0.4 && ratio < 2.5)) return Number.POSITIVE_INFINITY;
		const way = Math.hypot((box[0] + box[2] - last[0] - last[2]) / 2, (box[1] + box[3] - last[1] - last[3]) / 2);
		const leap = way / Math.sqrt(isHand ? Math.max(areaOf(last), areaOf(box)) : areaOf(last));
		const differ = disagreement(candidate, one);
		if (leap >= most || differ > 0.5) return Number.POSITIVE_INFINITY;
		return leap / most + this.#settings.class_cost * differ;
	}
}

function without<T>(all: readonly T[], some: readonly T[]): T[] {
	if (some.length === 0) return [...all];
	const gone = new Set(some);
	return all.filter((one) => !gone.has(one));
}

/** 0 where both are sure of the same class, up to 1 (one less the Bhattacharyya coefficient); hands have but one. */
function disagreement({ track, roots }: Candidate, one: Seen): number {
	if (track.isHand) return 0;
	let sum = 0;
	for (let index = 0; index < roots.length; index++) sum += roots[index]! * one.roots[index]!;
	return Math.max(0, 1 - sum);
}

/** 1 − cosine of two features of unit length; 2, the farthest, where one is missing. */
function cosineDistance(a: Float32Array | undefined, b: Float32Array | undefined): number {
	if (a === undefined || b === undefined || a.length !== b.length) return 2;
	let dot = 0;
	for (let index = 0; index < a.length; index++) dot += a[index]! * b[index]!;
	return 1 - dot;
}
