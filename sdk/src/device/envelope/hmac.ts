import { SHA256_BLOCK_BYTES, Sha256, sha256 } from "./sha256.ts";

/** HMAC-SHA-256 (RFC 2104, FIPS 198-1): 32 bytes. A key longer than 64 bytes is hashed first. */
export function hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array {
	const pad = new Uint8Array(SHA256_BLOCK_BYTES);
	pad.set(key.length > SHA256_BLOCK_BYTES ? sha256(key) : key);
	for (let index = 0; index < SHA256_BLOCK_BYTES; index++) pad[index] = pad[index]! ^ 0x36;
	const inner = new Sha256().update(pad).update(bytes).digest();
	// From the inner padding (0x36) to the outer one (0x5c).
	for (let index = 0; index < SHA256_BLOCK_BYTES; index++) pad[index] = pad[index]! ^ 0x6a;
	return new Sha256().update(pad).update(inner).digest();
}
