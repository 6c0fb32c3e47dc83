/** A field of a message: its number and what stands in it. */
export interface ProtobufField {
	readonly number: number;
	/** 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
	readonly wireType: number;
	/** Of a varint: the value as a signed 64-bit number, exact up to 2^53. */
	readonly integer: number;
	/** Of the other wire types: a view of the bytes, without copying. */
	readonly bytes: Uint8Array;
}

const none = new Uint8Array(0);

/**
 * The fields of a Protocol Buffers message, one after the other
 * (https://protobuf.dev/programming-guides/encoding/). Throws a `RangeError` where the bytes are no such message.
 */
export function* protobufFields(message: Uint8Array): Generator<ProtobufField> {
	let position = 0;

	const varint = (): number => {
		// The low 32 bits and the rest apart: shifting works on 32 bits only.
		let low = 0;
		let high = 0;
		for (let shift = 0; shift < 70; shift += 7) {
			const byte = message[position++];
			if (byte === undefined) throw new RangeError(`a number is cut off at byte ${position - 1}`);
			const part = byte & 0x7f;
			if (shift < 28) low |= part << shift;
			else if (shift === 28) {
				low |= part << 28;
				high |= part >> 4;
			} else high |= part << (shift - 32);
			if (byte < 0x80) return (high | 0) * 2 ** 32 + (low >>> 0);
		}
		throw new RangeError(`a number of more than ten bytes stands before byte ${position}`);
	};
	const take = (length: number): Uint8Array => {
		const end = position + length;
		if (length < 0 || end > message.length)
			throw new RangeError(`a field of ${length} bytes at byte ${position} runs past the end`);
		const bytes = message.subarray(position, end);
		position = end;
		return bytes;
	};

	while (position < message.length) {
		const key = varint();
		const number = Math.floor(key / 8);
		const wireType = key & 7;
		if (number < 1 || number > 2 ** 29 - 1) throw new RangeError(`there is no field ${number}`);
		if (wireType === 0) yield { number, wireType, integer: varint(), bytes: none };
		else if (wireType === 1) yield { number, wireType, integer: 0, bytes: take(8) };
		else if (wireType === 2) yield { number, wireType, integer: 0, bytes: take(varint()) };
		else if (wireType === 5) yield { number, wireType, integer: 0, bytes: take(4) };
		else throw new RangeError(`field ${number} has the unknown wire type ${wireType}`);
	}
}

/** The numbers of a repeated integer field, packed or one alone. */
export function integersOf(field: ProtobufField): number[] {
	if (field.wireType === 0) return [field.integer];
	// A packed field is a row of varints: read it as the values of a message whose keys are left out.
	const values: number[] = [];
	let low = 0;
	let high = 0;
	let shift = 0;
	for (const byte of field.bytes) {
		const part = byte & 0x7f;
		if (shift < 28) low |= part << shift;
		else if (shift === 28) {
			low |= part << 28;
			high |= part >> 4;
		} else high |= part << (shift - 32);
		shift += 7;
		if (byte < 0x80) {
			values.push((high | 0) * 2 ** 32 + (low >>> 0));
			low = 0;
			high = 0;
			shift = 0;
		} else if (shift >= 70) throw new RangeError("a number of more than ten bytes");
	}
	if (shift !== 0) throw new RangeError("a packed number is cut off");
	return values;
}

/** The numbers of a repeated float field, packed or one alone. */
export function floatsOf({ bytes }: ProtobufField): Float32Array {
	if (bytes.length % 4 !== 0) throw new RangeError("packed floats are cut off");
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	return Float32Array.from({ length: bytes.length / 4 }, (_, index) => view.getFloat32(index * 4, true));
}
