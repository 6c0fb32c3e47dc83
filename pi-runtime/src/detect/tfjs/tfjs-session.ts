import { type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import { errorText } from "../../error-text.ts";
import type { OutputTensor } from "../decode.ts";
import type { InferenceSession, InputTensor } from "../inference-session.ts";
import type { OnnxModel, OnnxNode } from "../onnx/onnx-model.ts";
import { constantTensor } from "./constant-tensor.ts";
import { type Operator, OperatorCall } from "./operator.ts";
import { operators } from "./operators.ts";
import { Value } from "./value.ts";

/** A node that has to run for each picture, and the values that nobody needs after it. */
interface Step {
	readonly node: OnnxNode;
	readonly operator: Operator;
	readonly release: readonly string[];
}

/** What to do for inputs of one shape. */
interface Plan {
	readonly key: string;
	readonly steps: readonly Step[];
	/** Weights, and all that follows from weights and shapes alone. */
	readonly fixed: ReadonlyMap<string, Value>;
}

/**
 * Runs an ONNX graph with the kernels of TensorFlow.js, on the backend that is set. What depends on weights and shapes
 * alone is worked out with the first picture and kept. Throws an `Error` that names the operators which are not known.
 */
export class TfjsSession implements InferenceSession {
	readonly #model: OnnxModel;
	readonly #operatorSet: number;
	#plan: Plan | undefined;

	constructor(model: OnnxModel) {
		const unknown = model.graph.nodes.filter((node) => operatorOf(node) === undefined);
		if (unknown.length > 0) {
			const names = new Set(
				unknown.map(({ domain, operator }) => (domain === "" ? operator : `${domain}.${operator}`)),
			);
			throw new Error(
				`The engine tfjs does not know the operator${names.size === 1 ? "" : "s"} ${[...names].join(", ")} (the first is the node "${unknown[0]?.name}"). Take the engine ort for this model.`,
			);
		}
		this.#model = model;
		this.#operatorSet = model.operatorSets.get("") ?? 1;
	}

	async run(inputs: ReadonlyMap<string, InputTensor>, outputs: readonly string[]): Promise<Map<string, OutputTensor>> {
		const values = new Map<string, Value>();
		try {
			for (const [name, input] of inputs) values.set(name, Value.of(tensorOf(input)));
			const key = [...[...inputs].map(([name, { shape }]) => `${name}[${shape}]`), ...outputs].join();
			if (this.#plan?.key === key) this.#follow(this.#plan, values);
			else this.#plan = this.#makePlan(key, values, outputs);
			const { fixed } = this.#plan;
			return new Map(outputs.map((name) => [name, outputOf(name, values.get(name) ?? fixed.get(name))]));
		} finally {
			for (const value of values.values()) value.dispose();
		}
	}

	async close(): Promise<void> {
		this.#forget();
	}

	#forget(): void {
		for (const value of this.#plan?.fixed.values() ?? []) value.dispose();
		this.#plan = undefined;
	}

	#follow({ steps, fixed }: Plan, values: Map<string, Value>): void {
		for (const { node, operator, release } of steps) {
			this.#carryOut(node, operator, (name) => values.get(name) ?? fixed.get(name), values);
			for (const name of release) {
				values.get(name)?.dispose();
				values.delete(name);
			}
		}
	}

	/** Runs the whole graph once, all values kept, and finds out what need not be run again. */
	#makePlan(key: string, values: Map<string, Value>, outputs: readonly string[]): Plan {
		this.#forget();
		const { nodes, constants } = this.#model.graph;
		const fixed = new Map<string, Value>();
		const find = (name: string): Value | undefined => {
			const known = values.get(name) ?? fixed.get(name);
			const weights = known === undefined ? constants.get(name) : undefined;
			if (weights === undefined) return known;
			const value = Value.of(constantTensor(weights));
			fixed.set(name, value);
			return value;
		};
		const needed = neededNodes(nodes, outputs);
		const running: { node: OnnxNode; operator: Operator }[] = [];
		try {
			for (const node of needed) {
				const operator = operatorOf(node);
				if (operator === undefined) throw new Error(`The operator ${node.operator} is not known.`);
				// Shapes stay the same for pictures of the same shape, whatever is on them.
				const isOfShape = node.operator === "Shape" || node.operator === "Size";
				const isFixed = isOfShape || node.inputs.every((name) => !values.has(name));
				this.#carryOut(node, operator, find, isFixed ? fixed : values);
				if (!isFixed) running.push({ node, operator });
			}
		} catch (error) {
			for (const value of fixed.values()) value.dispose();
			throw error;
		}
		const lastUse = new Map<string, OnnxNode>();
		for (const { node } of running) for (const name of [...node.inputs, ...node.outputs]) lastUse.set(name, node);
		const kept = new Set(outputs);
		for (const [name, value] of fixed) {
			if (lastUse.has(name) || kept.has(name)) continue;
			value.dispose();
			fixed.delete(name);
		}
		const steps = running.map(({ node, operator }) => ({
			node,
			operator,
			release: [...new Set([...node.inputs, ...node.outputs])].filter(
				(name) => lastUse.get(name) === node && !fixed.has(name) && !kept.has(name),
			),
		}));
		return { key, steps, fixed };
	}

	#carryOut(
		node: OnnxNode,
		operator: Operator,
		find: (name: string) => Value | undefined,
		results: Map<string, Value>,
	): void {
		const inputs = node.inputs.map((name) => {
			const value = name === "" ? undefined : find(name);
			if (name !== "" && value === undefined)
				throw new Error(`The node "${node.name}" takes "${name}", which nothing makes.`);
			return value;
		});
		const call = new OperatorCall(
			node,
			this.#operatorSet,
			inputs,
			(name) => this.#model.graph.constants.get(name)?.elementType,
		);
		try {
			let made: readonly Value[] = [];
			tidy(() => {
				made = operator(call);
			});
			for (const [index, name] of node.outputs.entries()) {
				const value = made[index];
				if (value !== undefined && name !== "") results.set(name, value);
				else value?.dispose();
			}
		} catch (error) {
			throw new Error(`The engine tfjs cannot run the node "${node.name}" (${node.operator}): ${errorText(error)}`, {
				cause: error,
			});
		}
	}
}

function operatorOf({ domain, operator }: OnnxNode): Operator | undefined {
	return domain === "" ? operators.get(operator) : undefined;
}

/** The nodes that lead to the outputs, in the order of the graph, which is one in which they can run. */
function neededNodes(nodes: readonly OnnxNode[], outputs: readonly string[]): OnnxNode[] {
	const wanted = new Set(outputs);
	const needed: OnnxNode[] = [];
	for (const node of [...nodes].reverse()) {
		if (!node.outputs.some((name) => wanted.has(name))) continue;
		for (const name of node.inputs) wanted.add(name);
		needed.push(node);
	}
	return needed.reverse();
}

function tensorOf({ data, shape }: InputTensor): Tensor {
	if (data instanceof Float32Array) return tensor(data, [...shape], "float32");
	return tensor(Int32Array.from(data, Number), [...shape], "int32");
}

function outputOf(name: string, value: Value | undefined): OutputTensor {
	if (value === undefined) throw new Error(`The model does not answer "${name}".`);
	const data = value.tensor().dataSync();
	if (data instanceof Float32Array || data instanceof Int32Array) return { shape: value.shape, data };
	throw new Error(`The model answers "${name}" as ${value.type}; float32 or int32 were expected.`);
}
