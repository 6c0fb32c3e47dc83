/** Code units that are sliced off at a time: on XS an index into a string costs time that grows with the index. */
const PIECE = 64;

const REPLACEMENT = 0xfffd;

/** The UTF-8 bytes of `text` (RFC 3629). A surrogate without its partner becomes U+FFFD, as in the web's TextEncoder. */
export function encodeUtf8(text: string): Uint8Array {
	const length = text.length;
	// A UTF-16 code unit never needs more than three bytes.
	const bytes = new Uint8Array(length * 3);
	let end = 0;
	let piece = "";
	let high = 0;
	for (let index = 0; index < length; index++) {
		if (index % PIECE === 0) piece = text.slice(index, index + PIECE);
		const unit = piece.charCodeAt(index % PIECE);
		if (high !== 0) {
			if (unit >= 0xdc00 && unit <= 0xdfff) {
				end = put(bytes, end, 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
				high = 0;
				continue;
			}
			end = put(bytes, end, REPLACEMENT);
			high = 0;
		}
		if (unit >= 0xd800 && unit <= 0xdbff) high = unit;
		else end = put(bytes, end, unit >= 0xdc00 && unit <= 0xdfff ? REPLACEMENT : unit);
	}
	if (high !== 0) end = put(bytes, end, REPLACEMENT);
	return bytes.slice(0, end);
}

/**
 * The text of UTF-8 bytes. Every maximal ill-formed piece becomes one U+FFFD (Unicode Standard, section 3.9, "U+FFFD
 * Substitution of Maximal Subparts"), as in the web's TextDecoder. A byte order mark stays where it is.
 */
export function decodeUtf8(bytes: Uint8Array): string {
	let text = "";
	let piece = "";
	let index = 0;
	while (index < bytes.length) {
		const first = bytes[index++]!;
		let codePoint = first;
		let following = 0;
		// Bounds of the second byte: they shut out overlong forms, surrogates, and what lies above U+10FFFF.
		let lowest = 0x80;
		let highest = 0xbf;
		if (first >= 0xc2 && first <= 0xdf) {
			following = 1;
			codePoint = first & 0x1f;
		} else if (first >= 0xe0 && first <= 0xef) {
			following = 2;
			codePoint = first & 0x0f;
			if (first === 0xe0) lowest = 0xa0;
			if (first === 0xed) highest = 0x9f;
		} else if (first >= 0xf0 && first <= 0xf4) {
			following = 3;
			codePoint = first & 0x07;
			if (first === 0xf0) lowest = 0x90;
			if (first === 0xf4) highest = 0x8f;
		} else if (first >= 0x80) {
			codePoint = REPLACEMENT;
		}
		for (; following > 0; following--) {
			const next = index < bytes.length ? bytes[index]! : 0;
			if (next < lowest || next > highest) {
				codePoint = REPLACEMENT;
				break;
			}
			codePoint = (codePoint << 6) | (next & 0x3f);
			lowest = 0x80;
			highest = 0xbf;
			index++;
		}
		// Short pieces, because every concatenation on XS copies the whole string.
		piece += String.fromCodePoint(codePoint);
		if (piece.length >= PIECE) {
			text += piece;
			piece = "";
		}
	}
	return text + piece;
}

function put(bytes: Uint8Array, at: number, codePoint: number): number {
	if (codePoint < 0x80) {
		bytes[at++] = codePoint;
		return at;
	}
	if (codePoint < 0x800) {
		bytes[at++] = 0xc0 | (codePoint >> 6);
	} else {
		if (codePoint < 0x10000) {
			bytes[at++] = 0xe0 | (codePoint >> 12);
		} else {
			bytes[at++] = 0xf0 | (codePoint >> 18);
			bytes[at++] = 0x80 | ((codePoint >> 12) & 0x3f);
		}
		bytes[at++] = 0x80 | ((codePoint >> 6) & 0x3f);
	}
	bytes[at++] = 0x80 | (codePoint & 0x3f);
	return at;
}
