/** A block has at most this many bytes that are not zero, and a code byte. */
const LONGEST_BLOCK = 254;

/** The most bytes that `byteLength` bytes take once encoded. */
export function maximumCobsBytes(byteLength: number): number {
	return byteLength + Math.floor(byteLength / LONGEST_BLOCK) + 1;
}

/**
 * Consistent Overhead Byte Stuffing (Cheshire and Baker, IEEE/ACM Transactions on Networking 7(2), 1999): the same
 * bytes without any zero, so that a zero can end a frame.
 */
export function encodeCobs(bytes: Uint8Array): Uint8Array {
	const encoded = new Uint8Array(maximumCobsBytes(bytes.length));
	let codeAt = 0;
	let end = 1;
	for (let index = 0; index < bytes.length; index++) {
		const byte = bytes[index]!;
		if (byte !== 0) encoded[end++] = byte;
		const full = end - codeAt > LONGEST_BLOCK;
		if (byte === 0 || (full && index + 1 < bytes.length)) {
			encoded[codeAt] = end - codeAt;
			codeAt = end++;
		}
	}
	encoded[codeAt] = end - codeAt;
	return encoded.slice(0, end);
}

/** The bytes before `encodeCobs`, or `undefined` when `encoded` is empty, has a zero, or ends inside a block. */
export function decodeCobs(encoded: Uint8Array): Uint8Array | undefined {
	const bytes = new Uint8Array(encoded.length);
	let end = 0;
	let index = 0;
	while (index < encoded.length) {
		const code = encoded[index]!;
		const next = index + code;
		if (code === 0 || next > encoded.length) return undefined;
		for (index++; index < next; index++) {
			const byte = encoded[index]!;
			if (byte === 0) return undefined;
			bytes[end++] = byte;
		}
		if (next < encoded.length && code <= LONGEST_BLOCK) end++;
	}
	return encoded.length === 0 ? undefined : bytes.slice(0, end);
}
