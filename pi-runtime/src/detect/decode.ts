import type { Contract } from "./contract.ts";
import type { Detection } from "./detection.ts";
import type { ResizePlan } from "./resize-plan.ts";

/** What a model answered, by the names of its outputs. Row-major, batch of 1. */
export interface OutputTensor {
	readonly shape: readonly number[];
	readonly data: Float32Array | Int32Array | BigInt64Array;
}

/** As many detections as the published models give. */
const mostDetections = 300;

/**
 * The detections in a model's answer with a score of at least `threshold`, best first. Boxes come back in pixels of the
 * source and are cut at its edges. Throws an `Error` when the answer is not what the contract promised.
 */
export function decode(
	contract: Contract,
	outputs: ReadonlyMap<string, OutputTensor>,
	plan: ResizePlan,
	source: { readonly width: number; readonly height: number },
	threshold: number,
): Detection[] {
	const detections =
		contract.outputs.kind === "boxes"
			? decodeBoxes(contract, contract.outputs, outputs, plan, source, threshold)
			: contract.activation === "softmax"
				? decodeSoftmax(contract, contract.outputs, outputs, plan, source, threshold)
				: decodeSigmoid(contract, contract.outputs, outputs, plan, source, threshold);
	return detections
		.filter(({ box }) => box.every(Number.isFinite))
		.sort((a, b) => b.score - a.score)
		.slice(0, mostDetections);
}

type Queries = Extract<Contract["outputs"], { kind: "queries" }>;
type Boxes = Extract<Contract["outputs"], { kind: "boxes" }>;
type Source = { readonly width: number; readonly height: number };
type Outputs = ReadonlyMap<string, OutputTensor>;

/**
 * RT-DETR and its kin: every class has a sigmoid of its own, the last class too
 * (https://arxiv.org/abs/2304.08069, section 4.4). The search for the best class needs no exponential.
 */
function decodeSigmoid(
	contract: Contract,
	names: Queries,
	outputs: Outputs,
	plan: ResizePlan,
	source: Source,
	threshold: number,
) {
	const { logits, classes, queries, box, feature } = readQueries(contract, names, outputs, plan, source);
	const lowest = Math.log(threshold / (1 - threshold));
	const detections: Detection[] = [];
	for (let query = 0; query < queries; query++) {
		const start = query * classes;
		let best = -1;
		let bestLogit = Number.NEGATIVE_INFINITY;
		for (let index = 0; index < classes; index++) {
			const logit = logits[start + index]!;
			// A logit that is no number is below all others.
			if (logit > bestLogit && contract.labels[index] !== null) {
				best = index;
				bestLogit = logit;
			}
		}
		if (bestLogit < lowest) continue;
		const classScores = new Float32Array(classes);
		for (let index = 0; index < classes; index++) classScores[index] = sigmoid(logits[start + index]!);
		detections.push({
			label: labelOf(contract, best),
			score: sigmoid(bestLogit),
			box: box(query),
			classScores,
			feature: feature(query),
		});
	}
	return detections;
}

/** The first DETR: one softmax over all classes, of which the last means "nothing" (https://arxiv.org/abs/2005.12872). */
function decodeSoftmax(
	contract: Contract,
	names: Queries,
	outputs: Outputs,
	plan: ResizePlan,
	source: Source,
	threshold: number,
) {
	const { logits, classes, queries, box, feature } = readQueries(contract, names, outputs, plan, source);
	const detections: Detection[] = [];
	for (let query = 0; query < queries; query++) {
		const row = logits.subarray(query * classes, (query + 1) * classes);
		const highest = row.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
		const sum = row.reduce((total, logit) => total + Math.exp(logit - highest), 0);
		const classScores = row.slice(0, -1).map((logit) => Math.exp(logit - highest) / sum);
		let best = -1;
		let score = 0;
		for (const [index, candidate] of classScores.entries()) {
			if (candidate > score && contract.labels[index] !== null) {
				best = index;
				score = candidate;
			}
		}
		if (best < 0 || score < threshold) continue;
		detections.push({ label: labelOf(contract, best), score, box: box(query), classScores, feature: feature(query) });
	}
	return detections;
}

/** Models that choose for themselves. One box that they name twice stays once, with its better score. */
function decodeBoxes(
	contract: Contract,
	names: Boxes,
	outputs: Outputs,
	plan: ResizePlan,
	source: Source,
	threshold: number,
) {
	const labels = outputOf(outputs, names.labels, 2).data;
	const boxes = floatsOf(outputs, names.boxes, 3).data;
	const scores = floatsOf(outputs, names.scores, 2).data;
	if (labels.length !== scores.length || boxes.length !== 4 * scores.length)
		throw new Error(
			`The model answers ${labels.length} labels, ${scores.length} scores and ${boxes.length / 4} boxes.`,
		);
	const best = new Map<string, Detection>();
	for (let index = 0; index < scores.length; index++) {
		const score = scores[index]!;
		if (!(score >= threshold)) continue;
		const label = contract.labels[Number(labels[index])];
		if (label === null) continue;
		const place = boxes.subarray(4 * index, 4 * index + 4);
		const key = place.join();
		if ((best.get(key)?.score ?? 0) >= score) continue;
		best.set(key, {
			label: labelOf(contract, Number(labels[index])),
			score,
			box: boxOf(place[0]!, place[1]!, place[2]!, place[3]!, sizesGiven(contract, plan, source), plan, source),
		});
	}
	return [...best.values()];
}

/** Width and height that a graph with boxes in pixels is told: the source's own where it fills the input. */
export function sizesGiven({ resize }: Pick<Contract, "resize">, plan: ResizePlan, source: Source): Source {
	return resize === "letterbox" ? { width: plan.inputWidth, height: plan.inputHeight } : source;
}

function readQueries({ labels }: Contract, names: Queries, outputs: Outputs, plan: ResizePlan, source: Source) {
	const logits = floatsOf(outputs, names.logits, 3);
	const boxes = floatsOf(outputs, names.boxes, 3);
	const features = names.features === undefined ? undefined : floatsOf(outputs, names.features, 3);
	const [, queries = 0, classes = 0] = logits.shape;
	if (boxes.data.length !== queries * 4)
		throw new Error(`The model answers ${queries} queries and ${boxes.data.length / 4} boxes.`);
	const depth = features?.shape[2] ?? 0;
	if (features !== undefined && features.shape[1] !== queries)
		throw new Error(`The model answers ${queries} queries and ${features.shape[1]} features.`);
	if (classes < 1) throw new Error(`The model answers no class of the ${labels.length} that it should tell apart.`);
	return {
		logits: logits.data,
		classes,
		queries,
		box: (query: number) => {
			const [x = 0, y = 0, width = 0, height = 0] = boxes.data.subarray(4 * query, 4 * query + 4);
			const unit = { width: 1, height: 1 };
			return boxOf(x - width / 2, y - height / 2, x + width / 2, y + height / 2, unit, plan, source);
		},
		feature: (query: number) => features && unitLength(features.data.slice(query * depth, (query + 1) * depth)),
	};
}

/** Pixels of the source, of a box in `scale` of the whole input. */
function boxOf(x1: number, y1: number, x2: number, y2: number, scale: Source, plan: ResizePlan, source: Source) {
	const across = (x: number): number => {
		const inPicture = ((x / scale.width) * plan.inputWidth - plan.left) / plan.width;
		return Math.min(Math.max(inPicture, 0), 1) * source.width;
	};
	const down = (y: number): number => {
		const inPicture = ((y / scale.height) * plan.inputHeight - plan.top) / plan.height;
		return Math.min(Math.max(inPicture, 0), 1) * source.height;
	};
	return [across(x1), down(y1), across(x2), down(y2)] as const;
}

function unitLength(feature: Float32Array): Float32Array {
	let sum = 0;
	for (const value of feature) sum += value * value;
	const length = Math.sqrt(sum);
	return length > 0 ? feature.map((value) => value / length) : feature;
}

function labelOf({ labels }: Contract, index: number): string {
	return labels[index] ?? `class ${index}`;
}

function outputOf(outputs: Outputs, name: string, rank: number): OutputTensor {
	const output = outputs.get(name);
	if (output === undefined) throw new Error(`The model does not answer "${name}".`);
	if (output.shape.length !== rank || output.shape[0] !== 1)
		throw new Error(
			`The model's "${name}" has the shape [${output.shape.join(", ")}]; rank ${rank} and a batch of 1 were expected.`,
		);
	return output;
}

function floatsOf(outputs: Outputs, name: string, rank: number): { shape: readonly number[]; data: Float32Array } {
	const { shape, data } = outputOf(outputs, name, rank);
	if (!(data instanceof Float32Array)) throw new Error(`The model's "${name}" is not float32.`);
	return { shape, data };
}

function sigmoid(logit: number): number {
	return 1 / (1 + Math.exp(-logit));
}
