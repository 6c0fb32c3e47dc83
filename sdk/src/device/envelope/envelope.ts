import { decodeBase64url, encodeBase64url } from "../text/base64url.ts";
import { decodeUtf8, encodeUtf8 } from "../text/utf8.ts";
import { equalInConstantTime } from "./constant-time.ts";
import { hkdfSha256 } from "./hkdf.ts";
import { hmacSha256 } from "./hmac.ts";
import { SHA256_BYTES } from "./sha256.ts";

/** Who seals and who opens. */
export type Party = "cloud" | "controller" | "pi";

/** The key of one machine, one direction and one version. */
export interface EnvelopeKey {
	/** Names direction and version, see `keyId`. */
	readonly kid: string;
	/** 32 bytes. */
	readonly key: Uint8Array;
}

/**
 * What an envelope says; the payload is JSON with the members in this order. Names after RFC 7519 section 4.1. No text
 * is empty, all numbers are integers from 0 on.
 */
export interface Claims {
	/** The sealing party, see `partyName`. */
	readonly iss: string;
	/** The party that it is for. */
	readonly aud: string;
	/** Unique among the messages of `iss`. */
	readonly jti: string;
	/** Counts up from message to message of `iss`, 0 or more. */
	readonly seq: number;
	/** The topic that it is published on: an envelope moved to another topic does not open. */
	readonly topic: string;
	/** The nonce that it answers. */
	readonly nonce?: string;
	/** Seconds since 1970. Devices have no clock and leave it away. */
	readonly iat?: number;
	/** Seconds since 1970. Not checked by `open`: a device cannot; whoever has a clock does. */
	readonly exp?: number;
	/** The message. Any JSON value; the receiver validates it. */
	readonly body: unknown;
}

export type EnvelopeRefusal =
	/** More than `MAXIMUM_TOKEN_CHARACTERS`. */
	| "too-long"
	/** Not three parts of base64url, or, sealed so by a partner that errs, a payload that is no JSON. */
	| "malformed"
	/** Another header than the one of this key: another `kid`, `alg` or direction, or any member more. */
	| "wrong-key"
	/** The seal does not match. */
	| "bad-signature"
	/** The payload lacks a claim, or one has the wrong type. */
	| "bad-claims"
	| "wrong-issuer"
	| "wrong-audience"
	| "wrong-topic";

export type OpenResult =
	| { readonly ok: true; readonly claims: Claims }
	| { readonly ok: false; readonly refusal: EnvelopeRefusal };

/** The longest token that is sealed or opened. */
export const MAXIMUM_TOKEN_CHARACTERS = 2048;

/** The `kid` of the keys that `from` seals with and `to` opens with: `cloud-controller.1`. Versions count from 1. */
export function keyId(from: Party, to: Party, version: number): string {
	if (!Number.isSafeInteger(version) || version < 1) {
		throw new RangeError(`Key versions are whole numbers from 1 on, not ${version}.`);
	}
	return `${from}-${to}.${version}`;
}

/** The name of a party in `iss` and `aud`: `cloud`, `fridge-1/controller`, `fridge-1/pi`. */
export function partyName(machineId: string, party: Party): string {
	return party === "cloud" ? "cloud" : `${machineId}/${party}`;
}

/**
 * Derives one key of a machine from its secret (at least 16 bytes): HKDF-SHA-256 with an empty salt and the info
 * `visionvend/1/{machineId}/{kid}`. Keys of different machines, directions or versions tell nothing about each other.
 */
export function deriveKey(machineSecret: Uint8Array, machineId: string, kid: string): EnvelopeKey {
	if (machineSecret.length < 16) {
		throw new RangeError(`A machine secret has at least 16 bytes, not ${machineSecret.length}.`);
	}
	if (machineId === "" || kid === "" || machineId.includes("/") || kid.includes("/")) {
		// With a slash inside, two machines could share one info text and so one key.
		throw new RangeError(`Neither a machine id (${machineId}) nor a key id (${kid}) is empty or has a slash.`);
	}
	const info = encodeUtf8(`visionvend/1/${machineId}/${kid}`);
	return { kid, key: hkdfSha256(machineSecret, new Uint8Array(0), info, SHA256_BYTES) };
}

/**
 * Seals claims as a JWS in compact serialisation with HS256 (RFC 7515 section 7.1, RFC 7518 section 3.2). Throws a
 * `RangeError` when the claims are not ones that `open` would give back, or when the token would be too long.
 */
export function seal(key: EnvelopeKey, claims: Claims): string {
	requireKey(key);
	const payload = readClaims(claims);
	if (payload === undefined) {
		throw new RangeError(
			`Claims for ${claims.topic} cannot be sealed: texts, whole numbers from 0 on, and a body are needed.`,
		);
	}
	const signingInput = `${headerOf(key)}.${encodeBase64url(encodeUtf8(JSON.stringify(payload)))}`;
	const token = `${signingInput}.${encodeBase64url(hmacSha256(key.key, encodeUtf8(signingInput)))}`;
	if (token.length > MAXIMUM_TOKEN_CHARACTERS) {
		throw new RangeError(
			`The message for ${claims.topic} takes ${token.length} characters once sealed; the most is ${MAXIMUM_TOKEN_CHARACTERS}. Send less in one message.`,
		);
	}
	return token;
}

/**
 * Opens a token. Never throws because of the token. Nothing of it is parsed before its seal holds: the header is
 * compared with the only one that this key may have, then the signature in constant time, and only then the payload
 * is read as JSON. `exp`, `seq`, `nonce` and the body are the caller's to check.
 */
export function open(
	key: EnvelopeKey,
	expected: { readonly iss: string; readonly aud: string; readonly topic: string },
	token: string,
): OpenResult {
	requireKey(key);
	if (token.length > MAXIMUM_TOKEN_CHARACTERS) return refuse("too-long");
	const firstDot = token.indexOf(".");
	const lastDot = token.lastIndexOf(".");
	if (firstDot < 1 || lastDot <= firstDot + 1 || token.indexOf(".", firstDot + 1) !== lastDot) {
		return refuse("malformed");
	}
	if (token.slice(0, firstDot) !== headerOf(key)) return refuse("wrong-key");
	const signature = decodeBase64url(token.slice(lastDot + 1));
	if (signature === undefined || signature.length !== SHA256_BYTES) return refuse("malformed");
	if (!equalInConstantTime(signature, hmacSha256(key.key, encodeUtf8(token.slice(0, lastDot))))) {
		return refuse("bad-signature");
	}
	const payload = decodeBase64url(token.slice(firstDot + 1, lastDot));
	if (payload === undefined) return refuse("malformed");
	let value: unknown;
	try {
		value = JSON.parse(decodeUtf8(payload));
	} catch {
		return refuse("malformed");
	}
	const claims = readClaims(value);
	if (claims === undefined) return refuse("bad-claims");
	if (claims.iss !== expected.iss) return refuse("wrong-issuer");
	if (claims.aud !== expected.aud) return refuse("wrong-audience");
	if (claims.topic !== expected.topic) return refuse("wrong-topic");
	return { ok: true, claims };
}

/** The one protected header that goes with a key, as it stands in the token. */
function headerOf(key: EnvelopeKey): string {
	return encodeBase64url(encodeUtf8(`{"alg":"HS256","kid":${JSON.stringify(key.kid)}}`));
}

function requireKey(key: EnvelopeKey): void {
	// RFC 7518 section 3.2: no shorter than the digest.
	if (key.key.length !== SHA256_BYTES) {
		throw new RangeError(`The envelope key ${key.kid} has ${key.key.length} bytes instead of ${SHA256_BYTES}.`);
	}
}

function refuse(refusal: EnvelopeRefusal): OpenResult {
	return { ok: false, refusal };
}

/** The claims among the members of `value`, in their order, or `undefined` when one is missing or is not what it must be. */
export function readClaims(value: unknown): Claims | undefined {
	if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
	const { iss, aud, jti, seq, topic, nonce, iat, exp, body }: Partial<Record<keyof Claims, unknown>> = value;
	if (!isText(iss) || !isText(aud) || !isText(jti) || !isCount(seq) || !isText(topic)) return undefined;
	if (nonce !== undefined && !isText(nonce)) return undefined;
	if (iat !== undefined && !isCount(iat)) return undefined;
	if (exp !== undefined && !isCount(exp)) return undefined;
	if (body === undefined) return undefined;
	return {
		iss,
		aud,
		jti,
		seq,
		topic,
		...(nonce === undefined ? undefined : { nonce }),
		...(iat === undefined ? undefined : { iat }),
		...(exp === undefined ? undefined : { exp }),
		body,
	};
}

function isText(value: unknown): value is string {
	return typeof value === "string" && value !== "";
}

function isCount(value: unknown): value is number {
	return Number.isSafeInteger(value) && typeof value === "number" && value >= 0;
}
