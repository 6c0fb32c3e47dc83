import { SeededRandom } from "../random.ts";
import { OnnxWriter } from "./onnx-writer.ts";

/**
 * A detector with random weights that does as much work as a large one: it sees nothing, and takes as long. With the
 * defaults its convolutions are 60 GFLOP at 640 × 640, those of RT-DETR-R18 (https://arxiv.org/abs/2304.08069, table 2).
 */
export function heavyDetector({
	side = 640,
	channels = 256,
	convolutions = 8,
	queries = 300,
	classes = 80,
} = {}): Uint8Array {
	const random = new SeededRandom(1);
	const writer = new OnnxWriter();
	const convolution = (x: string, into: number, out: number, kernel: number, stride: number): string => {
		// As He and others start them, so that numbers neither vanish nor grow.
		const deviation = Math.sqrt(2 / (into * kernel * kernel));
		const weights = Float32Array.from({ length: out * into * kernel * kernel }, () => deviation * random.gaussian());
		const pad = (kernel - 1) / 2;
		return writer.node("Conv", [x, writer.floats([out, into, kernel, kernel], weights)], {
			strides: { ints: [stride, stride] },
			pads: { ints: [pad, pad, pad, pad] },
		});
	};
	let x = writer.input("pixel_values", "float32", [1, 3, side, side]);
	const widths = [3, channels / 4, channels / 2, channels];
	for (let step = 1; step < widths.length; step++)
		x = writer.node("Relu", [convolution(x, widths[step - 1] ?? 3, widths[step] ?? channels, 3, 2)]);
	for (let step = 0; step < convolutions; step++) x = writer.node("Relu", [convolution(x, channels, channels, 3, 1)]);
	const places = (side / 8) ** 2;
	const maps = convolution(x, channels, classes + 4, 1, 1);
	const rows = writer.node(
		"Transpose",
		[writer.node("Reshape", [maps, writer.integers([3], [1, classes + 4, places])])],
		{
			perm: { ints: [0, 2, 1] },
		},
	);
	writer.node("Split", [rows, writer.integers([2], [classes, 4])], { axis: { int: 2 } }, ["all_logits", "all_boxes"]);
	const best = writer.node("ReduceMax", ["all_logits"], { axes: { ints: [2] }, keepdims: { int: 0 } });
	writer.node("TopK", [best, writer.integers([1], [queries])], { axis: { int: 1 } }, ["best", "chosen"]);
	const index = writer.node("Reshape", ["chosen", writer.integers([1], [queries])]);
	writer.node("Gather", ["all_logits", index], { axis: { int: 1 } }, ["logits"]);
	writer.node("Sigmoid", [writer.node("Gather", ["all_boxes", index], { axis: { int: 1 } })], {}, ["pred_boxes"]);
	writer.output("logits", "float32", [1, queries, classes]);
	writer.output("pred_boxes", "float32", [1, queries, 4]);
	return writer.build();
}
