import { hash } from "node:crypto";
import { z } from "zod";
import {
	type Claims,
	type EnvelopeKey,
	MAXIMUM_TOKEN_CHARACTERS,
	type OpenResult,
	readClaims,
} from "../device/envelope/envelope.ts";

/**
 * The longest token between cloud and pi. A report carries the controller's own token and the candidates of a decision;
 * whatever a controller seals or opens stays within its own limit, `MAXIMUM_TOKEN_CHARACTERS`.
 */
export const maximumNodeTokenCharacters = 16_384;

const text = z.string().min(1);
const count = z.int().min(0);

// The order of members is the order in the payload, as on the device.
const claimsSchema = z.object({
	iss: text,
	aud: text,
	jti: text,
	seq: count,
	topic: text,
	nonce: text.optional(),
	iat: count.optional(),
	exp: count.optional(),
	body: z.unknown().refine((body) => body !== undefined, "the body is missing"),
});

/**
 * Seals claims as a JWS in compact serialisation with HS256 (RFC 7515 section 7.1), byte for byte what the device's
 * `seal` gives. Throws a RangeError when `openEnvelope` would not give the claims back, or when the token would be too
 * long for the receiver.
 */
export async function sealEnvelope(key: EnvelopeKey, claims: Claims): Promise<string> {
	const own = prepared(key);
	const parsed = claimsSchema.safeParse(claims);
	if (!parsed.success) {
		throw new RangeError(`Claims for ${claims.topic} cannot be sealed. ${z.prettifyError(parsed.error)}`);
	}
	const signed = `${own.header}.${encode(JSON.stringify(parsed.data))}`;
	const token = `${signed}.${sealOf(own, signed)}`;
	const most = own.mostCharacters;
	if (token.length > most) {
		throw new RangeError(
			`The message for ${claims.topic} takes ${token.length} characters once sealed; the most is ${most}. Send less in one message.`,
		);
	}
	return token;
}

/**
 * Opens a token, with the same refusals as the device's `open`. Never throws because of the token. `exp`, `seq`,
 * `nonce` and the body are the caller's to check. By Node's own hashes, since a broker can carry tens of thousands of
 * messages a second and jose's way through WebCrypto takes some 50 times as long.
 */
export function openEnvelope(
	key: EnvelopeKey,
	expected: { readonly iss: string; readonly aud: string; readonly topic: string },
	token: string,
): OpenResult {
	const own = prepared(key);
	if (token.length > own.mostCharacters) {
		return { ok: false, refusal: "too-long" };
	}
	const payloadFrom = token.indexOf(".") + 1;
	const payloadEnd = token.lastIndexOf(".");
	if (payloadFrom < 2 || payloadEnd <= payloadFrom || token.indexOf(".", payloadFrom) !== payloadEnd) {
		return { ok: false, refusal: "malformed" };
	}
	// The only header that this key may have, compared as text: another algorithm or another member is another key.
	if (payloadFrom !== own.header.length + 1 || !token.startsWith(own.header)) {
		return { ok: false, refusal: "wrong-key" };
	}
	// One token has one spelling: Node's decoder is generous, and a second spelling would be a second token to a replay
	// guard. So it is the spelling that is compared.
	const signature = token.slice(payloadEnd + 1);
	if (!isSameInConstantTime(signature, sealOf(own, token.slice(0, payloadEnd)))) {
		const seal = Buffer.from(signature, "base64url");
		const isSeal = seal.length === 32 && seal.toString("base64url") === signature;
		return { ok: false, refusal: isSeal ? "bad-signature" : "malformed" };
	}
	const payload = token.slice(payloadFrom, payloadEnd);
	const length = decoded.write(payload, "base64url");
	let value: unknown;
	try {
		const isSpelling = decoded.toString("base64url", 0, length) === payload;
		value = isSpelling ? JSON.parse(decoded.toString("utf8", 0, length)) : undefined;
	} catch {
		value = undefined;
	}
	if (value === undefined) {
		return { ok: false, refusal: "malformed" };
	}
	const claims = readClaims(value);
	if (claims === undefined) {
		return { ok: false, refusal: "bad-claims" };
	}
	if (claims.iss !== expected.iss) {
		return { ok: false, refusal: "wrong-issuer" };
	}
	if (claims.aud !== expected.aud) {
		return { ok: false, refusal: "wrong-audience" };
	}
	if (claims.topic !== expected.topic) {
		return { ok: false, refusal: "wrong-topic" };
	}
	return { ok: true, claims };
}

/** Keys of one direction that are good at the same time; the first is the one in use. */
export type EnvelopeKeys = readonly [EnvelopeKey, ...EnvelopeKey[]];

/** The key that a token names, or the first one when it names none of them: that one's refusal then says so. */
export function keyFor(keys: EnvelopeKeys, token: string): EnvelopeKey {
	if (keys.length === 1) return keys[0];
	const header = token.slice(0, token.indexOf("."));
	return keys.find((key) => header === prepared(key).header) ?? keys[0];
}

interface PreparedKey {
	/** The one protected header that goes with the key, as it stands in the token. */
	readonly header: string;
	/** Controllers have little memory: wherever one is at either end, its limit holds. */
	readonly mostCharacters: number;
	/** The key, as the inner hash begins with it. */
	readonly inner: Uint8Array;
	/** The key, as the outer hash begins with it, and room for the inner hash. */
	readonly outer: Buffer;
}

/** By key; a cloud has some of each machine. */
const preparedKeys = new WeakMap<EnvelopeKey, PreparedKey>();

/** Bytes of a block and of a digest of SHA-256. */
const blockBytes = 64;
const digestBytes = 32;

function prepared(key: EnvelopeKey): PreparedKey {
	const known = preparedKeys.get(key);
	if (known !== undefined) return known;
	// RFC 7518 section 3.2: no shorter than the digest.
	if (key.key.length !== digestBytes) {
		throw new RangeError(`The envelope key ${key.kid} has ${key.key.length} bytes instead of ${digestBytes}.`);
	}
	const outer = Buffer.alloc(blockBytes + digestBytes, 0x5c);
	const inner = Buffer.alloc(blockBytes, 0x36);
	for (const [index, byte] of key.key.entries()) {
		inner.writeUInt8(0x36 ^ byte, index);
		outer.writeUInt8(0x5c ^ byte, index);
	}
	const made = {
		header: encode(JSON.stringify({ alg: "HS256", kid: key.kid })),
		mostCharacters: key.kid.includes("controller") ? MAXIMUM_TOKEN_CHARACTERS : maximumNodeTokenCharacters,
		inner,
		outer,
	};
	preparedKeys.set(key, made);
	return made;
}

/** What was decoded last. */
const decoded = Buffer.alloc(maximumNodeTokenCharacters);
/** What is hashed next; a character takes three bytes of UTF-8 at most. */
const hashed = Buffer.alloc(blockBytes + 3 * maximumNodeTokenCharacters);

/**
 * HMAC with SHA-256 (RFC 2104) in base64url. Of two hashes in one call each: for a message as short as ours `createHmac`
 * costs more for the object that it makes than for what it computes (measured).
 */
function sealOf({ inner, outer }: PreparedKey, text: string): string {
	hashed.set(inner);
	const end = blockBytes + hashed.write(text, blockBytes);
	outer.write(hash("sha256", hashed.subarray(0, end), "binary"), blockBytes, "binary");
	return hash("sha256", outer, "base64url");
}

/** In a time that depends on the length alone, which is no secret. */
function isSameInConstantTime(one: string, other: string): boolean {
	if (one.length !== other.length) return false;
	let difference = 0;
	for (let index = 0; index < one.length; index += 1) difference |= one.charCodeAt(index) ^ other.charCodeAt(index);
	return difference === 0;
}

function encode(value: string): string {
	return Buffer.from(value).toString("base64url");
}
