import * as tf from "@tensorflow/tfjs-core";
import { elementTypes } from "../../onnx/onnx-model.ts";
import { axisOf, type Operator, type OperatorCall } from "../operator.ts";
import { Value } from "../value.ts";

/** A scale or zero point for each channel, in a shape that goes with the value. */
function perChannel(call: OperatorCall, scale: Value, value: Value): tf.Tensor {
	const tensor = tf.cast(scale.tensor(), "float32");
	if (scale.size === 1) return tf.reshape(tensor, []);
	const axis = axisOf(call.int("axis", 1), value.rank);
	const shape = value.shape.map((length, place) => (place === axis ? length : 1));
	if (scale.size !== shape[axis]) throw new Error("a scale for blocks of a channel is not known");
	return tf.reshape(tensor, shape);
}

/** `round(x / scale) + zero`, cut at the ends of 8 bits. The integers stay in floats, which hold them exactly. */
const quantize: Operator = (call) => {
	const value = call.input(0);
	const scale = perChannel(call, call.input(1), value);
	const zero = call.optionalInput(2);
	const type = call.elementType(2) ?? call.int("output_dtype", elementTypes.uint8);
	if (type !== elementTypes.uint8 && type !== elementTypes.int8)
		throw new Error(`the element type ${type} is not known`);
	const [low, high] = type === elementTypes.int8 ? [-128, 127] : [0, 255];
	const apply = (x: tf.Tensor): tf.Tensor => {
		const steps = tf.round(tf.div(x, scale));
		const shifted = zero === undefined ? steps : tf.add(steps, perChannel(call, zero, value));
		return tf.clipByValue(shifted, low, high);
	};
	if (value.isChannelsLast && call.input(1).size === 1) return [Value.ofChannelsLast(apply(value.channelsLast()))];
	return [Value.of(apply(value.tensor()))];
};

const dequantize: Operator = (call) => {
	const value = call.input(0);
	const scale = perChannel(call, call.input(1), value);
	const zero = call.optionalInput(2);
	const apply = (x: tf.Tensor): tf.Tensor => {
		const steps = tf.cast(x, "float32");
		return tf.mul(zero === undefined ? steps : tf.sub(steps, perChannel(call, zero, value)), scale);
	};
	if (value.isChannelsLast && call.input(1).size === 1) return [Value.ofChannelsLast(apply(value.channelsLast()))];
	return [Value.of(apply(value.tensor()))];
};

/** ONNX's operators of models with 8-bit weights. */
export const quantizationOperators: Readonly<Record<string, Operator>> = {
	DequantizeLinear: dequantize,
	QuantizeLinear: quantize,
};
