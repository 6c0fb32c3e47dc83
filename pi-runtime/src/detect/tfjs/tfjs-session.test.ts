import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memory } from "@tensorflow/tfjs-core";
import { detectorSize } from "@visionvend/hardware-sim/camera/counted";
import { SceneMaker } from "@visionvend/hardware-sim/camera/scene-maker";
import { type AttributeValue, type ElementType, OnnxWriter } from "@visionvend/hardware-sim/onnx/onnx-writer";
import { toyDetr, toyHfRtDetr, toyRfDetr, toyRtDetr } from "@visionvend/hardware-sim/onnx/toy-detectors";
import { SeededRandom } from "@visionvend/hardware-sim/random";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defaultModelPath } from "../default-model.ts";
import type { InferenceSession, InputTensor } from "../inference-session.ts";
import { loadModel } from "../load-model.ts";
import { parseOnnxModel } from "../onnx/onnx-model.ts";
import { openOrtSession } from "../ort-session.ts";
import { Preprocessor } from "../preprocess.ts";
import { startTfjs } from "./tfjs-backend.ts";
import { TfjsSession } from "./tfjs-session.ts";

let directory: string;
beforeAll(async () => {
	directory = mkdtempSync(join(tmpdir(), "visionvend-tfjs-"));
	await startTfjs(() => Promise.reject(new Error("not installed")));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

type Attributes = Readonly<Record<string, AttributeValue>>;

interface Case {
	readonly shape: readonly number[];
	readonly build: (writer: OnnxWriter, x: string, random: (count: number) => number[]) => string;
	readonly type?: ElementType;
	readonly rank?: number;
	readonly operatorSet?: number;
	/** Numbers of the input are between 0 and 1 instead of −2 and 2. */
	readonly positive?: boolean;
}

const picture = [1, 6, 9, 12] as const;

/** A case of one node on a picture, or on a value of another shape. */
const alone = (operator: string, attributes: Attributes = {}, rest: Partial<Case> = {}): Case => ({
	shape: picture,
	build: (writer, x) => writer.node(operator, [x], attributes),
	...rest,
});

/** The node between two convolutions, so that its value lies in memory with the channels last. */
const between = (one: Case): Case => ({
	...one,
	build: (writer, x, random) => one.build(writer, conv(writer, x, random, { out: 6 }), random),
});

function conv(
	writer: OnnxWriter,
	x: string,
	random: (count: number) => number[],
	{ out = 8, into = 6, kernel = 3, attributes = { pads: { ints: [1, 1, 1, 1] } } as Attributes, bias = true } = {},
): string {
	const weights = writer.floats(
		[out, into, kernel, kernel],
		random(out * into * kernel * kernel).map((value) => value / 4),
	);
	return writer.node("Conv", [x, weights, ...(bias ? [writer.floats([out], random(out))] : [])], attributes);
}

const int = (value: number): AttributeValue => ({ int: value });
const ints = (...values: number[]): AttributeValue => ({ ints: values });
const text = (value: string): AttributeValue => ({ text: value });

const elementwise = [
	"Abs",
	"Ceil",
	"Cos",
	"Erf",
	"Exp",
	"Floor",
	"HardSwish",
	"Identity",
	"Neg",
	"Relu",
	"Round",
	"Sigmoid",
	"Sign",
	"Sin",
	"Softplus",
	"Tanh",
] as const;

const cases: Readonly<Record<string, Case>> = {
	...Object.fromEntries(elementwise.map((operator) => [operator, alone(operator)])),
	"Sqrt, Log and Reciprocal": {
		shape: [3, 5],
		positive: true,
		build: (writer, x) => writer.node("Reciprocal", [writer.node("Log", [writer.node("Sqrt", [x])])]),
	},
	"Elu, LeakyRelu and HardSigmoid": {
		shape: picture,
		build: (writer, x) =>
			writer.node("Elu", [writer.node("LeakyRelu", [writer.node("HardSigmoid", [x])], { alpha: { float: 0.2 } })]),
	},
	Gelu: alone("Gelu", {}, { operatorSet: 20 }),
	"Gelu by tanh": alone("Gelu", { approximate: text("tanh") }, { operatorSet: 20 }),
	"Clip by inputs, one left out": {
		shape: picture,
		build: (writer, x) => writer.node("Clip", [x, "", writer.floats([], [0.5])]),
	},
	"Clip by attributes": alone("Clip", { min: { float: -0.25 }, max: { float: 6 } }, { operatorSet: 10 }),
	"Add, Sub, Mul, Div and Pow with broadcasting": {
		shape: picture,
		build: (writer, x) => {
			const added = writer.node("Add", [x, writer.floats([6, 1, 1], [1, 2, 3, 4, 5, 6])]);
			const taken = writer.node("Sub", [writer.floats([], [1]), added]);
			const times = writer.node("Mul", [taken, writer.floats([12], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])]);
			return writer.node("Pow", [writer.node("Div", [times, writer.floats([1], [4])]), writer.floats([], [2])]);
		},
	},
	"Add with weights of each channel, channels last": between({
		shape: picture,
		build: (writer, x) =>
			writer.node("Mul", [writer.node("Add", [x, writer.floats([1, 6, 1, 1], [1, 2, 3, 4, 5, 6])]), x]),
	}),
	"Min, Max and Sum of three": {
		shape: picture,
		build: (writer, x) => {
			const half = writer.floats([1], [0.5]);
			const max = writer.node("Max", [x, half, writer.floats([12], [1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0])]);
			return writer.node("Sum", [writer.node("Min", [x, max]), half, x]);
		},
	},
	"comparisons, logic and Where": {
		shape: [3, 4],
		build: (writer, x) => {
			const zero = writer.floats([], [0]);
			const above = writer.node("Greater", [x, zero]);
			const small = writer.node("LessOrEqual", [x, writer.floats([4], [1, 0, -1, 0.5])]);
			const both = writer.node("And", [above, writer.node("Not", [small])]);
			const either = writer.node("Or", [both, writer.node("Equal", [x, zero])]);
			return writer.node("Where", [
				either,
				x,
				writer.node("Where", [writer.node("Less", [x, zero]), zero, writer.node("Neg", [x])]),
			]);
		},
	},
	"Cast, Div and Mod of integers": {
		shape: [20],
		type: "int64",
		build: (writer, x) => {
			const whole = writer.node("Cast", [writer.node("Mul", [x, writer.floats([], [30])])], { to: int(7) });
			const quotient = writer.node("Div", [whole, writer.integers([], [7])]);
			return writer.node("Add", [
				quotient,
				writer.node("Mul", [writer.node("Mod", [whole, writer.integers([], [7])]), writer.integers([], [100])]),
			]);
		},
	},
	"Mod by C": {
		shape: [20],
		build: (writer, x) => writer.node("Mod", [x, writer.floats([], [0.75])], { fmod: int(1) }),
	},
	"Shape, Gather, Concat, Reshape with 0 and -1": {
		shape: picture,
		rank: 3,
		build: (writer, x) => {
			const channels = writer.node("Gather", [writer.node("Shape", [x]), writer.integers([1], [1])]);
			const target = writer.node("Concat", [writer.integers([1], [0]), channels, writer.integers([1], [-1])], {
				axis: int(0),
			});
			return writer.node("Reshape", [x, target]);
		},
	},
	"Flatten, Unsqueeze, Squeeze": {
		shape: picture,
		rank: 3,
		build: (writer, x) => {
			const flat = writer.node("Flatten", [x], { axis: int(2) });
			const more = writer.node("Unsqueeze", [flat, writer.integers([2], [0, -1])]);
			return writer.node("Squeeze", [more, writer.integers([1], [0])]);
		},
	},
	"Transpose, channels last": between(alone("Transpose", { perm: ints(2, 0, 3, 1) })),
	"Concat of channels, channels last": between({
		shape: picture,
		build: (writer, x) => writer.node("Concat", [x, writer.node("Relu", [x])], { axis: int(-3) }),
	}),
	"Split into equal parts": between({
		shape: picture,
		build: (writer, x) => {
			writer.node("Split", [x], { axis: int(1) }, ["left", "right"]);
			return writer.node("Sub", ["right", "left"]);
		},
	}),
	"Split by sizes": {
		shape: [2, 7],
		build: (writer, x) => {
			writer.node("Split", [x, writer.integers([2], [3, 4])], { axis: int(1) }, ["left", "right"]);
			return writer.node("Concat", ["right", "left"], { axis: int(1) });
		},
	},
	"Slice with steps, and to the end": {
		shape: picture,
		build: (writer, x) =>
			writer.node("Slice", [
				x,
				writer.integers([3], [1, -7, 0]),
				writer.integers([3], [5, 2 ** 40, 9]),
				writer.integers([3], [1, 2, 3]),
				writer.integers([3], [1, 1, 4]),
			]),
	},
	"Slice of a picture with the channels last": between({
		shape: picture,
		build: (writer, x) =>
			writer.node("Slice", [
				x,
				writer.integers([2], [2, 1]),
				writer.integers([2], [6, -1]),
				writer.integers([2], [1, -1]),
			]),
	}),
	"Slice of rank 6": {
		shape: [1, 3, 2, 4, 2, 3],
		build: (writer, x) =>
			writer.node("Slice", [
				x,
				writer.integers([2], [1, 1]),
				writer.integers([2], [3, 2]),
				writer.integers([2], [3, 5]),
			]),
	},
	"Slice backwards": {
		shape: [3, 5],
		build: (writer, x) =>
			writer.node("Slice", [
				x,
				writer.integers([1], [-1]),
				writer.integers([1], [-(2 ** 40)]),
				writer.integers([1], [1]),
				writer.integers([1], [-1]),
			]),
	},
	"Expand and Tile": {
		shape: [3, 1],
		rank: 3,
		build: (writer, x) =>
			writer.node("Tile", [
				writer.node("Expand", [x, writer.integers([3], [2, 1, 4])]),
				writer.integers([3], [1, 2, 3]),
			]),
	},
	"Constant, ConstantOfShape and Range": {
		shape: [3, 4],
		build: (writer, x) => {
			const ones = writer.node("ConstantOfShape", [writer.node("Shape", [x])], {
				value: { tensor: { shape: [1], data: Float32Array.of(2) } },
			});
			const constant = writer.node("Constant", [], {
				value: { tensor: { shape: [4], data: Float32Array.of(1, 2, 3, 4) } },
			});
			const range = writer.node("Range", [writer.floats([], [1]), writer.floats([], [3]), writer.floats([], [0.5])]);
			return writer.node("Sum", [x, ones, constant, range]);
		},
	},
	Pad: {
		shape: picture,
		build: (writer, x) =>
			writer.node("Pad", [x, writer.integers([8], [0, 0, 1, 2, 0, 1, 0, 3]), writer.floats([], [7])]),
	},
	"Pad by reflection": {
		shape: picture,
		build: (writer, x) =>
			writer.node("Pad", [x, writer.integers([8], [0, 0, 1, 2, 0, 0, 2, 3])], { mode: text("reflect") }),
	},
	"DepthToSpace, both orders": {
		shape: [1, 8, 3, 4],
		build: (writer, x) =>
			writer.node("Add", [
				writer.node("DepthToSpace", [x], { blocksize: int(2) }),
				writer.node("DepthToSpace", [x], { blocksize: int(2), mode: text("CRD") }),
			]),
	},
	"Conv with strides, pads that differ, and dilations": {
		shape: picture,
		build: (writer, x, random) =>
			conv(writer, conv(writer, x, random, { attributes: { strides: ints(2, 1), pads: ints(1, 0, 2, 1) } }), random, {
				into: 8,
				bias: false,
				attributes: { dilations: ints(2, 2), pads: ints(2, 2, 2, 2) },
			}),
	},
	"Conv that keeps the size by itself": {
		shape: picture,
		build: (writer, x, random) =>
			conv(writer, x, random, { kernel: 4, attributes: { auto_pad: text("SAME_UPPER"), strides: ints(2, 2) } }),
	},
	"Conv channel by channel": {
		shape: picture,
		build: (writer, x, random) =>
			conv(writer, x, random, {
				out: 12,
				into: 1,
				attributes: { group: int(6), pads: ints(1, 1, 1, 1), strides: ints(2, 2) },
			}),
	},
	"Conv in groups": {
		shape: picture,
		build: (writer, x, random) => conv(writer, x, random, { out: 4, into: 3, attributes: { group: int(2) } }),
	},
	ConvTranspose: {
		shape: picture,
		build: (writer, x, random) =>
			writer.node("ConvTranspose", [x, writer.floats([6, 4, 3, 3], random(216)), writer.floats([4], random(4))], {
				strides: ints(2, 2),
				pads: ints(1, 1, 1, 1),
				output_padding: ints(1, 1),
			}),
	},
	BatchNormalization: {
		shape: picture,
		build: (writer, x, random) => {
			const channel = () =>
				writer.floats(
					[6],
					random(6).map((value) => Math.abs(value) + 0.1),
				);
			return writer.node("BatchNormalization", [x, channel(), channel(), channel(), channel()], {
				epsilon: { float: 1e-3 },
			});
		},
	},
	"MaxPool with pads": alone("MaxPool", { kernel_shape: ints(3, 3), strides: ints(2, 2), pads: ints(1, 1, 1, 1) }),
	"MaxPool rounded up": alone("MaxPool", { kernel_shape: ints(2, 2), strides: ints(2, 2), ceil_mode: int(1) }),
	"AveragePool rounded up": alone(
		"AveragePool",
		{ kernel_shape: ints(2, 2), strides: ints(2, 2), ceil_mode: int(1) },
		{ operatorSet: 19 },
	),
	"AveragePool with pads": alone("AveragePool", { kernel_shape: ints(3, 3), pads: ints(1, 1, 0, 1) }),
	"AveragePool that counts its pads": alone("AveragePool", {
		kernel_shape: ints(3, 3),
		pads: ints(1, 1, 1, 1),
		count_include_pad: int(1),
	}),
	GlobalAveragePool: alone("GlobalAveragePool"),
	GlobalMaxPool: alone("GlobalMaxPool"),
	...Object.fromEntries(
		(
			[
				["nearest", "asymmetric", "floor"],
				["nearest", "half_pixel", "round_prefer_floor"],
				["nearest", "align_corners", "round_prefer_ceil"],
				["linear", "half_pixel", ""],
				["linear", "pytorch_half_pixel", ""],
				["linear", "align_corners", ""],
				["linear", "asymmetric", ""],
			] as const
		).flatMap(([mode, coordinates, nearest]) =>
			(
				[
					[18, 24],
					[13, 5],
				] as const
			).map(([height, width]) => [
				`Resize ${mode} ${coordinates} ${nearest} to ${height}×${width}`,
				{
					shape: picture,
					build: (writer: OnnxWriter, x: string) =>
						writer.node("Resize", [x, "", "", writer.integers([4], [1, 6, height, width])], {
							mode: text(mode),
							coordinate_transformation_mode: text(coordinates),
							...(nearest === "" ? {} : { nearest_mode: text(nearest) }),
						}),
				} satisfies Case,
			]),
		),
	),
	"Resize by factors": {
		shape: picture,
		build: (writer, x) => writer.node("Resize", [x, "", writer.floats([4], [1, 1, 2, 1.5])], { mode: text("linear") }),
	},
	...Object.fromEntries(
		(["zeros", "border"] as const).flatMap((padding) =>
			(["bilinear", "nearest"] as const).flatMap((mode) =>
				[0, 1].map((aligned) => [
					`GridSample ${mode}, ${padding}, ${aligned === 1 ? "corners" : "halves"}`,
					{
						shape: picture,
						build: (writer: OnnxWriter, x: string, random: (count: number) => number[]) =>
							writer.node(
								"GridSample",
								[
									x,
									writer.floats(
										[1, 5, 7, 2],
										random(70).map((value) => 0.7 * value),
									),
								],
								{
									mode: text(mode),
									padding_mode: text(padding),
									align_corners: int(aligned),
								},
							),
					} satisfies Case,
				]),
			),
		),
	),
	"GridSample, channels last": between({
		shape: picture,
		build: (writer, x, random) => writer.node("GridSample", [x, writer.floats([1, 5, 7, 2], random(70))]),
	}),
	"MatMul of equal ranks": {
		shape: [2, 3, 4, 5],
		build: (writer, x) => writer.node("MatMul", [x, writer.node("Transpose", [x], { perm: ints(0, 1, 3, 2) })]),
	},
	"MatMul with weights": {
		shape: [2, 4, 5],
		build: (writer, x, random) => writer.node("MatMul", [x, writer.floats([5, 3], random(15))]),
	},
	"MatMul with broadcast batches": {
		shape: [4, 5],
		rank: 3,
		build: (writer, x, random) => writer.node("MatMul", [writer.floats([3, 2, 4], random(24)), x]),
	},
	"MatMul of a row": {
		shape: [4, 5],
		rank: 1,
		build: (writer, x, random) => writer.node("MatMul", [writer.floats([4], random(4)), x]),
	},
	"MatMul of a column": {
		shape: [2, 4, 5],
		rank: 2,
		build: (writer, x, random) => writer.node("MatMul", [x, writer.floats([5], random(5))]),
	},
	Gemm: {
		shape: [4, 5],
		build: (writer, x, random) =>
			writer.node("Gemm", [x, writer.floats([3, 4], random(12)), writer.floats([3], random(3))], {
				transA: int(1),
				transB: int(1),
				alpha: { float: 0.5 },
				beta: { float: 2 },
			}),
	},
	"Softmax along the last axis": { shape: [2, 3, 4], build: (writer, x) => writer.node("Softmax", [x]) },
	"Softmax along another axis": {
		shape: [2, 3, 4],
		build: (writer, x) => writer.node("Softmax", [x], { axis: int(1) }),
	},
	LogSoftmax: { shape: [2, 3, 4], build: (writer, x) => writer.node("LogSoftmax", [x], { axis: int(0) }) },
	LayerNormalization: {
		shape: [2, 3, 8],
		build: (writer, x, random) =>
			writer.node("LayerNormalization", [x, writer.floats([8], random(8)), writer.floats([8], random(8))], {
				axis: int(-1),
			}),
	},
	...Object.fromEntries(
		(["ReduceMax", "ReduceMin", "ReduceMean", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare"] as const).map(
			(operator) => [
				operator,
				{
					shape: picture,
					rank: 2,
					build: (writer: OnnxWriter, x: string) => writer.node(operator, [x], { axes: ints(1, -1), keepdims: int(0) }),
				} satisfies Case,
			],
		),
	),
	"ReduceSum with axes as input": {
		shape: picture,
		build: (writer, x) => writer.node("ReduceSum", [x, writer.integers([1], [-2])]),
	},
	"ReduceMean of everything": {
		shape: picture,
		rank: 0,
		build: (writer, x) => writer.node("ReduceMean", [x], { keepdims: int(0) }),
	},
	"ReduceMean of a picture with the channels last": between(alone("ReduceMean", { axes: ints(2, 3) })),
	ArgMax: { shape: [3, 7], type: "int64", build: (writer, x) => writer.node("ArgMax", [x], { axis: int(1) }) },
	ArgMin: {
		shape: [3, 7],
		rank: 1,
		type: "int64",
		build: (writer, x) => writer.node("ArgMin", [x], { axis: int(0), keepdims: int(0) }),
	},
	CumSum: {
		shape: [3, 7],
		build: (writer, x) => writer.node("CumSum", [x, writer.integers([], [-1])], { exclusive: int(1) }),
	},
	"Gather of many, from the end, too": {
		shape: picture,
		rank: 5,
		build: (writer, x) => writer.node("Gather", [x, writer.integers([2, 2], [0, -1, 3, 1])], { axis: int(2) }),
	},
	"Gather of one": {
		shape: [1, 3, 2, 4, 2, 3],
		rank: 5,
		build: (writer, x) => writer.node("Gather", [x, writer.integers([], [-2])], { axis: int(3) }),
	},
	GatherElements: {
		shape: [2, 5, 3],
		build: (writer, x) =>
			writer.node("GatherElements", [x, writer.integers([2, 2, 3], [0, 1, 2, 3, 4, -1, -5, 0, 0, 1, 1, 2])], {
				axis: int(1),
			}),
	},
	GatherND: {
		shape: [2, 5, 3],
		rank: 2,
		build: (writer, x) => writer.node("GatherND", [x, writer.integers([3, 2], [0, 1, 1, 4, 0, 0])]),
	},
	ScatterND: {
		shape: [4, 3],
		build: (writer, x, random) =>
			writer.node("ScatterND", [x, writer.integers([2, 1], [3, -4]), writer.floats([2, 3], random(6))]),
	},
	ScatterElements: {
		shape: [4, 3],
		build: (writer, x, random) =>
			writer.node("ScatterElements", [x, writer.integers([1, 3], [3, -4, 1]), writer.floats([1, 3], random(3))], {
				axis: int(0),
			}),
	},
	"TopK of the largest": {
		shape: [2, 30],
		build: (writer, x) => {
			writer.node("TopK", [x, writer.integers([1], [7])], { axis: int(1) }, ["values", "places"]);
			return writer.node("Add", ["values", writer.node("Cast", ["places"], { to: int(1) })]);
		},
	},
	"TopK of the smallest along another axis": {
		shape: [9, 4],
		build: (writer, x) => {
			writer.node("TopK", [x, writer.integers([1], [3])], { axis: int(0), largest: int(0) }, ["values", "places"]);
			return writer.node("Add", ["values", writer.node("Cast", ["places"], { to: int(1) })]);
		},
	},
	NonZero: {
		shape: [3, 4],
		type: "int64",
		build: (writer, x) => writer.node("NonZero", [writer.node("Greater", [x, writer.floats([], [0])])]),
	},
	Trilu: {
		shape: [2, 4, 5],
		build: (writer, x) => writer.node("Trilu", [x, writer.integers([], [1])], { upper: int(0) }),
	},
	"QuantizeLinear and DequantizeLinear, unsigned": {
		shape: picture,
		build: (writer, x) => {
			const [scale, zero] = [writer.floats([], [0.013]), writer.bytes("uint8", [], [117])];
			return writer.node("DequantizeLinear", [writer.node("QuantizeLinear", [x, scale, zero]), scale, zero]);
		},
	},
	"QuantizeLinear and DequantizeLinear, signed, a scale a channel": between({
		shape: picture,
		build: (writer, x) => {
			const scale = writer.floats([6], [0.01, 0.02, 0.03, 0.04, 0.05, 0.06]);
			const zero = writer.bytes("int8", [6], [0, 1, 2, 255, 254, 0]);
			return writer.node(
				"DequantizeLinear",
				[writer.node("QuantizeLinear", [x, scale, zero], { axis: int(1) }), scale, zero],
				{ axis: int(1) },
			);
		},
	}),
};

async function bothAnswers(
	bytes: Uint8Array,
	inputs: ReadonlyMap<string, InputTensor>,
	outputs: readonly string[],
	runs = 1,
): Promise<[Awaited<ReturnType<InferenceSession["run"]>>, Awaited<ReturnType<InferenceSession["run"]>>]> {
	const path = join(directory, "model.onnx");
	writeFileSync(path, bytes);
	const ort = await openOrtSession(path);
	const tfjs = new TfjsSession(parseOnnxModel(bytes));
	try {
		const expected = await ort.run(inputs, outputs);
		// The first run makes the plan, later ones follow it.
		for (let run = 1; run < runs; run++) await tfjs.run(inputs, outputs);
		return [expected, await tfjs.run(inputs, outputs)];
	} finally {
		await ort.close();
		await tfjs.close();
	}
}

function seeded(seed: number): (count: number) => number[] {
	const random = new SeededRandom(seed);
	return (count) => Array.from({ length: count }, () => random.next() * 4 - 2);
}

describe("an operator answers as in ONNX Runtime:", () => {
	test.each(Object.entries(cases))(
		"%s",
		async (_name, { shape, build, type = "float32", rank, operatorSet, positive }) => {
			const random = seeded(7);
			const writer = new OnnxWriter();
			const x = writer.input("x", "float32", shape);
			const last = build(writer, x, random);
			writer.node("Identity", [last], {}, ["y"]);
			writer.output(
				"y",
				type,
				Array.from({ length: rank ?? shape.length }, (_, axis) => `d${axis}`),
			);
			const size = shape.reduce((product, length) => product * length, 1);
			const numbers = random(size).map((value) => (positive ? value / 4 + 0.5 : value));
			const input = { shape, data: Float32Array.from(numbers) };
			const [expected, found] = await bothAnswers(writer.build({ operatorSet }), new Map([["x", input]]), ["y"], 2);
			const [wanted, got] = [expected.get("y"), found.get("y")];
			expect(got?.shape).toEqual(wanted?.shape);
			expect(got?.data.length).toBeGreaterThan(0);
			const magnitude = Math.max(1, largestDifference(wanted?.data ?? [], new Float32Array(wanted?.data.length ?? 0)));
			expect(largestDifference(wanted?.data ?? [], got?.data ?? [])).toBeLessThan(1e-5 * magnitude);
		},
	);
});

function largestDifference(a: ArrayLike<number | bigint>, b: ArrayLike<number | bigint>): number {
	let largest = a.length === b.length ? 0 : Number.POSITIVE_INFINITY;
	for (let index = 0; index < a.length; index++) {
		const difference = Math.abs(Number(a[index]) - Number(b[index]));
		// Not a number is never small.
		if (!(difference <= largest)) largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
	}
	return largest;
}

test.each([
	["rt-detr", toyRtDetr({ size: [64, 48] }), "images", ["labels", "boxes", "scores"]],
	["hf-rt-detr", toyHfRtDetr({ size: [64, 48] }), "pixel_values", ["logits", "pred_boxes", "features"]],
	["rf-detr", toyRfDetr({ size: [64, 48] }), "input", ["dets", "labels"]],
	["detr", toyDetr({ size: [64, 48] }), "pixel_values", ["logits", "pred_boxes"]],
] as const)("both engines agree on the toy model of the family %s", async (family, bytes, name, outputs) => {
	const random = seeded(3);
	const pixels = { shape: [1, 3, 48, 64], data: Float32Array.from(random(3 * 48 * 64)) };
	const inputs = new Map<string, InputTensor>([[name, pixels]]);
	if (family === "rt-detr") inputs.set("orig_target_sizes", { shape: [1, 2], data: BigInt64Array.of(640n, 480n) });
	if (family === "detr") inputs.set("pixel_mask", { shape: [1, 48, 64], data: new BigInt64Array(48 * 64).fill(1n) });
	const [expected, found] = await bothAnswers(bytes, inputs, outputs, 2);
	for (const output of outputs) {
		expect(found.get(output)?.shape).toEqual(expected.get(output)?.shape);
		expect(largestDifference(expected.get(output)?.data ?? [], found.get(output)?.data ?? [])).toBeLessThan(1e-3);
	}
});

test("both engines agree on the detector that comes with VisionVend, on scenes that it was not trained on", async () => {
	const { contract } = await loadModel(defaultModelPath());
	const preprocessor = new Preprocessor(contract);
	const bytes = readFileSync(defaultModelPath());
	const maker = new SceneMaker({ seed: 5, split: "evaluation", size: detectorSize });
	for (const scene of [0, 1]) {
		const { picture } = await maker.make(scene);
		const { input } = preprocessor.prepare({ format: "rgb", ...picture });
		const shape = [1, 3, contract.size[1], contract.size[0]];
		const outputs = ["logits", "pred_boxes", "features"];
		const [expected, found] = await bothAnswers(bytes, new Map([["pixel_values", { shape, data: input }]]), outputs);
		for (const output of outputs) {
			expect(found.get(output)?.shape).toEqual(expected.get(output)?.shape);
			expect(largestDifference(expected.get(output)?.data ?? [], found.get(output)?.data ?? [])).toBeLessThan(1e-3);
		}
	}
});

test("an operator that is not known is refused by name before anything runs", () => {
	const writer = new OnnxWriter();
	const x = writer.input("x", "float32", [1, 3, 8, 8]);
	writer.node("GRU", [writer.node("NonMaxSuppression", [x])], {}, ["y"]);
	writer.output("y", "float32", [1]);
	expect(() => new TfjsSession(parseOnnxModel(writer.build()))).toThrow(
		/does not know the operators NonMaxSuppression, GRU .*Take the engine ort/,
	);
});

test("what an operator cannot do is told with its node", async () => {
	const writer = new OnnxWriter();
	const x = writer.input("x", "float32", [1, 3, 8, 8]);
	writer.node("Resize", [x, "", writer.floats([4], [1, 1, 2, 2])], { mode: text("cubic") }, ["y"]);
	writer.output("y", "float32", [1, 3, 16, 16]);
	const session = new TfjsSession(parseOnnxModel(writer.build()));
	const inputs = new Map([["x", { shape: [1, 3, 8, 8], data: new Float32Array(192) }]]);
	await expect(session.run(inputs, ["y"])).rejects.toThrow('the node "y" (Resize): the mode cubic is not known');
});

test("nothing is left in memory between pictures, nor after the end, and another size is another plan", async () => {
	const before = memory().numTensors;
	const session = new TfjsSession(parseOnnxModel(toyHfRtDetr()));
	const run = async (height: number, width: number) => {
		const input = { shape: [1, 3, height, width], data: new Float32Array(3 * height * width).fill(0.25) };
		await session.run(new Map([["pixel_values", input]]), ["logits", "features"]);
		return memory().numTensors;
	};
	const first = await run(8, 12);
	for (let picture = 0; picture < 5; picture++) expect(await run(8, 12)).toBe(first);
	expect(await run(16, 8)).toBe(first);
	await session.close();
	expect(memory().numTensors).toBe(before);
});
