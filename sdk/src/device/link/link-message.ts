/** An envelope on its way over the link, with the topic that it is published on. */
export interface LinkMessage {
	readonly topic: string;
	readonly envelope: string;
}

const LONGEST_TOPIC = 255;

/** See utf8.ts: pieces keep an index into a string short, and a concatenation cheap. */
const PIECE = 64;

/**
 * One byte with the length of the topic, the topic, the envelope. Throws a `RangeError` unless the topic has 1 to 255
 * characters, the envelope at least one, and all are printable ASCII without spaces.
 */
export function encodeLinkMessage(topic: string, envelope: string): Uint8Array {
	if (topic.length < 1 || topic.length > LONGEST_TOPIC || envelope.length < 1) {
		throw new RangeError(
			`The link carries a topic of 1 to ${LONGEST_TOPIC} characters and an envelope, not ${topic.length} and ${envelope.length} characters.`,
		);
	}
	const bytes = new Uint8Array(1 + topic.length + envelope.length);
	bytes[0] = topic.length;
	putAscii(bytes, 1, topic);
	putAscii(bytes, 1 + topic.length, envelope);
	return bytes;
}

/** `undefined` for bytes that `encodeLinkMessage` never writes. */
export function decodeLinkMessage(bytes: Uint8Array): LinkMessage | undefined {
	const envelopeAt = 1 + (bytes[0] ?? 0);
	if (envelopeAt < 2 || envelopeAt >= bytes.length) return undefined;
	for (let index = 1; index < bytes.length; index++) {
		if (!isPrintable(bytes[index]!)) return undefined;
	}
	return { topic: asciiText(bytes, 1, envelopeAt), envelope: asciiText(bytes, envelopeAt, bytes.length) };
}

function isPrintable(code: number): boolean {
	return code > 0x20 && code < 0x7f;
}

function putAscii(bytes: Uint8Array, offset: number, text: string): void {
	const length = text.length;
	let piece = "";
	for (let index = 0; index < length; index++) {
		if (index % PIECE === 0) piece = text.slice(index, index + PIECE);
		const code = piece.charCodeAt(index % PIECE);
		if (!isPrintable(code)) {
			throw new RangeError(
				`The link carries printable ASCII without spaces; character ${index} of "${text.slice(0, 40)}" is U+${code.toString(16).padStart(4, "0")}.`,
			);
		}
		bytes[offset + index] = code;
	}
}

function asciiText(bytes: Uint8Array, from: number, to: number): string {
	let text = "";
	let piece = "";
	for (let index = from; index < to; index++) {
		piece += String.fromCharCode(bytes[index]!);
		if (piece.length === PIECE) {
			text += piece;
			piece = "";
		}
	}
	return text + piece;
}
