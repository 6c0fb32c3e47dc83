import { hmacSha256 } from "./hmac.ts";
import { SHA256_BYTES } from "./sha256.ts";

/**
 * HKDF-SHA-256 (RFC 5869): derives `byteLength` bytes from `secret`. `salt` may be empty. Throws a `RangeError` unless
 * `byteLength` is an integer from 1 to 8,160 (255 digests, section 2.3).
 */
export function hkdfSha256(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, byteLength: number): Uint8Array {
	if (!Number.isInteger(byteLength) || byteLength < 1 || byteLength > 255 * SHA256_BYTES) {
		throw new RangeError(`HKDF-SHA-256 gives 1 to ${255 * SHA256_BYTES} bytes, not ${byteLength}.`);
	}
	const pseudorandomKey = hmacSha256(salt, secret);
	const output = new Uint8Array(byteLength);
	let block: Uint8Array = new Uint8Array(0);
	for (let index = 0; index * SHA256_BYTES < byteLength; index++) {
		const input = new Uint8Array(block.length + info.length + 1);
		input.set(block);
		input.set(info, block.length);
		input[input.length - 1] = index + 1;
		block = hmacSha256(pseudorandomKey, input);
		const offset = index * SHA256_BYTES;
		output.set(block.subarray(0, byteLength - offset), offset);
	}
	return output;
}
