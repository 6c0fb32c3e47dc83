const longest = 240;

/** What a message says, for people: the body of the claims of a JWS (RFC 7515 section 7.1), or the text as it is. */
export function messageBody(payload: string): string {
	const [, claims, seal, ...rest] = payload.split(".");
	if (claims === undefined || seal === undefined || rest.length > 0) return shortened(payload);
	try {
		const parsed: unknown = JSON.parse(Buffer.from(claims, "base64url").toString("utf8"));
		if (typeof parsed !== "object" || parsed === null || !("body" in parsed)) return shortened(payload);
		return shortened(JSON.stringify(parsed.body) ?? "");
	} catch (error) {
		// Somebody on the broker may publish what they like; the page shows it as it is.
		if (error instanceof SyntaxError) return shortened(payload);
		throw error;
	}
}

function shortened(text: string): string {
	return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}
