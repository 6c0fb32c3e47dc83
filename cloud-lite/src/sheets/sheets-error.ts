import { z } from "zod";

/** What the owner can do about it decides the kind. */
export type SheetsErrorKind =
	/** The key is wrong or revoked. */
	| "unauthorised"
	/** The spreadsheet is not shared with the service account. */
	| "forbidden"
	/** There is no such spreadsheet, or no such sheet in it. */
	| "missing"
	/** The request makes no sense to Google: a bug of ours, or a range that is gone. */
	| "invalid"
	/** Too many requests, an outage, no answer: later it may work, and may have worked now. */
	| "unavailable";

const bodySchema = z.object({
	error: z.union([z.string(), z.object({ message: z.string() })]),
	error_description: z.string().optional(),
});

/** A request to Google Sheets that did not succeed. */
export class SheetsError extends Error {
	readonly kind: SheetsErrorKind;
	/** How long Google asks to wait, milliseconds. */
	readonly retryAfterMs: number | undefined;

	constructor(kind: SheetsErrorKind, message: string, retryAfterMs?: number) {
		super(message);
		this.kind = kind;
		this.retryAfterMs = retryAfterMs;
	}

	static unreachable(url: string, error: unknown): SheetsError {
		const why = error instanceof Error ? error.message : String(error);
		return new SheetsError("unavailable", `${new URL(url).host} cannot be reached: ${why}`);
	}

	/** @param what begins the sentence: `Google gives no access token` */
	static async ofResponse(response: Response, what: string): Promise<SheetsError> {
		const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
		const told = messageOf(await response.text());
		return new SheetsError(
			kindOf(response.status),
			`${what}: ${response.status}${told === undefined ? "" : ` ${told}`}`,
			Number.isFinite(retryAfter) ? retryAfter * 1000 : undefined,
		);
	}
}

function kindOf(status: number): SheetsErrorKind {
	if (status === 401) return "unauthorised";
	if (status === 403) return "forbidden";
	if (status === 404) return "missing";
	return status === 429 || status >= 500 ? "unavailable" : "invalid";
}

function messageOf(body: string): string | undefined {
	let json: unknown;
	try {
		json = JSON.parse(body);
	} catch (error) {
		if (error instanceof SyntaxError) return undefined;
		throw error;
	}
	const parsed = bodySchema.safeParse(json);
	if (!parsed.success) return undefined;
	const { error, error_description } = parsed.data;
	return typeof error === "string" ? (error_description ?? error) : error.message;
}
