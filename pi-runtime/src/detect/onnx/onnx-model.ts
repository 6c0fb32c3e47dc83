import { floatsOf, integersOf, type ProtobufField, protobufFields } from "./protobuf-reader.ts";

/*
	An ONNX file as plain objects. Field numbers are those of onnx.proto
	(https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, IR version 10).
*/

/** TensorProto.DataType, those that a detector may have. */
export const elementTypes = {
	float32: 1,
	uint8: 2,
	int8: 3,
	int32: 6,
	int64: 7,
	string: 8,
	bool: 9,
	float16: 10,
	float64: 11,
} as const;

export interface OnnxTensor {
	readonly name: string;
	/** One of `elementTypes`, or another number of TensorProto.DataType. */
	readonly elementType: number;
	readonly shape: readonly number[];
	/** The values. 64-bit integers as numbers. */
	values(): Float32Array | Int32Array | Uint8Array | Int8Array | Float64Array;
}

export type OnnxAttribute = number | string | OnnxTensor | readonly number[] | readonly string[] | OnnxGraph;

export interface OnnxNode {
	readonly name: string;
	readonly operator: string;
	/** "" for ONNX's own operators. */
	readonly domain: string;
	/** Names of values; "" where an optional one is left out. */
	readonly inputs: readonly string[];
	readonly outputs: readonly string[];
	readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

/** An input or output of a graph. */
export interface OnnxValueInfo {
	readonly name: string;
	readonly elementType: number;
	/** A number, or the name of a dimension that is open ("?" where it has none). */
	readonly shape: readonly (number | string)[];
}

export interface OnnxGraph {
	readonly nodes: readonly OnnxNode[];
	readonly constants: ReadonlyMap<string, OnnxTensor>;
	/** Without those that have a constant as default. */
	readonly inputs: readonly OnnxValueInfo[];
	readonly outputs: readonly OnnxValueInfo[];
}

export interface OnnxModel {
	readonly producer: string;
	/** Version of the operators of each domain; "" is ONNX's own. */
	readonly operatorSets: ReadonlyMap<string, number>;
	/** The file's own words about itself (`metadata_props`). */
	readonly metadata: ReadonlyMap<string, string>;
	readonly graph: OnnxGraph;
}

/** Reads the bytes of an ONNX file. Weights are not copied. Throws an `Error` for people when it is none. */
export function parseOnnxModel(bytes: Uint8Array): OnnxModel {
	try {
		return readModel(bytes);
	} catch (error) {
		if (!(error instanceof RangeError)) throw error;
		throw new Error(`This is no ONNX model: ${error.message}.`, { cause: error });
	}
}

function readModel(bytes: Uint8Array): OnnxModel {
	let irVersion = 0;
	let producer = "";
	let graph: OnnxGraph | undefined;
	const operatorSets = new Map<string, number>();
	const metadata = new Map<string, string>();
	for (const field of protobufFields(bytes)) {
		if (field.number === 1) irVersion = field.integer;
		else if (field.number === 2) producer = textOf(field);
		else if (field.number === 7) graph = readGraph(messageOf(field));
		else if (field.number === 8) {
			const { domain, version } = readOperatorSet(messageOf(field));
			operatorSets.set(domain === "ai.onnx" ? "" : domain, version);
		} else if (field.number === 14) {
			const [key = "", value = ""] = readPair(messageOf(field));
			metadata.set(key, value);
		}
	}
	if (irVersion < 1 || graph === undefined) throw new RangeError("it has no version and no graph");
	return { producer, operatorSets, metadata, graph };
}

function readOperatorSet(bytes: Uint8Array): { domain: string; version: number } {
	let domain = "";
	let version = 0;
	for (const field of protobufFields(bytes)) {
		if (field.number === 1) domain = textOf(field);
		else if (field.number === 2) version = field.integer;
	}
	return { domain, version };
}

function readPair(bytes: Uint8Array): string[] {
	const pair: string[] = [];
	for (const field of protobufFields(bytes)) pair[field.number - 1] = textOf(field);
	return pair;
}

function readGraph(bytes: Uint8Array): OnnxGraph {
	const nodes: OnnxNode[] = [];
	const constants = new Map<string, OnnxTensor>();
	const inputs: OnnxValueInfo[] = [];
	const outputs: OnnxValueInfo[] = [];
	for (const field of protobufFields(bytes)) {
		if (field.number === 1) nodes.push(readNode(messageOf(field)));
		else if (field.number === 5) {
			const tensor = readTensor(messageOf(field));
			constants.set(tensor.name, tensor);
		} else if (field.number === 11) inputs.push(readValueInfo(messageOf(field)));
		else if (field.number === 12) outputs.push(readValueInfo(messageOf(field)));
	}
	return { nodes, constants, inputs: inputs.filter(({ name }) => !constants.has(name)), outputs };
}

function readNode(bytes: Uint8Array): OnnxNode {
	const inputs: string[] = [];
	const outputs: string[] = [];
	const attributes = new Map<string, OnnxAttribute>();
	let name = "";
	let operator = "";
	let domain = "";
	for (const field of protobufFields(bytes)) {
		if (field.number === 1) inputs.push(textOf(field));
		else if (field.number === 2) outputs.push(textOf(field));
		else if (field.number === 3) name = textOf(field);
		else if (field.number === 4) operator = textOf(field);
		else if (field.number === 5) {
			const attribute = readAttribute(messageOf(field));
			if (attribute !== undefined) attributes.set(attribute.name, attribute.value);
		} else if (field.number === 7) domain = textOf(field);
	}
	return { name, operator, domain: domain === "ai.onnx" ? "" : domain, inputs, outputs, attributes };
}

/** AttributeProto.AttributeType */
const attributeTypes = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7, strings: 8 } as const;

function readAttribute(bytes: Uint8Array): { name: string; value: OnnxAttribute } | undefined {
	let name = "";
	let type = 0;
	let float = 0;
	let int = 0;
	let string = "";
	let tensor: OnnxTensor | undefined;
	let graph: OnnxGraph | undefined;
	const floats: number[] = [];
	const ints: number[] = [];
	const strings: string[] = [];
	for (const field of protobufFields(bytes)) {
		if (field.number === 1) name = textOf(field);
		else if (field.number === 2) float = floatsOf(field)[0] ?? 0;
		else if (field.number === 3) int = field.integer;
		else if (field.number === 4) string = textOf(field);
		else if (field.number === 5) tensor = readTensor(messageOf(field));
		else if (field.number === 6) graph = readGraph(messageOf(field));
		else if (field.number === 7) floats.push(...floatsOf(field));
		else if (field.number === 8) ints.push(...integersOf(field));
		else if (field.number === 9) strings.push(textOf(field));
		else if (field.number === 20) type = field.integer;
	}
	switch (type) {
		case attributeTypes.float:
			return { name, value: float };
		case attributeTypes.int:
			return { name, value: int };
		case attributeTypes.string:
			return { name, value: string };
		case attributeTypes.tensor:
			return tensor && { name, value: tensor };
		case attributeTypes.graph:
			return graph && { name, value: graph };
		case attributeTypes.floats:
			return { name, value: floats };
		case attributeTypes.ints:
			return { name, value: ints };
		case attributeTypes.strings:
			return { name, value: strings };
		default:
			// Types and sparse tensors: no operator of a detector has one.
			return undefined;
	}
}

function readValueInfo(bytes: Uint8Array): OnnxValueInfo {
	let name = "";
	let elementType = 0;
	const shape: (number | string)[] = [];
	for (const field of protobufFields(bytes)) {
		if (field.number === 1) name = textOf(field);
		else if (field.number === 2) {
			for (const type of protobufFields(messageOf(field))) {
				if (type.number !== 1) continue;
				for (const part of protobufFields(messageOf(type))) {
					if (part.number === 1) elementType = part.integer;
					else if (part.number === 2)
						for (const dimension of protobufFields(messageOf(part)))
							if (dimension.number === 1) shape.push(readDimension(messageOf(dimension)));
				}
			}
		}
	}
	return { name, elementType, shape };
}

function readDimension(bytes: Uint8Array): number | string {
	for (const field of protobufFields(bytes)) {
		if (field.number === 1) return field.integer;
		if (field.number === 2) return textOf(field);
	}
	return "?";
}

function readTensor(bytes: Uint8Array): OnnxTensor {
	let name = "";
	let elementType = 0;
	let raw: Uint8Array | undefined;
	let isElsewhere = false;
	const shape: number[] = [];
	const values: ProtobufField[] = [];
	for (const field of protobufFields(bytes)) {
		if (field.number === 1) shape.push(...integersOf(field));
		else if (field.number === 2) elementType = field.integer;
		else if (field.number === 8) name = textOf(field);
		else if (field.number === 9) raw = messageOf(field);
		else if (field.number === 14) isElsewhere = field.integer === 1;
		else if (field.number === 4 || field.number === 5 || field.number === 7) values.push(field);
	}
	const size = shape.reduce((product, length) => product * length, 1);
	return {
		name,
		elementType,
		shape,
		values() {
			if (isElsewhere) throw new Error(`The weights "${name}" stand in another file; join them into the ONNX file.`);
			const found = raw === undefined ? numbersOf(elementType, values) : unpack(elementType, raw);
			if (found === undefined) throw new Error(`The weights "${name}" have the unknown type ${elementType}.`);
			if (found.length !== size)
				throw new Error(`The weights "${name}" should be ${size} numbers and are ${found.length}.`);
			return found;
		},
	};
}

function numbersOf(elementType: number, fields: readonly ProtobufField[]) {
	if (elementType === elementTypes.float32) return Float32Array.from(fields.flatMap((field) => [...floatsOf(field)]));
	const integers = fields.flatMap(integersOf);
	switch (elementType) {
		case elementTypes.int64:
			return fromInt64(integers);
		case elementTypes.int32:
			return Int32Array.from(integers);
		case elementTypes.uint8:
		case elementTypes.bool:
			return Uint8Array.from(integers);
		case elementTypes.int8:
			return Int8Array.from(integers);
		case elementTypes.float16:
			return Float32Array.from(integers, halfToNumber);
		default:
			return undefined;
	}
}

function unpack(elementType: number, raw: Uint8Array) {
	// Weights stand at any byte of the file, a typed array on its element's boundary only. (`slice` of a Buffer copies nothing.)
	const { buffer } = new Uint8Array(raw);
	switch (elementType) {
		case elementTypes.float32:
			return new Float32Array(buffer);
		case elementTypes.float64:
			return new Float64Array(buffer);
		case elementTypes.int32:
			return new Int32Array(buffer);
		case elementTypes.int64:
			return fromInt64(Array.from(new BigInt64Array(buffer), Number));
		case elementTypes.uint8:
		case elementTypes.bool:
			return new Uint8Array(buffer);
		case elementTypes.int8:
			return new Int8Array(buffer);
		case elementTypes.float16:
			return Float32Array.from(new Uint16Array(buffer), halfToNumber);
		default:
			return undefined;
	}
}

/** Indices and shapes; "to the end" is written as the largest number there is, and stays the largest. */
function fromInt64(numbers: readonly number[]): Int32Array {
	return Int32Array.from(numbers, (number) => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, number)));
}

/** IEEE 754 binary16. */
function halfToNumber(bits: number): number {
	const sign = bits & 0x8000 ? -1 : 1;
	const exponent = (bits >> 10) & 0x1f;
	const fraction = bits & 0x3ff;
	if (exponent === 0) return sign * fraction * 2 ** -24;
	if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
	return sign * (1 + fraction / 1_024) * 2 ** (exponent - 15);
}

function messageOf(field: ProtobufField): Uint8Array {
	if (field.wireType !== 2) throw new RangeError(`field ${field.number} should be a message`);
	return field.bytes;
}

const utf8 = new TextDecoder();

function textOf(field: ProtobufField): string {
	return utf8.decode(messageOf(field));
}
