import * as tf from "@tensorflow/tfjs-core";
import { axisOf, type Operator, type OperatorCall } from "../operator.ts";
import { sliceAxis } from "../slice-axis.ts";
import { Value } from "../value.ts";

/** Indices from 0 upwards: ONNX counts negative ones from the end. */
function fromStart(indices: Value, length: number): tf.Tensor {
	const tensor = tf.cast(indices.tensor(), "int32");
	return tf.where(tf.less(tensor, 0), tf.add(tensor, tf.scalar(length, "int32")), tensor);
}

/** The numbers that an element's place in memory is the sum of. */
function stridesOf(shape: readonly number[]): number[] {
	return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
}

const gather: Operator = (call) => {
	const [value, indices] = [call.input(0), call.input(1)];
	const axis = axisOf(call.int("axis", 0), value.rank);
	const length = value.shape[axis] ?? 0;
	const shape = [...value.shape.slice(0, axis), ...indices.shape, ...value.shape.slice(axis + 1)];
	if (indices.size === 1) {
		// One place is a slice, which is much faster.
		const [place = 0] = indices.numbers();
		const chosen = sliceAxis(value.tensor(), axis, place < 0 ? place + length : place, 1);
		return [Value.of(tf.reshape(chosen, shape))];
	}
	const flat = tf.reshape(fromStart(indices, length), [indices.size]);
	return [Value.of(tf.reshape(tf.gather(value.tensor(), flat, axis), shape))];
};

/** Every element of the answer from a place of its own along `axis`. */
const gatherElements: Operator = (call) => {
	const [value, indices] = [call.input(0), call.input(1)];
	const axis = axisOf(call.int("axis", 0), value.rank);
	const length = value.shape[axis] ?? 0;
	const stride = stridesOf(value.shape)[axis] ?? 1;
	const data = value.tensor().dataSync();
	const chosen = data.slice(0, indices.size);
	const base = placesWithout(axis, value.shape, indices.shape);
	for (const [element, place] of indices.tensor().dataSync().entries())
		chosen[element] = data[base[element]! + (place < 0 ? place + length : place) * stride]!;
	return [Value.of(tf.tensor(chosen, [...indices.shape], value.type))];
};

/** For each element of `shape` its place in memory of `source`, but for its step along `axis`. */
function placesWithout(axis: number, source: readonly number[], shape: readonly number[]): Int32Array {
	const strides = stridesOf(source);
	const places = new Int32Array(shape.reduce((product, length) => product * length, 1));
	const counter = shape.map(() => 0);
	for (let element = 0, place = 0; element < places.length; element++) {
		places[element] = place;
		// One further, as a mileage counter.
		for (let digit = shape.length - 1; digit >= 0; digit--) {
			const step = digit === axis ? 0 : strides[digit]!;
			counter[digit] = counter[digit]! + 1;
			place += step;
			if (counter[digit]! < shape[digit]!) break;
			place -= step * counter[digit]!;
			counter[digit] = 0;
		}
	}
	return places;
}

const gatherNd: Operator = (call) => {
	if (call.int("batch_dims", 0) !== 0) throw new Error("batch_dims is not known");
	return [Value.of(tf.gatherND(call.input(0).tensor(), call.input(1).tensor()))];
};

/** Writes `updates` over slices of the data. With the same place twice, the later one stays. */
const scatterNd: Operator = (call) => {
	if (call.text("reduction", "none") !== "none") throw new Error("a reduction is not known");
	const [value, indices, updates] = [call.input(0), call.input(1), call.input(2)];
	const depth = indices.shape.at(-1) ?? 0;
	const strides = stridesOf(value.shape);
	const sliceSize = value.shape.slice(depth).reduce((product, length) => product * length, 1);
	const data = value.tensor().dataSync().slice();
	const places = indices.tensor().dataSync();
	const written = updates.tensor().dataSync();
	for (let row = 0; row * sliceSize < written.length; row++) {
		let start = 0;
		for (let axis = 0; axis < depth; axis++) {
			const place = places[row * depth + axis] ?? 0;
			start += (place < 0 ? place + (value.shape[axis] ?? 0) : place) * (strides[axis] ?? 0);
		}
		data.set(written.subarray(row * sliceSize, (row + 1) * sliceSize), start);
	}
	return [Value.of(tf.tensor(data, [...value.shape], value.type))];
};

const scatterElements: Operator = (call) => {
	if (call.text("reduction", "none") !== "none") throw new Error("a reduction is not known");
	const [value, indices, updates] = [call.input(0), call.input(1), call.input(2)];
	const axis = axisOf(call.int("axis", 0), value.rank);
	const stride = stridesOf(value.shape)[axis] ?? 1;
	const length = value.shape[axis] ?? 0;
	const base = placesWithout(axis, value.shape, indices.shape);
	const written = updates.tensor().dataSync();
	const data = value.tensor().dataSync().slice();
	for (const [element, place] of indices.tensor().dataSync().entries())
		data[base[element]! + (place < 0 ? place + length : place) * stride] = written[element]!;
	return [Value.of(tf.tensor(data, [...value.shape], value.type))];
};

const topK: Operator = (call) => {
	const value = call.input(0);
	const axis = axisOf(call.int("axis", -1), value.rank);
	const count = call.optionalInput(1)?.numbers()[0] ?? call.int("k", 1);
	const isLargest = call.int("largest", 1) === 1;
	const order = value.shape.map((_, place) => place);
	[order[axis], order[value.rank - 1]] = [value.rank - 1, axis];
	const turned = axis === value.rank - 1 ? value.tensor() : tf.transpose(value.tensor(), order);
	// The smallest are the largest with the other sign.
	const { values, indices } = tf.topk(isLargest ? turned : tf.neg(turned), count, true);
	const back = (tensor: tf.Tensor): Value => Value.of(axis === value.rank - 1 ? tensor : tf.transpose(tensor, order));
	return [back(isLargest ? values : tf.neg(values)), back(indices)];
};

const nonZero: Operator = (call) => {
	const value = call.input(0);
	const strides = stridesOf(value.shape);
	const places: number[] = [];
	for (const [element, number] of value.numbers().entries()) if (number !== 0) places.push(element);
	const coordinates = strides.flatMap((stride, axis) =>
		places.map((place) => Math.floor(place / stride) % (value.shape[axis] ?? 1)),
	);
	return [Value.of(tf.tensor2d(coordinates, [value.rank, places.length], "int32"))];
};

const trilu: Operator = (call: OperatorCall) => {
	const value = call.input(0);
	const diagonal = call.optionalInput(1)?.numbers()[0] ?? 0;
	const isUpper = call.int("upper", 1) === 1;
	const [rows = 1, columns = 1] = value.shape.slice(-2);
	const mask = Uint8Array.from({ length: rows * columns }, (_, element) => {
		const distance = (element % columns) - Math.floor(element / columns);
		return (isUpper ? distance >= diagonal : distance <= diagonal) ? 1 : 0;
	});
	return [
		Value.of(tf.mul(value.tensor(), tf.tensor2d(mask, [rows, columns], value.type === "int32" ? "int32" : "float32"))),
	];
};

/** ONNX's operators that choose elements. */
export const selectionOperators: Readonly<Record<string, Operator>> = {
	Gather: gather,
	GatherElements: gatherElements,
	GatherND: gatherNd,
	NonZero: nonZero,
	ScatterElements: scatterElements,
	ScatterND: scatterNd,
	TopK: topK,
	Trilu: trilu,
};
