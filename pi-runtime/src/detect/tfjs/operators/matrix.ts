import * as tf from "@tensorflow/tfjs-core";
import { axisOf, type Operator } from "../operator.ts";
import { Value } from "../value.ts";

const matMul: Operator = (call) => [Value.of(product(call.input(0), call.input(1)))];

function product(left: Value, right: Value): tf.Tensor {
	const a = left.tensor();
	const b = right.tensor();
	const [rows = 1, inner = 1] = a.shape.slice(-2);
	if (a.rank >= 2 && b.rank === 2) {
		// One product of all rows instead of one a batch.
		const flat = tf.matMul(tf.reshape(a, [a.size / inner, inner]), b as tf.Tensor2D);
		return tf.reshape(flat, [...a.shape.slice(0, -1), b.shape[1] ?? 1]);
	}
	if (a.rank === 1 || b.rank === 1) {
		const wideA = a.rank === 1 ? tf.reshape(a, [1, a.size]) : a;
		const wideB = b.rank === 1 ? tf.reshape(b, [b.size, 1]) : b;
		const wide = multiply(wideA, wideB);
		const shape = [...wide.shape];
		if (b.rank === 1) shape.splice(-1, 1);
		if (a.rank === 1) shape.splice(b.rank === 1 ? -1 : -2, 1);
		return tf.reshape(wide, shape);
	}
	if (a.rank === b.rank && a.shape.slice(0, -2).join() === b.shape.slice(0, -2).join()) {
		const batch = a.size / (rows * inner);
		const [innerB = 1, columns = 1] = b.shape.slice(-2);
		const flat = tf.matMul(tf.reshape(a, [batch, rows, inner]), tf.reshape(b, [batch, innerB, columns]));
		return tf.reshape(flat, [...a.shape.slice(0, -1), columns]);
	}
	return multiply(a, b);
}

/** Batches are broadcast against each other. */
function multiply(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
	const rank = Math.max(a.rank, b.rank);
	const padded = (tensor: tf.Tensor): tf.Tensor =>
		tf.reshape(tensor, [...new Array<number>(rank - tensor.rank).fill(1), ...tensor.shape]);
	return tf.matMul(padded(a), padded(b));
}

const gemm: Operator = (call) => {
	const [a, b] = [call.input(0).tensor() as tf.Tensor2D, call.input(1).tensor() as tf.Tensor2D];
	const alpha = call.float("alpha", 1);
	const beta = call.float("beta", 1);
	const raw = tf.matMul(a, b, call.int("transA", 0) === 1, call.int("transB", 0) === 1);
	const scaled = alpha === 1 ? raw : tf.mul(raw, alpha);
	const added = call.optionalInput(2)?.tensor();
	return [Value.of(added === undefined ? scaled : tf.add(scaled, beta === 1 ? added : tf.mul(added, beta)))];
};

/** Along an axis that may be any; TensorFlow.js knows the last only. */
function alongAxis(apply: (tensor: tf.Tensor) => tf.Tensor): Operator {
	return (call) => {
		const value = call.input(0);
		if (call.operatorSet < 13 && axisOf(call.int("axis", 1), value.rank) !== value.rank - 1)
			throw new Error("before version 13 of ONNX's operators it is known along the last axis only");
		const axis = axisOf(call.int("axis", call.operatorSet < 13 ? 1 : -1), value.rank);
		if (axis === value.rank - 1) return [Value.of(apply(value.tensor()))];
		const order = value.shape.map((_, place) => place);
		[order[axis], order[value.rank - 1]] = [value.rank - 1, axis];
		return [Value.of(tf.transpose(apply(tf.transpose(value.tensor(), order)), order))];
	};
}

const layerNormalization: Operator = (call) => {
	const value = call.input(0);
	const from = axisOf(call.int("axis", -1), value.rank);
	const axes = value.shape.map((_, axis) => axis).slice(from);
	const x = value.tensor();
	const centred = tf.sub(x, tf.mean(x, axes, true));
	const variance = tf.mean(tf.square(centred), axes, true);
	const normal = tf.div(centred, tf.sqrt(tf.add(variance, call.float("epsilon", 1e-5))));
	const scaled = tf.mul(normal, call.input(1).tensor());
	const shift = call.optionalInput(2)?.tensor();
	if (call.node.outputs.filter((name) => name !== "").length > 1)
		throw new Error("mean and deviation as outputs are not known");
	return [Value.of(shift === undefined ? scaled : tf.add(scaled, shift))];
};

/** ONNX's operators of linear algebra and what goes with them. */
export const matrixOperators: Readonly<Record<string, Operator>> = {
	Gemm: gemm,
	LayerNormalization: layerNormalization,
	LogSoftmax: alongAxis((x) => tf.logSoftmax(x)),
	MatMul: matMul,
	Softmax: alongAxis((x) => tf.softmax(x)),
};
