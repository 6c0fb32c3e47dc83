/*
	Writes ONNX files: small models for tests and large ones for benchmarks, without Python. Field numbers are those of
	onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
*/

/** TensorProto.DataType */
const elementTypes = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10 } as const;
export type ElementType = keyof typeof elementTypes;

/** A number, a list of integers, a list of floats, a text or a tensor of floats. */
export type AttributeValue =
	| { readonly int: number }
	| { readonly ints: readonly number[] }
	| { readonly float: number }
	| { readonly floats: readonly number[] }
	| { readonly text: string }
	| { readonly tensor: { readonly shape: readonly number[]; readonly data: Float32Array } };

export interface ModelOptions {
	/** Version of ONNX's own operators. */
	readonly operatorSet?: number | undefined;
	readonly producer?: string | undefined;
	/** The file's words about itself (`metadata_props`). */
	readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** Builds one graph, node by node, in the order in which they run. */
export class OnnxWriter {
	readonly #nodes: Uint8Array[] = [];
	readonly #constants: Uint8Array[] = [];
	readonly #inputs: Uint8Array[] = [];
	readonly #outputs: Uint8Array[] = [];
	#names = 0;

	/** Declares an input; a text in the shape names an open dimension. Returns its name. */
	input(name: string, type: ElementType, shape: readonly (number | string)[]): string {
		this.#inputs.push(message([11, valueInfo(name, type, shape)]));
		return name;
	}

	/** Declares a value as output. */
	output(name: string, type: ElementType, shape: readonly (number | string)[]): void {
		this.#outputs.push(message([12, valueInfo(name, type, shape)]));
	}

	/** Weights. Returns the name. */
	floats(shape: readonly number[], values: ArrayLike<number>, name = this.#newName()): string {
		const data = Float32Array.from(values);
		return this.#constant(name, "float32", shape, bytesOf(data));
	}

	/** Integers of 64 bits, such as shapes and indices. Returns the name. */
	integers(shape: readonly number[], values: readonly number[], name = this.#newName()): string {
		return this.#constant(name, "int64", shape, bytesOf(BigInt64Array.from(values, BigInt)));
	}

	/** Whole numbers of 8 bits, or truths (0 and 1). Returns the name. */
	bytes(
		type: "uint8" | "int8" | "bool",
		shape: readonly number[],
		values: readonly number[],
		name = this.#newName(),
	): string {
		return this.#constant(name, type, shape, Uint8Array.from(values));
	}

	/** Adds a node; returns the names of its outputs: the given ones, or one new name. */
	node(
		operator: string,
		inputs: readonly string[],
		attributes: Readonly<Record<string, AttributeValue>> = {},
		outputs: readonly string[] = [this.#newName()],
	): string {
		this.#nodes.push(
			message([
				1,
				concatenate([
					...inputs.map((name) => message([1, name])),
					...outputs.map((name) => message([2, name])),
					message([3, outputs[0] ?? ""], [4, operator]),
					...Object.entries(attributes).map(([name, value]) => message([5, attribute(name, value)])),
				]),
			]),
		);
		return outputs[0] ?? "";
	}

	/** The file. */
	build({ operatorSet = 17, producer = "visionvend", metadata = {} }: ModelOptions = {}): Uint8Array {
		const graph = concatenate([
			...this.#nodes,
			message([2, "graph"]),
			...this.#constants,
			...this.#inputs,
			...this.#outputs,
		]);
		return concatenate([
			message([1, 8], [2, producer], [7, graph], [8, message([1, ""], [2, operatorSet])]),
			...Object.entries(metadata).map(([key, value]) => message([14, message([1, key], [2, value])])),
		]);
	}

	#constant(name: string, type: ElementType, shape: readonly number[], raw: Uint8Array): string {
		this.#constants.push(message([5, tensor(name, type, shape, raw)]));
		return name;
	}

	#newName(): string {
		return `v${this.#names++}`;
	}
}

function valueInfo(name: string, type: ElementType, shape: readonly (number | string)[]): Uint8Array {
	const dimensions = shape.map((length) =>
		message([1, typeof length === "number" ? message([1, length]) : message([2, length])]),
	);
	const tensorType = message([1, elementTypes[type]], [2, concatenate(dimensions)]);
	return message([1, name], [2, message([1, tensorType])]);
}

function tensor(name: string, type: ElementType, shape: readonly number[], raw: Uint8Array): Uint8Array {
	return message(...shape.map((length): Field => [1, length]), [2, elementTypes[type]], [8, name], [9, raw]);
}

function attribute(name: string, value: AttributeValue): Uint8Array {
	// The last field is AttributeProto.AttributeType.
	if ("int" in value) return message([1, name], [3, value.int], [20, 2]);
	if ("ints" in value) return message([1, name], ...value.ints.map((int): Field => [8, int]), [20, 7]);
	if ("float" in value) return concatenate([message([1, name]), float(2, value.float), message([20, 1])]);
	if ("floats" in value)
		return concatenate([message([1, name]), ...value.floats.map((one) => float(7, one)), message([20, 6])]);
	if ("text" in value) return message([1, name], [4, value.text], [20, 3]);
	const { shape, data } = value.tensor;
	return message([1, name], [5, tensor("", "float32", shape, bytesOf(data))], [20, 4]);
}

type Field = readonly [number: number, value: number | string | Uint8Array];

const utf8 = new TextEncoder();

/** Fields of a message: numbers as varints, texts and bytes with their length. */
function message(...fields: readonly Field[]): Uint8Array {
	return concatenate(
		fields.flatMap(([number, value]) => {
			if (typeof value === "number") return [varint(number * 8), varint(value)];
			const bytes = typeof value === "string" ? utf8.encode(value) : value;
			return [varint(number * 8 + 2), varint(bytes.length), bytes];
		}),
	);
}

function float(number: number, value: number): Uint8Array {
	return concatenate([varint(number * 8 + 5), bytesOf(Float32Array.of(value))]);
}

function varint(value: number): Uint8Array {
	const bytes: number[] = [];
	let rest = BigInt.asUintN(64, BigInt(value));
	for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
	bytes.push(Number(rest));
	return Uint8Array.from(bytes);
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | BigInt64Array): Uint8Array {
	return new Uint8Array(buffer, byteOffset, byteLength);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
	const whole = new Uint8Array(parts.reduce((total, { length }) => total + length, 0));
	let position = 0;
	for (const part of parts) {
		whole.set(part, position);
		position += part.length;
	}
	return whole;
}
