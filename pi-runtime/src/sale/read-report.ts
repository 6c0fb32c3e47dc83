import { createHash } from "node:crypto";
import { type SaleReportBody, saleReportBodySchema } from "@visionvend/sdk/protocol/messages";
import { readClaims } from "./read-claims.ts";

/** What the Pi can read in the controller's sealed report. Not verified: only the cloud holds the key of the seal. */
export interface ReadReport {
	/** Follows from the sealed text alone: the same report has the same id, whenever and wherever it is read. */
	readonly reportId: string;
	readonly jti: string;
	readonly body: SaleReportBody;
}

/** The longest token that a controller seals. */
const maximumTokenCharacters = 2_048;

/** Reads a report without trusting it. A `string` is the reason why it cannot be read. */
export function readReport(sealed: string, topic: string): ReadReport | string {
	if (sealed.length > maximumTokenCharacters) return "too-long";
	const claims = readClaims(sealed, topic);
	if (typeof claims === "string") return claims;
	const body = saleReportBodySchema.safeParse(claims.body);
	if (!body.success) return "bad-body";
	return { reportId: reportIdOf(sealed), jti: claims.jti, body: body.data };
}

/** 128 bits of SHA-256 over the sealed text, base64url. */
function reportIdOf(sealed: string): string {
	return createHash("sha256").update(sealed).digest().subarray(0, 16).toString("base64url");
}
