import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
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
	requireKey(key);
	const parsed = claimsSchema.safeParse(claims);
	if (!parsed.success) {
		throw new RangeError(`Claims for ${claims.topic} cannot be sealed. ${z.prettifyError(parsed.error)}`);
	}
	const { header, secret } = prepared(key);
	const signed = `${header}.${encode(JSON.stringify(parsed.data))}`;
	const token = `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
	const most = mostCharacters(key);
	if (token.length > most) {
		throw new RangeError(
			`The message for ${claims.topic} takes ${token.length} characters once sealed; the most is ${most}. Send less in one message.`,
		);
	}
	return token;
}

/**
 * Opens a token, with the same refusals as the device's `open`. Never throws because of the token. `exp`, `seq`,
 * `nonce` and the body are the caller's to check. Node's own HMAC, since a broker can carry tens of thousands of
 * messages a second and jose's way through WebCrypto takes some 50 times as long.
 */
export function openEnvelope(
	key: EnvelopeKey,
	expected: { readonly iss: string; readonly aud: string; readonly topic: string },
	token: string,
): OpenResult {
	requireKey(key);
	if (token.length > mostCharacters(key)) {
		return { ok: false, refusal: "too-long" };
	}
	const { header: ownHeader, secret } = prepared(key);
	const [header, payload, signature, ...more] = token.split(".");
	if (!header || !payload || signature === undefined || more.length > 0) {
		return { ok: false, refusal: "malformed" };
	}
	// The only header that this key may have, compared as bytes: another algorithm or another member is another key.
	if (header !== ownHeader) {
		return { ok: false, refusal: "wrong-key" };
	}
	// One token has one spelling: Node's decoder is generous, and a second spelling would be a second token to a replay
	// guard. So it is the spelling that is compared.
	const right = Buffer.from(createHmac("sha256", secret).update(`${header}.${payload}`).digest("base64url"));
	const given = Buffer.from(signature);
	if (given.length !== right.length || !timingSafeEqual(given, right)) {
		const seal = Buffer.from(signature, "base64url");
		const isSeal = seal.length === 32 && seal.toString("base64url") === signature;
		return { ok: false, refusal: isSeal ? "bad-signature" : "malformed" };
	}
	const bytes = Buffer.from(payload, "base64url");
	let value: unknown;
	try {
		value = bytes.toString("base64url") === payload ? JSON.parse(bytes.toString("utf8")) : undefined;
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
	const header = token.slice(0, token.indexOf("."));
	return keys.find((key) => header === prepared(key).header) ?? keys[0];
}

/** Controllers have little memory: wherever one is at either end, its limit holds. */
function mostCharacters(key: EnvelopeKey): number {
	return key.kid.includes("controller") ? MAXIMUM_TOKEN_CHARACTERS : maximumNodeTokenCharacters;
}

function requireKey(key: EnvelopeKey): void {
	// RFC 7518 section 3.2: no shorter than the digest.
	if (key.key.length !== 32) {
		throw new RangeError(`The envelope key ${key.kid} has ${key.key.length} bytes instead of 32.`);
	}
}

interface PreparedKey {
	/** The one protected header that goes with the key, as it stands in the token. */
	readonly header: string;
	readonly secret: KeyObject;
}

/** By key; a cloud has some of each machine. */
const preparedKeys = new WeakMap<EnvelopeKey, PreparedKey>();

function prepared(key: EnvelopeKey): PreparedKey {
	const known = preparedKeys.get(key);
	if (known !== undefined) return known;
	const header = encode(JSON.stringify({ alg: "HS256", kid: key.kid }));
	const made = { header, secret: createSecretKey(key.key) };
	preparedKeys.set(key, made);
	return made;
}

function encode(value: string): string {
	return Buffer.from(value).toString("base64url");
}
