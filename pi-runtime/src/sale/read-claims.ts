import { z } from "zod";

// RFC 7515 section 7.1: header, payload and signature, each base64url, joined by full stops.
const compactForm = /^[A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+$/;

const claimsSchema = z.object({ jti: z.string().min(1).max(128), topic: z.string(), body: z.unknown() });

/** What the controller sealed for the cloud, as far as anybody can read it. Not verified: only the cloud holds the key. */
export type ReadClaims = z.infer<typeof claimsSchema>;

/** Reads a message of the controller without trusting it. A `string` is the reason why it cannot be read. */
export function readClaims(sealed: string, topic: string): ReadClaims | string {
	const payload = compactForm.exec(sealed)?.[1];
	if (payload === undefined) return "malformed";
	const claims = claimsSchema.safeParse(parseJson(Buffer.from(payload, "base64url").toString("utf8")));
	if (!claims.success) return "bad-claims";
	return claims.data.topic === topic ? claims.data : "wrong-topic";
}

/** `undefined` for a text that is no JSON. */
export function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (error) {
		if (error instanceof SyntaxError) return undefined;
		throw error;
	}
}
