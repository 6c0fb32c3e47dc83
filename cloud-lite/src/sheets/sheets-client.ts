import type { Clock } from "@visionvend/sdk/clock";
import { z } from "zod";
import { type ServiceAccount, ServiceAccountTokens } from "./service-account.ts";
import { SheetsError } from "./sheets-error.ts";

/** What a cell holds, as the API gives it with `UNFORMATTED_VALUE`. An empty cell is `""`. */
export type Cell = string | number | boolean;
/** Rows of a range, topmost first. Google leaves out empty cells at the end of a row and empty rows at the end. */
export type Rows = readonly (readonly Cell[])[];

export interface RangeWrite {
	/** A1 notation: `Products!C7`. */
	readonly range: string;
	readonly values: Rows;
}

export interface SheetsClientOptions {
	readonly account: ServiceAccount;
	readonly clock: Clock;
	/** `https://sheets.googleapis.com` where not given. */
	readonly baseUrl?: string | undefined;
	readonly fetch?: typeof fetch | undefined;
	/** A request without an answer is given up after this, milliseconds; 20 000 where not given. */
	readonly timeoutMs?: number | undefined;
}

const cellsSchema = z.array(z.array(z.union([z.string(), z.number(), z.boolean()])));
const rangesSchema = z.object({ valueRanges: z.array(z.object({ values: cellsSchema.optional() })) });
const propertiesSchema = z.object({
	sheets: z.array(z.object({ properties: z.object({ title: z.string(), sheetId: z.int() }) })),
});

/**
 * The few calls of the Google Sheets API v4 that a synchronisation needs. Values are written `RAW`: nothing that a
 * product is called ever becomes a formula. Every method rejects with a {@link SheetsError}.
 * Source: developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets.values.
 */
export class SheetsClient {
	readonly #tokens: ServiceAccountTokens;
	readonly #baseUrl: string;
	readonly #fetch: typeof fetch;
	readonly #timeoutMs: number;

	constructor({ account, clock, baseUrl, fetch: ask = fetch, timeoutMs = 20_000 }: SheetsClientOptions) {
		this.#tokens = new ServiceAccountTokens({ account, clock, fetch: ask });
		this.#baseUrl = baseUrl ?? "https://sheets.googleapis.com";
		this.#fetch = ask;
		this.#timeoutMs = timeoutMs;
	}

	/** Whom the owner shares the spreadsheet with. */
	get email(): string {
		return this.#tokens.email;
	}

	/** Titles of the sheets in a spreadsheet, from left to right. */
	async titles(spreadsheetId: string): Promise<string[]> {
		const answer = await this.#call(spreadsheetId, "GET", "?fields=sheets.properties(title,sheetId)");
		return this.#read(propertiesSchema, answer).sheets.map(({ properties }) => properties.title);
	}

	/** Adds an empty sheet. A title that is there already is `invalid`. */
	async addSheet(spreadsheetId: string, title: string): Promise<void> {
		await this.#call(spreadsheetId, "POST", ":batchUpdate", { requests: [{ addSheet: { properties: { title } } }] });
	}

	/** The rows of each range, in the order asked for. */
	async read(spreadsheetId: string, ranges: readonly string[]): Promise<Rows[]> {
		const query = new URLSearchParams({ majorDimension: "ROWS", valueRenderOption: "UNFORMATTED_VALUE" });
		for (const range of ranges) query.append("ranges", range);
		const answer = await this.#call(spreadsheetId, "GET", `/values:batchGet?${query}`);
		return this.#read(rangesSchema, answer).valueRanges.map(({ values }) => values ?? []);
	}

	/** All or none of the ranges is written. Doing it twice does no harm. */
	async write(spreadsheetId: string, data: readonly RangeWrite[]): Promise<void> {
		if (data.length === 0) return;
		await this.#call(spreadsheetId, "POST", "/values:batchUpdate", { valueInputOption: "RAW", data });
	}

	/**
	 * Adds rows behind the last row of a table. After an `unavailable` nobody knows whether they are there: read before
	 * adding them again.
	 */
	async append(spreadsheetId: string, range: string, values: Rows): Promise<void> {
		if (values.length === 0) return;
		const query = new URLSearchParams({ valueInputOption: "RAW", insertDataOption: "INSERT_ROWS" });
		await this.#call(spreadsheetId, "POST", `/values/${encodeURIComponent(range)}:append?${query}`, { values });
	}

	async #call(spreadsheetId: string, method: "GET" | "POST", path: string, body?: unknown): Promise<unknown> {
		const url = `${this.#baseUrl}/v4/spreadsheets/${encodeURIComponent(spreadsheetId)}${path}`;
		let response = await this.#request(url, method, body);
		if (response.status === 401) {
			// A token may be revoked before its time; a fresh one tells whether the key is good.
			await response.body?.cancel();
			this.#tokens.forget();
			response = await this.#request(url, method, body);
		}
		if (response.ok) return response.json();
		throw await SheetsError.ofResponse(
			response,
			response.status === 403
				? `The spreadsheet is not shared with ${this.email} as an editor`
				: "Google Sheets refuses the request",
		);
	}

	async #request(url: string, method: "GET" | "POST", body: unknown): Promise<Response> {
		const authorization = `Bearer ${await this.#tokens.token()}`;
		try {
			return await this.#fetch(url, {
				method,
				headers: { authorization, ...(body === undefined ? {} : { "content-type": "application/json" }) },
				...(body === undefined ? {} : { body: JSON.stringify(body) }),
				signal: AbortSignal.timeout(this.#timeoutMs),
			});
		} catch (error) {
			throw SheetsError.unreachable(url, error);
		}
	}

	#read<Schema extends z.ZodType>(schema: Schema, answer: unknown): z.infer<Schema> {
		const parsed = schema.safeParse(answer);
		if (parsed.success) return parsed.data;
		throw new SheetsError("unavailable", `Google Sheets answers in a form that is not known: ${parsed.error.message}`);
	}
}
