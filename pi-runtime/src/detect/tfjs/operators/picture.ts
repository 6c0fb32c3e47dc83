import * as tf from "@tensorflow/tfjs-core";
import type { Operator, OperatorCall } from "../operator.ts";
import { asPicture, rank4, Value } from "../value.ts";
import { meanOf } from "./reduction.ts";

type Sides = [[number, number], [number, number], [number, number], [number, number]];

/** Rows and columns that are added above, below, left and right. */
function sidesOf(
	call: OperatorCall,
	[height, width]: readonly [number, number],
	kernel: readonly [number, number],
	strides: readonly [number, number],
	dilations: readonly [number, number],
): Sides {
	const mode = call.text("auto_pad", "NOTSET");
	if (mode === "NOTSET") {
		const [top = 0, left = 0, bottom = 0, right = 0] = call.ints("pads") ?? [];
		return [
			[0, 0],
			[top, bottom],
			[left, right],
			[0, 0],
		];
	}
	if (mode === "VALID")
		return [
			[0, 0],
			[0, 0],
			[0, 0],
			[0, 0],
		];
	if (mode !== "SAME_UPPER" && mode !== "SAME_LOWER") throw new Error(`auto_pad ${mode} is not known`);
	const along = (length: number, axis: 0 | 1): [number, number] => {
		const reach = (kernel[axis] - 1) * dilations[axis] + 1;
		const all = Math.max(0, (Math.ceil(length / strides[axis]) - 1) * strides[axis] + reach - length);
		const less = Math.floor(all / 2);
		return mode === "SAME_UPPER" ? [less, all - less] : [all - less, less];
	};
	return [[0, 0], along(height, 0), along(width, 1), [0, 0]];
}

function pair(numbers: readonly number[] | undefined, otherwise: number): [number, number] {
	const [down = otherwise, across = otherwise] = numbers ?? [];
	return [down, across];
}

/** Weights [a, b, height, width] as TensorFlow.js wants them: [height, width, b, a]. */
function filterOf(weights: Value): tf.Tensor4D {
	return asPicture(weights.derived("filter", (tensor) => tf.transpose(tensor, [2, 3, 1, 0])));
}

const convolution: Operator = (call) => {
	const [value, weights] = [call.input(0), call.input(1)];
	const bias = call.optionalInput(2)?.tensor();
	const [outChannels, groupChannels, kernelHeight, kernelWidth] = rank4(weights.shape);
	const [, channels, height, width] = rank4(value.shape);
	const strides = pair(call.ints("strides"), 1);
	const dilations = pair(call.ints("dilations"), 1);
	const pads = sidesOf(call, [height, width], [kernelHeight, kernelWidth], strides, dilations);
	const group = call.int("group", 1);
	const picture = value.channelsLast();

	if (group === 1) {
		const filter = filterOf(weights);
		return [
			Value.ofChannelsLast(
				tf.fused.conv2d({ x: picture, filter, strides, pad: pads, dilations, ...(bias === undefined ? {} : { bias }) }),
			),
		];
	}
	if (groupChannels === 1 && group === channels) {
		// Channel after channel, with its multiples: [height, width, in, multiples].
		const filter = asPicture(
			weights.derived("depthwise", (tensor) =>
				tf.reshape(tf.transpose(tensor, [2, 3, 0, 1]), [kernelHeight, kernelWidth, channels, outChannels / channels]),
			),
		);
		const result = tf.depthwiseConv2d(picture, filter, strides, pads, "NHWC", dilations);
		return [Value.ofChannelsLast(bias === undefined ? result : tf.add(result, bias))];
	}
	const filter = filterOf(weights);
	const filters = tf.split<tf.Tensor>(filter, group, 3);
	const parts = tf.split<tf.Tensor>(picture, group, 3).map((part, index) => {
		const one = filters[index];
		if (one === undefined) throw new Error(`its ${outChannels} channels cannot be split into ${group} groups`);
		return tf.conv2d(asPicture(part), asPicture(one), strides, pads, "NHWC", dilations);
	});
	const result = tf.concat(parts, 3);
	return [Value.ofChannelsLast(bias === undefined ? result : tf.add(result, bias))];
};

const transposedConvolution: Operator = (call) => {
	const [value, weights] = [call.input(0), call.input(1)];
	const bias = call.optionalInput(2)?.tensor();
	const [batch, , height, width] = rank4(value.shape);
	const [, outChannels, kernelHeight, kernelWidth] = rank4(weights.shape);
	const strides = pair(call.ints("strides"), 1);
	const [top = 0, left = 0, bottom = 0, right = 0] = call.ints("pads") ?? [];
	const more = pair(call.ints("output_padding"), 0);
	if (call.int("group", 1) !== 1 || pair(call.ints("dilations"), 1).some((dilation) => dilation !== 1))
		throw new Error("groups and dilations are not known");
	// The whole is made, then its edges are cut off.
	const filter = filterOf(weights);
	const wholeHeight = (height - 1) * strides[0] + kernelHeight + more[0];
	const wholeWidth = (width - 1) * strides[1] + kernelWidth + more[1];
	const whole = tf.conv2dTranspose(
		value.channelsLast(),
		filter,
		[batch, wholeHeight, wholeWidth, outChannels],
		strides,
		"valid",
	);
	const result = tf.slice(
		whole,
		[0, top, left, 0],
		[batch, wholeHeight - top - bottom, wholeWidth - left - right, outChannels],
	);
	return [Value.ofChannelsLast(bias === undefined ? result : tf.add(result, bias))];
};

/** Pools windows. `filler` stands where a window reaches beyond the picture. */
function pool(kind: "max" | "avg"): Operator {
	return (call) => {
		const value = call.input(0);
		const [, , height, width] = rank4(value.shape);
		const kernel = pair(call.ints("kernel_shape"), 1);
		const strides = pair(call.ints("strides"), 1);
		const dilations = pair(call.ints("dilations"), 1);
		if (call.node.outputs.length > 1) throw new Error("the places of the maxima are not known");
		const sides = sidesOf(call, [height, width], kernel, strides, dilations);
		const picture = value.channelsLast();
		if (kind === "max") {
			const padded = tf.pad(picture, roundedUp(call, sides, [height, width], kernel, strides), -3.4e38);
			return [Value.ofChannelsLast(tf.pool(padded, kernel, "max", "valid", dilations, strides))];
		}
		if (dilations.some((dilation) => dilation !== 1)) throw new Error("dilations are not known");
		const isAlone = sides.flat().every((count) => count === 0);
		const rounded = roundedUp(call, sides, [height, width], kernel, strides);
		const sums = tf.avgPool(tf.pad(picture, rounded), kernel, strides, "valid");
		if (isAlone && rounded === sides) return [Value.ofChannelsLast(sums)];
		// What counts: the picture, and its margin where the model says so, but never what rounding up added.
		const counts =
			call.int("count_include_pad", 0) === 1
				? tf.pad(tf.ones([1, height + sides[1][0] + sides[1][1], width + sides[2][0] + sides[2][1], 1]), [
						[0, 0],
						[0, rounded[1][1] - sides[1][1]],
						[0, rounded[2][1] - sides[2][1]],
						[0, 0],
					])
				: tf.pad(tf.ones([1, height, width, 1]), rounded);
		const shares = tf.avgPool(asPicture(counts), kernel, strides, "valid");
		return [Value.ofChannelsLast(tf.div(sums, shares))];
	};
}

/** `ceil_mode`: a last window may reach over the end, as long as it starts on the picture or its margin. */
function roundedUp(
	call: OperatorCall,
	sides: Sides,
	[height, width]: readonly [number, number],
	kernel: readonly [number, number],
	strides: readonly [number, number],
): Sides {
	if (call.int("ceil_mode", 0) !== 1) return sides;
	const along = (length: number, axis: 0 | 1, [before, after]: readonly [number, number]): [number, number] => {
		const padded = length + before + after;
		let windows = Math.ceil((padded - kernel[axis]) / strides[axis]) + 1;
		if ((windows - 1) * strides[axis] >= length + before) windows--;
		return [before, after + Math.max(0, (windows - 1) * strides[axis] + kernel[axis] - padded)];
	};
	return [[0, 0], along(height, 0, sides[1]), along(width, 1, sides[2]), [0, 0]];
}

const globalPool =
	(reduce: (picture: tf.Tensor, axes: number[], keepDims: boolean) => tf.Tensor): Operator =>
	(call) => [Value.ofChannelsLast(reduce(call.input(0).channelsLast(), [1, 2], true))];

const batchNormalization: Operator = (call) => {
	const [value, mean, variance] = [call.input(0), call.input(3), call.input(4)];
	const epsilon = call.float("epsilon", 1e-5);
	const scale = tf.div(call.input(1).tensor(), tf.sqrt(tf.add(variance.tensor(), epsilon)));
	const shift = tf.sub(call.input(2).tensor(), tf.mul(mean.tensor(), scale));
	if (value.rank === 4) return [Value.ofChannelsLast(tf.add(tf.mul(value.channelsLast(), scale), shift))];
	const across = [1, value.shape[1] ?? 1, ...value.shape.slice(2).map(() => 1)];
	return [Value.of(tf.add(tf.mul(value.tensor(), tf.reshape(scale, across)), tf.reshape(shift, across)))];
};

/** The size that a resize makes, and its factors along height and width. */
function resizedTo(call: OperatorCall): { size: [number, number]; scales: [number, number] } {
	const [batch, channels, height, width] = rank4(call.input(0).shape);
	const sizes = call.optionalInput(call.node.operator === "Upsample" ? 9 : 3)?.numbers();
	const scales = call.optionalInput(call.node.operator === "Upsample" ? 1 : 2)?.numbers();
	if (call.ints("axes") !== undefined) throw new Error("chosen axes are not known");
	if (sizes !== undefined && sizes.length === 4) {
		const [toBatch, toChannels, toHeight = height, toWidth = width] = sizes;
		if (toBatch !== batch || toChannels !== channels) throw new Error("only height and width can be resized");
		return { size: [toHeight, toWidth], scales: [toHeight / height, toWidth / width] };
	}
	const [byBatch, byChannels, byHeight = 1, byWidth = 1] = scales ?? [];
	if (scales?.length !== 4 || byBatch !== 1 || byChannels !== 1)
		throw new Error("only height and width can be resized");
	return { size: [Math.floor(height * byHeight), Math.floor(width * byWidth)], scales: [byHeight, byWidth] };
}

/** Which row (or column) of the source each of `length` ones is taken from (ONNX, Resize). */
function nearestSources(call: OperatorCall, sourceLength: number, length: number, scale: number): Int32Array {
	const mode = call.text(
		"coordinate_transformation_mode",
		call.node.operator === "Upsample" ? "asymmetric" : "half_pixel",
	);
	const rounding = call.text("nearest_mode", call.node.operator === "Upsample" ? "floor" : "round_prefer_floor");
	const round: Readonly<Record<string, (place: number) => number>> = {
		round_prefer_floor: (place) => Math.ceil(place - 0.5),
		round_prefer_ceil: (place) => Math.floor(place + 0.5),
		floor: Math.floor,
		ceil: Math.ceil,
	};
	const transform: Readonly<Record<string, (index: number) => number>> = {
		half_pixel: (index) => (index + 0.5) / scale - 0.5,
		pytorch_half_pixel: (index) => (length > 1 ? (index + 0.5) / scale - 0.5 : 0),
		asymmetric: (index) => index / scale,
		align_corners: (index) => (length > 1 ? (index * (sourceLength - 1)) / (length - 1) : 0),
	};
	const [rounded, transformed] = [round[rounding], transform[mode]];
	if (rounded === undefined || transformed === undefined) throw new Error(`${mode} with ${rounding} is not known`);
	return Int32Array.from({ length }, (_, index) =>
		Math.min(Math.max(rounded(transformed(index)), 0), sourceLength - 1),
	);
}

/** Whether rows are taken as TensorFlow.js's own kernel, the faster way, takes them. */
function isEven(sources: Int32Array, length: number): boolean {
	return sources.every((source, index) => source === Math.floor((index * length) / sources.length));
}

const resize: Operator = (call) => {
	const value = call.input(0);
	const [, , height, width] = rank4(value.shape);
	const { size, scales } = resizedTo(call);
	const picture = value.channelsLast();
	const mode = call.text("mode", "nearest");
	if (mode === "nearest") {
		const rows = nearestSources(call, height, size[0], scales[0]);
		const columns = nearestSources(call, width, size[1], scales[1]);
		const isPlain = isEven(rows, height) && isEven(columns, width);
		if (isPlain) return [Value.ofChannelsLast(tf.image.resizeNearestNeighbor(picture, size))];
		return [Value.ofChannelsLast(tf.gather(tf.gather(picture, tf.tensor1d(columns), 2), tf.tensor1d(rows), 1))];
	}
	if (mode !== "linear") throw new Error(`the mode ${mode} is not known`);
	if (call.int("antialias", 0) === 1) throw new Error("antialias is not known");
	const coordinates = call.text("coordinate_transformation_mode", "half_pixel");
	const isHalf = coordinates === "half_pixel" || coordinates === "pytorch_half_pixel";
	if (!isHalf && coordinates !== "align_corners" && coordinates !== "asymmetric")
		throw new Error(`${coordinates} is not known`);
	return [Value.ofChannelsLast(tf.image.resizeBilinear(picture, size, coordinates === "align_corners", isHalf))];
};

/** ONNX's operators on pictures. */
export const pictureOperators: Readonly<Record<string, Operator>> = {
	AveragePool: pool("avg"),
	BatchNormalization: batchNormalization,
	Conv: convolution,
	ConvTranspose: transposedConvolution,
	GlobalAveragePool: globalPool(meanOf),
	GlobalMaxPool: globalPool((picture, axes, keepDims) => tf.max(picture, axes, keepDims)),
	MaxPool: pool("max"),
	Resize: resize,
	Upsample: resize,
};
