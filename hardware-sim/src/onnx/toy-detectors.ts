import { type ModelOptions, OnnxWriter } from "./onnx-writer.ts";

/*
	Detectors of a few nodes, with the inputs and outputs of the four families. Each looks at the mean colour of the whole
	picture: class 0 wins in a red one, class 1 in a green one, class 2 (the last) in a blue one. Query 0 has the box in the
	middle (centre .5 .5, width .5, height .25), query 1 one that reaches over the upper left corner and a score near 0.
*/

export interface ToyOptions extends ModelOptions {
	/** Width and height of the input; open where not given. */
	readonly size?: readonly [number, number] | undefined;
}

/** Boxes of the two queries as centre x, centre y, width, height. */
const centreBoxes = [0.5, 0.5, 0.5, 0.25, 0.05, 0.05, 0.2, 0.2];
/** The same as x1, y1, x2, y2. */
const cornerBoxes = [0.25, 0.375, 0.75, 0.625, -0.05, -0.05, 0.15, 0.15];
/** How strongly a logit answers to a colour of mean 0 to 1. */
const gain = 8;

/** Hugging Face's export of RT-DETR: sigmoid over three classes, and a feature of each query (red, green, blue, 0). */
export function toyHfRtDetr(options: ToyOptions = {}): Uint8Array {
	const writer = new OnnxWriter();
	const image = writer.input("pixel_values", "float32", imageShape(options));
	const logits = colourLogits(writer, image, { normalised: false, classes: 3 });
	// What makes the family known by its graph: queries are chosen by TopK.
	const best = writer.node("ReduceMax", [logits], { axes: { ints: [2] }, keepdims: { int: 0 } });
	writer.node("TopK", [best, writer.integers([1], [2])], { axis: { int: 1 } }, ["best_scores", "best_queries"]);
	writer.node("Identity", [logits], {}, ["logits"]);
	writer.node("Identity", [writer.floats([1, 2, 4], centreBoxes)], {}, ["pred_boxes"]);
	const means = writer.node("ReduceMean", [image], { axes: { ints: [2, 3] }, keepdims: { int: 0 } });
	const padded = writer.node("Concat", [means, writer.floats([1, 1], [0])], { axis: { int: 1 } });
	const row = writer.node("Reshape", [padded, writer.integers([3], [1, 1, 4])]);
	writer.node("Concat", [row, row], { axis: { int: 1 } }, ["features"]);
	writer.output("logits", "float32", [1, 2, 3]);
	writer.output("pred_boxes", "float32", [1, 2, 4]);
	writer.output("features", "float32", [1, 2, 4]);
	return writer.build(options);
}

/** The export of RT-DETR's authors: class numbers, boxes in pixels of `orig_target_sizes` [width, height], scores. */
export function toyRtDetr(options: ToyOptions = {}): Uint8Array {
	const writer = new OnnxWriter();
	const image = writer.input("images", "float32", imageShape(options));
	const sizes = writer.input("orig_target_sizes", "int64", ["N", 2]);
	const logits = colourLogits(writer, image, { normalised: false, classes: 3 });
	const scores = writer.node("Sigmoid", [logits]);
	const flat = writer.node("Reshape", [scores, writer.integers([2], [1, 6])]);
	writer.node("TopK", [flat, writer.integers([1], [6])], { axis: { int: 1 } }, ["scores", "places"]);
	writer.node("Mod", ["places", writer.integers([], [3])], {}, ["labels"]);
	const queries = writer.node("Div", ["places", writer.integers([], [3])]);
	const scale = writer.node("Cast", [sizes], { to: { int: 1 } });
	const repeated = writer.node("Tile", [scale, writer.integers([2], [1, 2])]);
	const wide = writer.node("Unsqueeze", [repeated, writer.integers([1], [1])]);
	const pixels = writer.node("Mul", [writer.floats([1, 2, 4], cornerBoxes), wide]);
	const index = writer.node("Reshape", [queries, writer.integers([1], [6])]);
	writer.node("Gather", [pixels, index], { axis: { int: 1 } }, ["boxes"]);
	writer.output("labels", "int64", ["N", 6]);
	writer.output("boxes", "float32", ["N", 6, 4]);
	writer.output("scores", "float32", ["N", 6]);
	return writer.build(options);
}

/** RF-DETR's own export: `labels` are logits, and pixels are normalised as ImageNet's. */
export function toyRfDetr(options: ToyOptions = {}): Uint8Array {
	const writer = new OnnxWriter();
	const image = writer.input("input", "float32", imageShape(options));
	const logits = colourLogits(writer, image, { normalised: true, classes: 3 });
	writer.node("Identity", [writer.floats([1, 2, 4], centreBoxes)], {}, ["dets"]);
	writer.node("Identity", [logits], {}, ["labels"]);
	writer.output("dets", "float32", [1, 2, 4]);
	writer.output("labels", "float32", [1, 2, 3]);
	return writer.build(options);
}

/** DETR: softmax over three classes and a fourth that means "nothing". */
export function toyDetr({
	mask = true,
	...options
}: ToyOptions & { readonly mask?: boolean | undefined } = {}): Uint8Array {
	const writer = new OnnxWriter();
	const shape = imageShape(options);
	const image = writer.input("pixel_values", "float32", shape);
	const logits = colourLogits(writer, image, { normalised: true, classes: 4 });
	if (mask) {
		// A mask that is not 1 everywhere lowers every score.
		const given = writer.input("pixel_mask", "int64", [1, shape[2] ?? "height", shape[3] ?? "width"]);
		const share = writer.node("ReduceMean", [writer.node("Cast", [given], { to: { int: 1 } })], {
			keepdims: { int: 0 },
		});
		writer.node("Mul", [logits, share], {}, ["logits"]);
	} else writer.node("Identity", [logits], {}, ["logits"]);
	writer.node("Identity", [writer.floats([1, 2, 4], centreBoxes)], {}, ["pred_boxes"]);
	writer.output("logits", "float32", [1, 2, 4]);
	writer.output("pred_boxes", "float32", [1, 2, 4]);
	return writer.build(options);
}

function imageShape({ size }: ToyOptions): (number | string)[] {
	return [1, 3, size?.[1] ?? "height", size?.[0] ?? "width"];
}

/** Logits [1, 2, classes]: `gain` times (colour - half) for query 0, -10 for query 1 and for classes beyond the third. */
function colourLogits(
	writer: OnnxWriter,
	image: string,
	{ normalised, classes }: { readonly normalised: boolean; readonly classes: number },
): string {
	const means = writer.node("ReduceMean", [image], { axes: { ints: [2, 3] }, keepdims: { int: 0 } });
	const std = normalised ? [0.229, 0.224, 0.225] : [1, 1, 1];
	const mean = normalised ? [0.485, 0.456, 0.406] : [0, 0, 0];
	const weights = Array.from({ length: 3 * classes }, (_, place) => {
		const channel = Math.floor(place / classes);
		return place % classes === channel ? gain * (std[channel] ?? 1) : 0;
	});
	const offsets = Array.from({ length: classes }, (_, index) => (index < 3 ? gain * ((mean[index] ?? 0) - 0.5) : -10));
	const product = writer.node("MatMul", [means, writer.floats([3, classes], weights)]);
	const first = writer.node("Reshape", [
		writer.node("Add", [product, writer.floats([classes], offsets)]),
		writer.integers([3], [1, 1, classes]),
	]);
	const second = writer.floats([1, 1, classes], new Array<number>(classes).fill(-10));
	return writer.node("Concat", [first, second], { axis: { int: 1 } });
}
