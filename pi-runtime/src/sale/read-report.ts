import { createHash } from "node:crypto";
import { type SaleReportBody, saleReportBodySchema } from "@visionvend/sdk/protocol/messages";
import { z } from "zod";

/** What the Pi can read in the controller's sealed report. Not verified: only the cloud holds the key of the seal. */
export interface ReadReport {
	/** Follows from the sealed text alone: the same report has the same id, whenever and wherever it is read. */
	readonly reportId: string;
	readonly jti: string;
	readonly body: SaleReportBody;
}

/** The longest token that a controller seals. */
const maximumTokenCharacters = 2_048;

// RFC 7515 section 7.1: header, payload and signature, each base64url, joined by full stops.
const compactForm = /^[A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+$/;

const claimsSchema = z.object({ jti: z.string().min(1).max(128), topic: z.string(), body: z.unknown() });

/** Reads a report without trusting it. A `string` is the reason why it cannot be read. */
export function readReport(sealed: string, topic: string): ReadReport | string {
	if (sealed.length > maximumTokenCharacters) return "too-long";
	const payload = compactForm.exec(sealed)?.[1];
	if (payload === undefined) return "malformed";
	const claims = claimsSchema.safeParse(parseJson(Buffer.from(payload, "base64url").toString("utf8")));
	if (!claims.success) return "bad-claims";
	if (claims.data.topic !== topic) return "wrong-topic";
	const body = saleReportBodySchema.safeParse(claims.data.body);
	if (!body.success) return "bad-body";
	return { reportId: reportIdOf(sealed), jti: claims.data.jti, body: body.data };
}

/** 128 bits of SHA-256 over the sealed text, base64url. */
function reportIdOf(sealed: string): string {
	return createHash("sha256").update(sealed).digest().subarray(0, 16).toString("base64url");
}

/** `undefined` for a text that is no JSON. */
function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (error) {
		if (error instanceof SyntaxError) return undefined;
		throw error;
	}
}
