import type { OnnxNode } from "../onnx/onnx-model.ts";
import type { Value } from "./value.ts";

/** What an operator works with: its node of the graph and the values of its inputs. */
export class OperatorCall {
	readonly node: OnnxNode;
	/** Version of ONNX's operators that the model was written for. */
	readonly operatorSet: number;
	/** All inputs; `undefined` where an optional one was left out. */
	readonly inputs: readonly (Value | undefined)[];
	readonly #elementTypeOf: (name: string) => number | undefined;

	/** `elementTypeOf` gives ONNX's element type of weights by their name. */
	constructor(
		node: OnnxNode,
		operatorSet: number,
		inputs: readonly (Value | undefined)[],
		elementTypeOf: (name: string) => number | undefined,
	) {
		this.node = node;
		this.operatorSet = operatorSet;
		this.inputs = inputs;
		this.#elementTypeOf = elementTypeOf;
	}

	/** The input at a place. Throws where it was left out. */
	input(index: number): Value {
		const value = this.inputs[index];
		if (value === undefined) throw new Error(`input ${index} is missing`);
		return value;
	}

	optionalInput(index: number): Value | undefined {
		return this.inputs[index];
	}

	/** ONNX's element type of the weights at an input: a value knows only whether it is a float, an integer or a truth. */
	elementType(index: number): number | undefined {
		return this.#elementTypeOf(this.node.inputs[index] ?? "");
	}

	int(name: string, otherwise: number): number {
		const value = this.node.attributes.get(name);
		return typeof value === "number" ? value : otherwise;
	}

	float(name: string, otherwise: number): number {
		return this.int(name, otherwise);
	}

	text(name: string, otherwise: string): string {
		const value = this.node.attributes.get(name);
		return typeof value === "string" ? value : otherwise;
	}

	ints(name: string): readonly number[] | undefined {
		const value = this.node.attributes.get(name);
		return Array.isArray(value) ? value.map(Number) : undefined;
	}

	/** Axes from an attribute or, as newer versions of ONNX write it, from the input at `index`. */
	axes(index: number, name = "axes"): readonly number[] | undefined {
		return this.optionalInput(index)?.numbers() ?? this.ints(name);
	}
}

/**
 * Carries out one node. Returns its outputs in their order. Throws an `Error` that names what it cannot do. Runs inside
 * `tidy`; the tensors of the values that it returns outlive it.
 */
export type Operator = (call: OperatorCall) => readonly Value[];

/** An axis from 0 upwards. Throws a `RangeError` where there is no such axis. */
export function axisOf(axis: number, rank: number): number {
	const place = axis < 0 ? axis + rank : axis;
	if (place < 0 || place >= Math.max(rank, 1)) throw new RangeError(`there is no axis ${axis} in rank ${rank}`);
	return place;
}
