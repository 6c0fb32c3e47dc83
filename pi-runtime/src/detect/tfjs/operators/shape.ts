import * as tf from "@tensorflow/tfjs-core";
import type { OnnxTensor } from "../../onnx/onnx-model.ts";
import { constantTensor } from "../constant-tensor.ts";
import { axisOf, type Operator, type OperatorCall } from "../operator.ts";
import { sliceAxis } from "../slice-axis.ts";
import { Value } from "../value.ts";

function withShape(value: Value, shape: readonly number[]): readonly Value[] {
	return [Value.of(tf.reshape(value.tensor(), [...shape]))];
}

const reshape: Operator = (call) => {
	const value = call.input(0);
	const wanted = call.input(1).numbers();
	// 0 keeps a length, -1 is what is left over.
	const keepsZero = call.int("allowzero", 0) === 1;
	const shape = wanted.map((length, axis) => (length === 0 && !keepsZero ? (value.shape[axis] ?? 0) : length));
	const known = shape.reduce((product, length) => (length < 0 ? product : product * length), 1);
	return withShape(
		value,
		shape.map((length) => (length < 0 ? value.size / known : length)),
	);
};

const flatten: Operator = (call) => {
	const value = call.input(0);
	const axis = call.int("axis", 1);
	const place = axis < 0 ? axis + value.rank : axis;
	const rows = value.shape.slice(0, place).reduce((product, length) => product * length, 1);
	return withShape(value, [rows, value.size / rows]);
};

const squeeze: Operator = (call) => {
	const value = call.input(0);
	const axes = call.axes(1)?.map((axis) => axisOf(axis, value.rank));
	return withShape(
		value,
		value.shape.filter((length, axis) => (axes === undefined ? length !== 1 : !axes.includes(axis))),
	);
};

const unsqueeze: Operator = (call) => {
	const value = call.input(0);
	const axes = call.axes(1) ?? [];
	const rank = value.rank + axes.length;
	const places = new Set(axes.map((axis) => axisOf(axis, rank)));
	const lengths = value.shape.values();
	return withShape(
		value,
		Array.from({ length: rank }, (_, axis) => (places.has(axis) ? 1 : (lengths.next().value ?? 1))),
	);
};

const transpose: Operator = (call) => {
	const value = call.input(0);
	const order = call.ints("perm") ?? value.shape.map((_, axis) => value.rank - 1 - axis);
	if (!value.isChannelsLast) return [Value.of(tf.transpose(value.tensor(), [...order]))];
	// Where the axes [0, 1, 2, 3] lie in a tensor with the channels last.
	const inMemory = order.map((axis) => [0, 3, 1, 2][axis] ?? axis);
	return [Value.of(tf.transpose<tf.Tensor>(value.channelsLast(), inMemory))];
};

const shapeOf: Operator = (call) => {
	const { shape, rank } = call.input(0);
	const clamp = (place: number): number => Math.min(Math.max(place < 0 ? place + rank : place, 0), rank);
	return [Value.of(tf.tensor1d(shape.slice(clamp(call.int("start", 0)), clamp(call.int("end", rank))), "int32"))];
};

/** The axis at which a value lies in memory when its channels come last. */
const placeOfAxis = [0, 3, 1, 2] as const;

const concat: Operator = (call) => {
	const values = call.inputs.map((_, index) => call.input(index));
	const [first] = values;
	if (first === undefined) throw new Error("it has no input");
	const axis = axisOf(call.int("axis", 0), first.rank);
	const place = placeOfAxis[axis];
	if (place !== undefined && values.every(({ isChannelsLast }) => isChannelsLast))
		return [
			Value.ofChannelsLast(
				tf.concat(
					values.map((value) => value.channelsLast()),
					place,
				),
			),
		];
	return [
		Value.of(
			tf.concat(
				values.filter(({ size }) => size > 0).map((value) => value.tensor()),
				axis,
			),
		),
	];
};

const split: Operator = (call) => {
	const value = call.input(0);
	const axis = axisOf(call.int("axis", 0), value.rank);
	const length = value.shape[axis] ?? 0;
	const parts = call.node.outputs.length;
	const each = Math.ceil(length / parts);
	const sizes =
		call.axes(1, "split") ?? Array.from({ length: parts }, (_, part) => Math.min(each, length - part * each));
	const place = placeOfAxis[axis];
	if (value.isChannelsLast && place !== undefined)
		return tf.split(value.channelsLast(), [...sizes], place).map((part) => Value.ofChannelsLast(part));
	return tf.split(value.tensor(), [...sizes], axis).map((part) => Value.of(part));
};

const slice: Operator = (call) => {
	const value = call.input(0);
	const starts = call.axes(1, "starts") ?? [];
	const ends = call.axes(2, "ends") ?? [];
	const axes = call.axes(3) ?? starts.map((_, index) => index);
	const steps = call.optionalInput(4)?.numbers() ?? starts.map(() => 1);
	const begin = value.shape.map(() => 0);
	const end = [...value.shape];
	const stride = value.shape.map(() => 1);
	for (const [index, given] of axes.entries()) {
		const axis = axisOf(given, value.rank);
		const length = value.shape[axis] ?? 0;
		const step = steps[index] ?? 1;
		if (step <= 0) {
			if (step !== -1) throw new Error(`a step of ${step} is not known`);
			return [reversed(value, axis, starts[index] ?? 0, ends[index] ?? 0, axes.length)];
		}
		const place = (number: number): number => Math.min(Math.max(number < 0 ? number + length : number, 0), length);
		begin[axis] = place(starts[index] ?? 0);
		end[axis] = Math.max(begin[axis] ?? 0, place(ends[index] ?? length));
		stride[axis] = step;
	}
	const size = begin.map((from, axis) => (end[axis] ?? 0) - from);
	if (stride.every((step) => step === 1)) {
		const order = value.isChannelsLast ? [0, 2, 3, 1] : value.shape.map((_, axis) => axis);
		let part: tf.Tensor = value.isChannelsLast ? value.channelsLast() : value.tensor();
		for (const [place, axis] of order.entries())
			if (size[axis] !== value.shape[axis]) part = sliceAxis(part, place, begin[axis] ?? 0, size[axis] ?? 0);
		const own = tf.clone(part);
		return [value.isChannelsLast ? Value.ofChannelsLast(own) : Value.of(own)];
	}
	return [Value.of(tf.stridedSlice(value.tensor(), begin, end, stride))];
};

/** The whole of one axis backwards, which is all that models ask for. */
function reversed(value: Value, axis: number, start: number, end: number, axes: number): Value {
	const length = value.shape[axis] ?? 0;
	if (axes !== 1 || (start !== -1 && start < length - 1) || end >= -length)
		throw new Error("a part of an axis backwards is not known");
	return Value.of(tf.reverse(value.tensor(), axis));
}

const expand: Operator = (call) => {
	const value = call.input(0);
	const wanted = call.input(1).numbers();
	const rank = Math.max(value.rank, wanted.length);
	const own = [...new Array<number>(rank - value.rank).fill(1), ...value.shape];
	const asked = [...new Array<number>(rank - wanted.length).fill(1), ...wanted];
	// Broadcast against each other: a 1 in either gives way.
	const shape = own.map((length, axis) => (length === 1 ? (asked[axis] ?? 1) : length));
	return [Value.of(tf.broadcastTo<tf.Rank>(value.tensor(), shape as unknown as tf.ShapeMap[tf.Rank]))];
};

const tile: Operator = (call) => [Value.of(tf.tile(call.input(0).tensor(), [...call.input(1).numbers()]))];

const constant: Operator = (call) => {
	const { attributes } = call.node;
	const value = attributes.get("value");
	if (value !== undefined && isTensor(value)) return [Value.of(constantTensor(value))];
	const float = attributes.get("value_float");
	if (typeof float === "number") return [Value.of(tf.scalar(float))];
	const int = attributes.get("value_int");
	if (typeof int === "number") return [Value.of(tf.scalar(int, "int32"))];
	const floats = attributes.get("value_floats");
	if (Array.isArray(floats)) return [Value.of(tf.tensor1d(floats.map(Number)))];
	const ints = attributes.get("value_ints");
	if (Array.isArray(ints)) return [Value.of(tf.tensor1d(ints.map(Number), "int32"))];
	throw new Error("a constant of texts or a sparse one is not known");
};

const constantOfShape: Operator = (call) => {
	const given = call.node.attributes.get("value");
	const tensor = given !== undefined && isTensor(given) ? constantTensor(given) : tf.scalar(0);
	const shape = [...call.input(0).numbers()];
	return [
		Value.of(
			tf.fill<tf.Rank>(shape as unknown as tf.ShapeMap[tf.Rank], tensor.dataSync()[0] ?? 0, tensor.dtype as "float32"),
		),
	];
};

const range: Operator = (call) => {
	const [start = 0, limit = 0, delta = 1] = [0, 1, 2].map((index) => call.input(index).numbers()[0] ?? 0);
	const count = Math.max(0, Math.ceil((limit - start) / delta));
	const numbers = Array.from({ length: count }, (_, index) => start + index * delta);
	return [Value.of(tf.tensor1d(numbers, call.input(0).type === "int32" ? "int32" : "float32"))];
};

const pad: Operator = (call) => {
	const value = call.input(0);
	const mode = call.text("mode", "constant");
	const pads = call.axes(1, "pads") ?? [];
	const axes = (call.optionalInput(3)?.numbers() ?? value.shape.map((_, axis) => axis)).map((axis) =>
		axisOf(axis, value.rank),
	);
	const filler = call.optionalInput(2)?.numbers()[0] ?? call.float("value", 0);
	const sides = value.shape.map((): [number, number] => [0, 0]);
	for (const [index, axis] of axes.entries()) sides[axis] = [pads[index] ?? 0, pads[index + axes.length] ?? 0];
	if (sides.flat().some((count) => count < 0)) throw new Error("cutting off by a negative pad is not known");
	if (mode === "constant") return [Value.of(tf.pad(value.tensor(), sides, filler))];
	if (mode === "reflect") return [Value.of(tf.mirrorPad(value.tensor(), sides, "reflect"))];
	throw new Error(`the mode ${mode} is not known`);
};

const depthToSpace: Operator = (call) => {
	const block = call.int("blocksize", 1);
	const value = call.input(0);
	const [batch = 1, channels = 1, height = 1, width = 1] = value.shape;
	const depth = channels / (block * block);
	const isDepthFirst = call.text("mode", "DCR") === "DCR";
	const split6 = tf.reshape(
		value.tensor(),
		isDepthFirst ? [batch, block, block, depth, height, width] : [batch, depth, block, block, height, width],
	);
	const ordered = tf.transpose(split6, isDepthFirst ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3]);
	return [Value.of(tf.reshape(ordered, [batch, depth, height * block, width * block]))];
};

function isTensor(value: NonNullable<ReturnType<OperatorCall["node"]["attributes"]["get"]>>): value is OnnxTensor {
	return typeof value === "object" && "elementType" in value;
}

/** ONNX's operators that change a shape or make numbers of one. */
export const shapeOperators: Readonly<Record<string, Operator>> = {
	Concat: concat,
	Constant: constant,
	ConstantOfShape: constantOfShape,
	DepthToSpace: depthToSpace,
	Expand: expand,
	Flatten: flatten,
	Pad: pad,
	Range: range,
	Reshape: reshape,
	Shape: shapeOf,
	Size: (call) => [Value.of(tf.scalar(call.input(0).size, "int32"))],
	Slice: slice,
	Split: split,
	Squeeze: squeeze,
	Tile: tile,
	Transpose: transpose,
	Unsqueeze: unsqueeze,
};
