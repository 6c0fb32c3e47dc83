import * as tf from "@tensorflow/tfjs-core";
import { elementTypes } from "../../onnx/onnx-model.ts";
import type { Operator, OperatorCall } from "../operator.ts";
import { asPicture, Value } from "../value.ts";

/** One tensor in, one of the same shape out: the order in memory stays as it is. */
function unary(apply: (tensor: tf.Tensor, call: OperatorCall) => tf.Tensor): Operator {
	return (call) => {
		const value = call.input(0);
		return [
			value.isChannelsLast
				? Value.ofChannelsLast(apply(value.channelsLast(), call))
				: Value.of(apply(value.tensor(), call)),
		];
	};
}

/**
 * Two tensors that are broadcast against each other, as NumPy does. Where one is a picture with the channels last, the
 * other is brought into that order, too; so a chain of convolutions never leaves it.
 */
function binary(apply: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Operator {
	return (call) => [broadcast(call.input(0), call.input(1), apply)];
}

function broadcast(a: Value, b: Value, apply: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Value {
	if ((a.isChannelsLast || b.isChannelsLast) && a.rank <= 4 && b.rank <= 4)
		return Value.ofChannelsLast(apply(channelsLast(a), channelsLast(b)));
	return Value.of(apply(a.tensor(), b.tensor()));
}

function channelsLast(value: Value): tf.Tensor4D {
	if (value.rank === 4) return value.channelsLast();
	const padded = [1, 1, 1, 1, ...value.shape].slice(-4) as [number, number, number, number];
	return asPicture(value.derived("channels last", (tensor) => tf.transpose(tf.reshape(tensor, padded), [0, 2, 3, 1])));
}

/** Of more than two inputs, from the left. */
function fold(apply: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Operator {
	return (call) => {
		const [first, ...rest] = call.inputs.map((_, index) => call.input(index));
		if (first === undefined) throw new Error("it has no input");
		let result = first;
		for (const value of rest) {
			const next = broadcast(result, value, apply);
			if (result !== first) result.dispose();
			result = next;
		}
		return [result === first ? Value.of(tf.clone(first.tensor())) : result];
	};
}

/** Of integers ONNX cuts towards zero. */
function divide(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
	if (a.dtype !== "int32") return tf.div(a, b);
	const quotient = tf.div(tf.cast(a, "float32"), tf.cast(b, "float32"));
	return tf.cast(quotient, "int32");
}

/** `fmod` 1 takes the sign of the dividend, as C does; else that of the divisor. */
const modulo: Operator = (call) => {
	const isC = call.int("fmod", 0) === 1;
	const apply = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => {
		if (!isC)
			return tf.cast(tf.sub(a, tf.mul(b, tf.floor(tf.div(tf.cast(a, "float32"), tf.cast(b, "float32"))))), a.dtype);
		const quotient = tf.div(tf.cast(a, "float32"), tf.cast(b, "float32"));
		return tf.cast(tf.sub(a, tf.mul(b, tf.mul(tf.sign(quotient), tf.floor(tf.abs(quotient))))), a.dtype);
	};
	return [broadcast(call.input(0), call.input(1), apply)];
};

const clip: Operator = (call) => {
	const value = call.input(0);
	const bound = (index: number, name: string, otherwise: number): number =>
		call.optionalInput(index)?.numbers()[0] ?? call.float(name, otherwise);
	const low = bound(1, "min", Number.NEGATIVE_INFINITY);
	const high = bound(2, "max", Number.POSITIVE_INFINITY);
	// TensorFlow.js clips to float32's own range where a bound is infinite.
	const apply = (tensor: tf.Tensor) => tf.clipByValue(tensor, Math.max(low, -3.4e38), Math.min(high, 3.4e38));
	return [value.isChannelsLast ? Value.ofChannelsLast(apply(value.channelsLast())) : Value.of(apply(value.tensor()))];
};

const gelu = unary((x, call) => {
	if (call.text("approximate", "none") === "tanh") {
		const inner = tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, tf.mul(x, tf.square(x)))));
		return tf.mul(tf.mul(0.5, x), tf.add(1, tf.tanh(inner)));
	}
	return tf.mul(tf.mul(0.5, x), tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))));
});

const hardSigmoid = (x: tf.Tensor, alpha: number, beta: number): tf.Tensor =>
	tf.clipByValue(tf.add(tf.mul(x, alpha), beta), 0, 1);

const cast: Operator = (call) => {
	const value = call.input(0);
	const to = call.int("to", 0);
	const type =
		to === elementTypes.float32 || to === elementTypes.float16 || to === elementTypes.float64
			? "float32"
			: to === elementTypes.bool
				? "bool"
				: to === elementTypes.int32 ||
						to === elementTypes.int64 ||
						to === elementTypes.uint8 ||
						to === elementTypes.int8
					? "int32"
					: undefined;
	if (type === undefined) throw new Error(`the element type ${to} is not known`);
	// A number is true unless it is 0; TensorFlow.js's own cast to bool does the same.
	return [
		value.isChannelsLast
			? Value.ofChannelsLast(tf.cast(value.channelsLast(), type))
			: Value.of(tf.cast(value.tensor(), type)),
	];
};

const where: Operator = (call) => {
	const [condition, yes, no] = [call.input(0), call.input(1), call.input(2)];
	return [Value.of(tf.where(tf.cast(condition.tensor(), "bool"), yes.tensor(), no.tensor()))];
};

const power = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
	tf.cast(tf.pow(tf.cast(a, "float32"), tf.cast(b, "float32")), a.dtype);

/** ONNX's operators that work element by element. */
export const elementwiseOperators: Readonly<Record<string, Operator>> = {
	Abs: unary((x) => tf.abs(x)),
	Add: binary((a, b) => tf.add(a, b)),
	And: binary((a, b) => tf.logicalAnd(a, b)),
	Cast: cast,
	Ceil: unary((x) => tf.ceil(x)),
	Clip: clip,
	Cos: unary((x) => tf.cos(x)),
	Div: binary(divide),
	Dropout: unary((x) => tf.clone(x)),
	Elu: unary((x, call) => tf.where(tf.greater(x, 0), x, tf.mul(call.float("alpha", 1), tf.expm1(x)))),
	Equal: binary((a, b) => tf.equal(a, b)),
	Erf: unary((x) => tf.erf(x)),
	Exp: unary((x) => tf.exp(x)),
	Floor: unary((x) => tf.floor(x)),
	Gelu: gelu,
	Greater: binary((a, b) => tf.greater(a, b)),
	GreaterOrEqual: binary((a, b) => tf.greaterEqual(a, b)),
	HardSigmoid: unary((x, call) => hardSigmoid(x, call.float("alpha", 0.2), call.float("beta", 0.5))),
	HardSwish: unary((x) => tf.mul(x, hardSigmoid(x, 1 / 6, 0.5))),
	Identity: unary((x) => tf.clone(x)),
	LeakyRelu: unary((x, call) => tf.leakyRelu(x, call.float("alpha", 0.01))),
	Less: binary((a, b) => tf.less(a, b)),
	LessOrEqual: binary((a, b) => tf.lessEqual(a, b)),
	Log: unary((x) => tf.log(x)),
	Max: fold((a, b) => tf.maximum(a, b)),
	Min: fold((a, b) => tf.minimum(a, b)),
	Mod: modulo,
	Mul: binary((a, b) => tf.mul(a, b)),
	Neg: unary((x) => tf.neg(x)),
	Not: unary((x) => tf.logicalNot(x)),
	Or: binary((a, b) => tf.logicalOr(a, b)),
	Pow: binary(power),
	Reciprocal: unary((x) => tf.reciprocal(x)),
	Relu: unary((x) => tf.relu(x)),
	Round: unary((x) => tf.round(x)),
	Sigmoid: unary((x) => tf.sigmoid(x)),
	Sign: unary((x) => tf.sign(x)),
	Sin: unary((x) => tf.sin(x)),
	Softplus: unary((x) => tf.softplus(x)),
	Sqrt: unary((x) => tf.sqrt(x)),
	Sub: binary((a, b) => tf.sub(a, b)),
	Sum: fold((a, b) => tf.add(a, b)),
	Tanh: unary((x) => tf.tanh(x)),
	Where: where,
};
