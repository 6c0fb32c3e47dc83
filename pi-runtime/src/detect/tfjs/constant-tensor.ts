import { type Tensor, tensor } from "@tensorflow/tfjs-core";
import { elementTypes, type OnnxTensor } from "../onnx/onnx-model.ts";

/** Weights of a model as a tensor: floats as float32, integers of all lengths as int32. */
export function constantTensor(weights: OnnxTensor): Tensor {
	const values = weights.values();
	const shape = [...weights.shape];
	if (values instanceof Float32Array) return tensor(values, shape, "float32");
	if (values instanceof Float64Array) return tensor(Float32Array.from(values), shape, "float32");
	if (weights.elementType === elementTypes.bool) return tensor(Uint8Array.from(values), shape, "bool");
	return tensor(Int32Array.from(values), shape, "int32");
}
