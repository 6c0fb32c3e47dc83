import { decodeCobs, encodeCobs, maximumCobsBytes } from "./cobs.ts";
import { crc16 } from "./crc16.ts";

/** The longest message that a frame carries, in bytes. */
export const MAXIMUM_MESSAGE_BYTES = 1600;

const HEADER_BYTES = 13;
const CRC_BYTES = 2;

/** The longest frame between two delimiters, in bytes. */
export const MAXIMUM_ENCODED_BYTES = maximumCobsBytes(HEADER_BYTES + MAXIMUM_MESSAGE_BYTES + CRC_BYTES);

/** Ends a frame. It comes before one, too, so that noise on an idle wire does not spoil the frame that follows. */
export const DELIMITER = 0;

/** The first byte of a frame: the version of this protocol, 1, in the high four bits, and below it what the frame is. */
export const FrameType = Object.freeze({
	/** "I am here": asks for an answer. */
	Hello: 0x11,
	/** Answers a hello. */
	Welcome: 0x12,
	/** A message. */
	Data: 0x13,
	/** The other side keeps the message from now on. */
	Acknowledge: 0x14,
	/** The message arrived; nobody keeps it yet. */
	Held: 0x15,
	/** What became of the message that was held? */
	Query: 0x16,
} as const);
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

/** One frame, see docs/architecture/wire-protocol.md. */
export interface Frame {
	readonly type: FrameType;
	/** Session of the sender, 1 to 2^32 - 1. */
	readonly from: number;
	/** Session of the receiver as the sender knows it, 0 when it does not. */
	readonly to: number;
	/** Number of the message that the frame is about, 0 to 65,535; 0 in a hello and a welcome. */
	readonly sequence: number;
	/** Empty in all frames but data. */
	readonly message: Uint8Array;
}

/** The bytes of a frame for the wire, both delimiters included. */
export function encodeFrame(frame: Frame): Uint8Array {
	const crcAt = HEADER_BYTES + frame.message.length;
	const bytes = new Uint8Array(crcAt + CRC_BYTES);
	bytes[0] = frame.type;
	putUint32(bytes, 1, frame.from);
	putUint32(bytes, 5, frame.to);
	bytes[9] = frame.sequence >> 8;
	bytes[10] = frame.sequence;
	bytes[11] = frame.message.length >> 8;
	bytes[12] = frame.message.length;
	bytes.set(frame.message, HEADER_BYTES);
	const crc = crc16(bytes, crcAt);
	bytes[crcAt] = crc >> 8;
	bytes[crcAt + 1] = crc;
	const encoded = encodeCobs(bytes);
	const wire = new Uint8Array(encoded.length + 2);
	wire.set(encoded, 1);
	return wire;
}

/** Reads what stood between two delimiters. `undefined`: it is no frame, or noise changed it. */
export function decodeFrame(encoded: Uint8Array): Frame | undefined {
	const bytes = decodeCobs(encoded);
	if (bytes === undefined) return undefined;
	const crcAt = bytes.length - CRC_BYTES;
	if (crcAt < HEADER_BYTES || crcAt > HEADER_BYTES + MAXIMUM_MESSAGE_BYTES) return undefined;
	// Needed: the CRC alone also holds over the whole frame with a zero behind it, and a delimiter that noise turned
	// into a one is just that.
	if (crcAt !== HEADER_BYTES + getUint16(bytes, 11)) return undefined;
	if (crc16(bytes, crcAt) !== getUint16(bytes, crcAt)) return undefined;
	const type = bytes[0]!;
	const from = getUint32(bytes, 1);
	if (!isFrameType(type) || from === 0) return undefined;
	if (type !== FrameType.Data && crcAt !== HEADER_BYTES) return undefined;
	return {
		type,
		from,
		to: getUint32(bytes, 5),
		sequence: getUint16(bytes, 9),
		message: bytes.slice(HEADER_BYTES, crcAt),
	};
}

function isFrameType(value: number): value is FrameType {
	return value >= FrameType.Hello && value <= FrameType.Query;
}

function putUint32(bytes: Uint8Array, offset: number, value: number): void {
	bytes[offset] = value >>> 24;
	bytes[offset + 1] = value >>> 16;
	bytes[offset + 2] = value >>> 8;
	bytes[offset + 3] = value;
}

function getUint16(bytes: Uint8Array, offset: number): number {
	return (bytes[offset]! << 8) | bytes[offset + 1]!;
}

function getUint32(bytes: Uint8Array, offset: number): number {
	return ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>> 0;
}
