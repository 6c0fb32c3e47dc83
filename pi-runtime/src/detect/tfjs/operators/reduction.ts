import * as tf from "@tensorflow/tfjs-core";
import { axisOf, type Operator } from "../operator.ts";
import { Value } from "../value.ts";

/** One axis after the other: WebAssembly adds up in float32, and a whole picture at once would lose digits. */
export function meanOf(x: tf.Tensor, axes: number[], keepDims: boolean): tf.Tensor {
	const means = axes.reduce((tensor, axis) => tf.mean<tf.Tensor>(tensor, axis, true), x);
	const shape = means.shape.filter((_, axis) => keepDims || !axes.includes(axis));
	return tf.reshape(means, shape);
}

function reduction(reduce: (tensor: tf.Tensor, axes: number[], keepDims: boolean) => tf.Tensor): Operator {
	return (call) => {
		const value = call.input(0);
		const given = call.axes(1);
		// Without axes: all of them, or none where the model says so.
		if ((given === undefined || given.length === 0) && call.int("noop_with_empty_axes", 0) === 1)
			return [Value.of(tf.clone(value.tensor()))];
		const all = value.shape.map((_, axis) => axis);
		const axes = given === undefined || given.length === 0 ? all : given.map((axis) => axisOf(axis, value.rank));
		const keepDims = call.int("keepdims", 1) === 1;
		if (value.isChannelsLast && keepDims) {
			const inMemory = axes.map((axis) => [0, 3, 1, 2][axis] ?? axis);
			return [Value.ofChannelsLast(reduce(value.channelsLast(), inMemory, true))];
		}
		return [Value.of(reduce(value.tensor(), axes, keepDims))];
	};
}

function argument(choose: (tensor: tf.Tensor, axis: number) => tf.Tensor): Operator {
	return (call) => {
		const value = call.input(0);
		if (call.int("select_last_index", 0) === 1) throw new Error("select_last_index is not known");
		const axis = axisOf(call.int("axis", 0), value.rank);
		const chosen = choose(value.tensor(), axis);
		return [Value.of(call.int("keepdims", 1) === 1 ? tf.expandDims(chosen, axis) : chosen)];
	};
}

const cumSum: Operator = (call) => {
	const value = call.input(0);
	const axis = axisOf(call.input(1).numbers()[0] ?? 0, value.rank);
	return [Value.of(tf.cumsum(value.tensor(), axis, call.int("exclusive", 0) === 1, call.int("reverse", 0) === 1))];
};

/** ONNX's operators that make one number of many. */
export const reductionOperators: Readonly<Record<string, Operator>> = {
	ArgMax: argument((x, axis) => tf.argMax(x, axis)),
	ArgMin: argument((x, axis) => tf.argMin(x, axis)),
	CumSum: cumSum,
	ReduceL1: reduction((x, axes, keepDims) => tf.sum(tf.abs(x), axes, keepDims)),
	ReduceL2: reduction((x, axes, keepDims) => tf.sqrt(tf.sum(tf.square(x), axes, keepDims))),
	ReduceMax: reduction((x, axes, keepDims) => tf.max(x, axes, keepDims)),
	ReduceMean: reduction(meanOf),
	ReduceMin: reduction((x, axes, keepDims) => tf.min(x, axes, keepDims)),
	ReduceProd: reduction((x, axes, keepDims) => tf.prod(x, axes, keepDims)),
	ReduceSum: reduction((x, axes, keepDims) => tf.sum(x, axes, keepDims)),
	ReduceSumSquare: reduction((x, axes, keepDims) => tf.sum(tf.square(x), axes, keepDims)),
};
