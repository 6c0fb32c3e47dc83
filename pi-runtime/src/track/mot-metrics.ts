import { assign } from "./assignment.ts";
import { iou } from "./box.ts";
import { byFrame, MotFileError, type MotRow } from "./mot-file.ts";

/** How well a result tells the truth. Parts are 0 to 1, except that `mota` may fall below 0. */
export interface MotMetrics {
	/** Frames with anything in them, of the truth or of the result. */
	readonly frames: number;
	readonly truthBoxes: number;
	readonly resultBoxes: number;
	readonly truthTracks: number;
	readonly resultTracks: number;
	/** 1 − (FP + FN + switches) / boxes of the truth. */
	readonly mota: number;
	/** Mean IoU of the boxes that match. (py-motmetrics prints 1 less this.) */
	readonly motp: number;
	readonly falsePositives: number;
	readonly falseNegatives: number;
	readonly switches: number;
	/** Times a track of the truth is taken up again after a break. */
	readonly fragmentations: number;
	/** Tracks of the truth that are followed for more than 80 % of their frames; for at least 20 %; for less. */
	readonly mostlyTracked: number;
	readonly partlyTracked: number;
	readonly mostlyLost: number;
	readonly idf1: number;
	readonly idPrecision: number;
	readonly idRecall: number;
	readonly hota: number;
	readonly detA: number;
	readonly assA: number;
	readonly locA: number;
}

/** From this IoU on boxes match in MOTA, MOTP and IDF1. */
const matchIou = 0.5;
const epsilon = Number.EPSILON;

/** Of pedestrians only these are asked for; boxes on the others below are neither right nor wrong (TrackEval). */
const countedClass = 1;
/** Person on a vehicle, static person, distractor, reflection. */
const distractors: ReadonlySet<number> = new Set([2, 7, 8, 12]);

/** One frame, with ids as indices from 0. */
interface EvaluationFrame {
	readonly truth: readonly number[];
	readonly result: readonly number[];
	/** IoU, `truth` × `result`. */
	readonly similarity: Float64Array;
}

interface Sequence {
	readonly frames: readonly EvaluationFrame[];
	readonly truthTracks: number;
	readonly resultTracks: number;
}

/**
 * Compares a result with the truth as TrackEval does for MOTChallenge: CLEAR-MOT (Bernardin and Stiefelhagen 2008),
 * identity (Ristani et al. 2016) and HOTA (Luiten et al. 2021). Rows of the truth with confidence 0 or of another class
 * than 1 are not asked for (a file without classes asks for all), and boxes of the result that lie on a distractor are taken
 * out first. Throws a `MotFileError` when a frame has an id twice.
 */
export function evaluateMot(truth: readonly MotRow[], result: readonly MotRow[]): MotMetrics {
	const sequence = prepare(truth, result);
	return {
		frames: sequence.frames.length,
		truthBoxes: sum(sequence.frames.map((frame) => frame.truth.length)),
		resultBoxes: sum(sequence.frames.map((frame) => frame.result.length)),
		truthTracks: sequence.truthTracks,
		resultTracks: sequence.resultTracks,
		...clear(sequence),
		...identity(sequence),
		...hota(sequence),
	};
}

function prepare(truth: readonly MotRow[], result: readonly MotRow[]): Sequence {
	const truthFrames = byFrame(truth);
	const resultFrames = byFrame(result);
	const truthIndex = new Map<number, number>();
	const resultIndex = new Map<number, number>();
	const numbers = [...new Set([...truthFrames.keys(), ...resultFrames.keys()])].sort((a, b) => a - b);
	const frames = numbers.map((number): EvaluationFrame => {
		const all = truthFrames.get(number) ?? [];
		const found = resultFrames.get(number) ?? [];
		refuseTwins(all, "the truth");
		refuseTwins(found, "the result");
		const kept = withoutDistracted(all, found);
		const asked = all.filter(
			({ confidence, classId }) => confidence !== 0 && (classId === -1 || classId === countedClass),
		);
		return {
			truth: asked.map(({ id }) => indexOf(truthIndex, id)),
			result: kept.map(({ id }) => indexOf(resultIndex, id)),
			similarity: similarityOf(asked, kept),
		};
	});
	return { frames, truthTracks: truthIndex.size, resultTracks: resultIndex.size };
}

function refuseTwins(rows: readonly MotRow[], where: string): void {
	const ids = new Set<number>();
	for (const { frame, id } of rows) {
		if (ids.has(id)) throw new MotFileError(`Frame ${frame} of ${where} has the id ${id} twice.`);
		ids.add(id);
	}
}

/** The result without its boxes that lie on a distractor. */
function withoutDistracted(truth: readonly MotRow[], result: readonly MotRow[]): readonly MotRow[] {
	if (!truth.some(({ classId }) => distractors.has(classId))) return result;
	const similarity = similarityOf(truth, result);
	const isGone = new Set(
		match(similarity, truth.length, result.length, matchIou)
			.filter(([row]) => distractors.has(truth[row]!.classId))
			.map(([, column]) => column),
	);
	return result.filter((_, index) => !isGone.has(index));
}

function similarityOf(truth: readonly MotRow[], result: readonly MotRow[]): Float64Array {
	const similarity = new Float64Array(truth.length * result.length);
	let index = 0;
	for (const one of truth) for (const other of result) similarity[index++] = iou(one.box, other.box);
	return similarity;
}

/** Pairs with the greatest sum of scores; scores below `least` count nothing and make no pair. */
function match(scores: Float64Array, rows: number, columns: number, least: number): [row: number, column: number][] {
	const costs = scores.map((score) => (score < least - epsilon ? 0 : -score));
	return [...assign(costs, rows, columns)].flatMap((column, row): [number, number][] =>
		column >= 0 && costs[row * columns + column]! < -epsilon ? [[row, column]] : [],
	);
}

/** CLEAR-MOT, and how much of each track is followed. */
function clear({ frames, truthTracks }: Sequence) {
	const none = -1;
	/** The id that each track of the truth was matched with the last time, and the one in the last frame. */
	const lastId = new Int32Array(truthTracks).fill(none);
	const beforeId = new Int32Array(truthTracks).fill(none);
	const asked = new Int32Array(truthTracks);
	const followed = new Int32Array(truthTracks);
	const begun = new Int32Array(truthTracks);
	let matches = 0;
	let boxes = 0;
	let falsePositives = 0;
	let switches = 0;
	let overlap = 0;
	for (const { truth, result, similarity } of frames) {
		boxes += truth.length;
		for (const id of truth) asked[id]!++;
		// TrackEval passes over such frames without ending what was matched before.
		if (truth.length === 0 || result.length === 0) {
			falsePositives += result.length;
			continue;
		}
		// Pairs of the last frame stay together where they still can.
		const scores = similarity.map((value, index) => {
			if (value < matchIou - epsilon) return 0;
			const isKept = beforeId[truth[Math.floor(index / result.length)]!] === result[index % result.length];
			return isKept ? value + 1_000 : value;
		});
		const pairs = match(scores, truth.length, result.length, 0).map(([row, column]) => ({
			track: truth[row]!,
			id: result[column]!,
			similarity: similarity[row * result.length + column]!,
		}));
		for (const { track, id, similarity } of pairs) {
			if (lastId[track] !== none && lastId[track] !== id) switches++;
			if (beforeId[track] === none) begun[track]!++;
			followed[track]!++;
			overlap += similarity;
		}
		beforeId.fill(none);
		for (const { track, id } of pairs) {
			lastId[track] = id;
			beforeId[track] = id;
		}
		matches += pairs.length;
		falsePositives += result.length - pairs.length;
	}
	const ratios = [...followed].map((count, track) => count / asked[track]!);
	return {
		mota: (matches - falsePositives - switches) / Math.max(1, boxes),
		motp: overlap / Math.max(1, matches),
		falsePositives,
		falseNegatives: boxes - matches,
		switches,
		fragmentations: sum([...begun].map((count) => Math.max(0, count - 1))),
		mostlyTracked: ratios.filter((ratio) => ratio > 0.8).length,
		partlyTracked: ratios.filter((ratio) => ratio >= 0.2 && ratio <= 0.8).length,
		mostlyLost: ratios.filter((ratio) => ratio < 0.2).length,
	};
}

/** IDF1: each track of the truth is given to at most one of the result, so that most boxes agree. */
function identity({ frames, truthTracks, resultTracks }: Sequence) {
	const agreed = new Float64Array(truthTracks * resultTracks);
	for (const { truth, result, similarity } of frames) {
		similarity.forEach((value, index) => {
			if (value < matchIou) return;
			agreed[truth[Math.floor(index / result.length)]! * resultTracks + result[index % result.length]!]!++;
		});
	}
	const pairs = match(agreed, truthTracks, resultTracks, 0);
	const truePositives = sum(pairs.map(([track, id]) => agreed[track * resultTracks + id]!));
	const truthBoxes = sum(frames.map(({ truth }) => truth.length));
	const resultBoxes = sum(frames.map(({ result }) => result.length));
	return {
		idf1: (2 * truePositives) / Math.max(1, truthBoxes + resultBoxes),
		idPrecision: truePositives / Math.max(1, resultBoxes),
		idRecall: truePositives / Math.max(1, truthBoxes),
	};
}

/** .05 to .95 */
const alphas = Array.from({ length: 19 }, (_, index) => 0.05 * (index + 1));

/** HOTA: detection and association in one, over all strictnesses of a match. */
function hota({ frames, truthTracks, resultTracks }: Sequence) {
	const truthCounts = new Float64Array(truthTracks);
	const resultCounts = new Float64Array(resultTracks);
	const alignment = new Float64Array(truthTracks * resultTracks);
	for (const { truth, result, similarity } of frames) {
		for (const id of truth) truthCounts[id]!++;
		for (const id of result) resultCounts[id]!++;
		const rowSums = truth.map((_, row) => sum(result.map((__, column) => similarity[row * result.length + column]!)));
		const columnSums = result.map((_, column) =>
			sum(truth.map((__, row) => similarity[row * result.length + column]!)),
		);
		similarity.forEach((value, index) => {
			const row = Math.floor(index / result.length);
			const column = index % result.length;
			const union = rowSums[row]! + columnSums[column]! - value;
			if (union > epsilon) alignment[truth[row]! * resultTracks + result[column]!]! += value / union;
		});
	}
	for (let track = 0; track < truthTracks; track++) {
		for (let id = 0; id < resultTracks; id++) {
			const shared = alignment[track * resultTracks + id]!;
			alignment[track * resultTracks + id] = shared / (truthCounts[track]! + resultCounts[id]! - shared);
		}
	}
	const truePositives = new Float64Array(alphas.length);
	const overlap = new Float64Array(alphas.length);
	const matches = alphas.map(() => new Float64Array(truthTracks * resultTracks));
	for (const { truth, result, similarity } of frames) {
		const scores = similarity.map(
			(value, index) =>
				value * alignment[truth[Math.floor(index / result.length)]! * resultTracks + result[index % result.length]!]!,
		);
		for (const [row, column] of match(scores, truth.length, result.length, 0)) {
			const value = similarity[row * result.length + column]!;
			alphas.forEach((alpha, index) => {
				if (value < alpha - epsilon) return;
				truePositives[index]!++;
				overlap[index]! += value;
				matches[index]![truth[row]! * resultTracks + result[column]!]!++;
			});
		}
	}
	const truthBoxes = sum([...truthCounts]);
	const resultBoxes = sum([...resultCounts]);
	const parts = alphas.map((_, index) => {
		const found = truePositives[index]!;
		const associated = matches[index]!.reduce((total, count, pair) => {
			const union = truthCounts[Math.floor(pair / resultTracks)]! + resultCounts[pair % resultTracks]! - count;
			return count === 0 ? total : total + (count * count) / Math.max(1, union);
		}, 0);
		const detA = found / Math.max(1, truthBoxes + resultBoxes - found);
		const assA = associated / Math.max(1, found);
		const locA = found === 0 ? 1 : overlap[index]! / found;
		return { detA, assA, locA, hota: Math.sqrt(detA * assA) };
	});
	const mean = (name: "hota" | "detA" | "assA" | "locA") => sum(parts.map((part) => part[name])) / parts.length;
	return { hota: mean("hota"), detA: mean("detA"), assA: mean("assA"), locA: mean("locA") };
}

function indexOf(indices: Map<number, number>, id: number): number {
	const known = indices.get(id);
	if (known !== undefined) return known;
	indices.set(id, indices.size);
	return indices.size - 1;
}

function sum(values: readonly number[]): number {
	return values.reduce((total, value) => total + value, 0);
}
