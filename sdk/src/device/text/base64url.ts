const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Characters that are built or read at a time; a multiple of four. See utf8.ts for the reason. */
const PIECE = 64;

/** Base64 with the URL-safe alphabet and without padding (RFC 4648 section 5; RFC 7515 section 2). */
export function encodeBase64url(bytes: Uint8Array): string {
	let text = "";
	let piece = "";
	for (let index = 0; index < bytes.length; index += 3) {
		const left = bytes.length - index;
		const first = bytes[index]!;
		const second = left > 1 ? bytes[index + 1]! : 0;
		const third = left > 2 ? bytes[index + 2]! : 0;
		piece += ALPHABET.charAt(first >> 2) + ALPHABET.charAt(((first & 0x03) << 4) | (second >> 4));
		if (left > 1) piece += ALPHABET.charAt(((second & 0x0f) << 2) | (third >> 6));
		if (left > 2) piece += ALPHABET.charAt(third & 0x3f);
		if (piece.length >= PIECE) {
			text += piece;
			piece = "";
		}
	}
	return text + piece;
}

/**
 * The bytes of base64url text, or `undefined` when it is not the one canonical spelling of any bytes: padding, another
 * alphabet, white space, an impossible length, or left-over bits that are not zero (RFC 4648 section 3.5).
 */
export function decodeBase64url(text: string): Uint8Array | undefined {
	const length = text.length;
	if (length % 4 === 1) return undefined;
	const bytes = new Uint8Array(Math.floor((length * 3) / 4));
	let end = 0;
	let piece = "";
	let bits = 0;
	let bitCount = 0;
	for (let index = 0; index < length; index++) {
		if (index % PIECE === 0) piece = text.slice(index, index + PIECE);
		const value = sextet(piece.charCodeAt(index % PIECE));
		if (value < 0) return undefined;
		bits = (bits << 6) | value;
		bitCount += 6;
		if (bitCount >= 8) {
			bitCount -= 8;
			bytes[end++] = bits >> bitCount;
			bits &= (1 << bitCount) - 1;
		}
	}
	return bits === 0 ? bytes : undefined;
}

/** The value of one character of the alphabet, 0 to 63, or -1. */
function sextet(code: number): number {
	if (code >= 0x61 && code <= 0x7a) return code - 0x61 + 26;
	if (code >= 0x41 && code <= 0x5a) return code - 0x41;
	if (code >= 0x30 && code <= 0x39) return code - 0x30 + 52;
	if (code === 0x2d) return 62;
	return code === 0x5f ? 63 : -1;
}
