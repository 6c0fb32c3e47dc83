import { z } from "@hono/zod-openapi";
import { Problem } from "./problem.ts";

const form = /^\s*(\*|(W\/)?"?\d{1,15}"?)\s*$/;

/** `If-Match` of RFC 9110 section 13.1.1, of versions that we count. */
export const ifMatchSchema = z.string().optional().openapi({
	pattern: form.source,
	description: 'The `ETag` that was read, `"3"`; the write happens only if it is still the same',
	example: '"3"',
});

/** The version that a caller has seen; `undefined` when it does not say. */
export function parseIfMatch(header: string | undefined): number | undefined {
	if (header === undefined || header.trim() === "*") return undefined;
	const version = /^\s*(?:W\/)?"?(\d{1,15})"?\s*$/.exec(header)?.[1];
	if (version === undefined)
		throw new Problem(400, "invalid_request", 'If-Match is the ETag that was read, such as "3".');
	return Number(version);
}
