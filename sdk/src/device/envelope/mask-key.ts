import { encodeUtf8 } from "../text/utf8.ts";
import type { EnvelopeKey } from "./envelope.ts";
import { hkdfSha256 } from "./hkdf.ts";

/**
 * Hides a new secret from whoever lacks the key that both sides have, and shows it again: exclusive or with as many bytes
 * of HKDF-SHA-256 (RFC 5869) of that key, with the info `visionvend/mask/1/{name}`. `salt`: random, and never used
 * twice. `name` says which secret it is. It proves nothing of where the secret comes from: the seal of the message does.
 */
export function maskKey(key: EnvelopeKey, salt: Uint8Array, name: string, secret: Uint8Array): Uint8Array {
	const pad = hkdfSha256(key.key, salt, encodeUtf8(`visionvend/mask/1/${name}`), secret.length);
	return pad.map((byte, index) => byte ^ (secret[index] ?? 0));
}
