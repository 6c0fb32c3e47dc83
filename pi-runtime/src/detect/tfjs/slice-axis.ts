import { reshape, slice, type Tensor } from "@tensorflow/tfjs-core";

/** A part of one axis. As rank 3, whatever the tensor's own: above 4, TensorFlow.js slices element by element. */
export function sliceAxis(tensor: Tensor, axis: number, start: number, length: number): Tensor {
	const { shape } = tensor;
	const outer = shape.slice(0, axis).reduce((product, each) => product * each, 1);
	const inner = shape.slice(axis + 1).reduce((product, each) => product * each, 1);
	const part = slice(reshape(tensor, [outer, shape[axis] ?? 1, inner]), [0, start, 0], [outer, length, inner]);
	return reshape(part, [...shape.slice(0, axis), length, ...shape.slice(axis + 1)]);
}
