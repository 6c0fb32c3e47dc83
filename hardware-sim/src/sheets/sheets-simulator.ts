import { generateKeyPairSync, type KeyObject, type KeyPairKeyObjectResult, verify } from "node:crypto";
import type { Clock } from "@visionvend/sdk/clock";
import { type Random, randomId } from "@visionvend/sdk/random";
import { type Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { z } from "zod";
import { type A1Range, formatA1, parseA1 } from "./a1-range.ts";

export type Cell = string | number | boolean;

/** What goes wrong on the way. May be changed at any time. */
export interface SheetsFaults {
	/** An answer in place of the work: 429 or 503; `undefined`: none. */
	refuse?: ((method: string, path: string) => 429 | 500 | 503 | undefined) | undefined;
	/** The work is done, and its answer is lost. */
	dropAnswer?: ((method: string, path: string) => boolean) | undefined;
}

/** The answer never reached the caller. */
export class AnswerLost extends Error {}

const spreadsheetScope = "https://www.googleapis.com/auth/spreadsheets";
const tokenLivesSeconds = 3_600;

const cellsSchema = z.array(z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])));
const valuesSchema = z.object({ values: cellsSchema });
const batchSchema = z.object({
	valueInputOption: z.enum(["RAW", "USER_ENTERED"]),
	data: z.array(z.object({ range: z.string(), values: cellsSchema })),
});
const requestsSchema = z.object({
	requests: z.array(z.object({ addSheet: z.object({ properties: z.object({ title: z.string().min(1) }) }) })),
});
const assertionSchema = z.object({
	iss: z.string(),
	aud: z.string(),
	scope: z.string(),
	iat: z.int(),
	exp: z.int(),
});

class ApiError extends Error {
	readonly code: number;
	readonly status: string;

	constructor(code: number, status: string, message: string) {
		super(message);
		this.code = code;
		this.status = status;
	}
}

/** One sheet: what its owner sees. */
class Sheet {
	readonly title: string;
	readonly id: number;
	readonly cells: Cell[][] = [];

	constructor(title: string, id: number) {
		this.title = title;
		this.id = id;
	}

	get(row: number, column: number): Cell {
		return this.cells[row]?.[column] ?? "";
	}

	set(row: number, column: number, value: Cell): void {
		while (this.cells.length <= row) this.cells.push([]);
		const line = this.cells[row]!;
		while (line.length <= column) line.push("");
		line[column] = value;
	}
}

/**
 * Google's token endpoint and the part of the Sheets API v4 that a synchronisation uses, as documented: bearer tokens
 * for signed assertions (RFC 7523), sharing by e-mail address, A1 ranges, trailing blanks left out, quotas answered
 * with 429.
 */
export class SheetsSimulator {
	readonly faults: SheetsFaults = {};
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #publicKey: KeyObject;
	readonly #privateKey: string;
	readonly #spreadsheets = new Map<string, { readonly sheets: Sheet[]; readonly editors: Set<string> }>();
	readonly #tokens = new Map<string, { readonly email: string; readonly untilMs: number }>();
	readonly #app: Hono;
	/** Requests that were carried out, `METHOD path`. */
	readonly requests: string[] = [];

	/** `keys`: an RSA pair of the service account; a new one where not given. */
	constructor(options: { clock: Clock; random: Random; keys?: KeyPairKeyObjectResult | undefined }) {
		this.#clock = options.clock;
		this.#random = options.random;
		const { publicKey, privateKey } = options.keys ?? generateKeyPairSync("rsa", { modulusLength: 2048 });
		this.#publicKey = publicKey;
		this.#privateKey = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
		this.#app = this.#routes();
	}

	/** The key file that Google gives for a service account. */
	serviceAccount(email: string, tokenUri: string): Record<string, string> {
		return {
			type: "service_account",
			project_id: "visionvend-test",
			private_key_id: "4b1d",
			private_key: this.#privateKey,
			client_email: email,
			token_uri: tokenUri,
		};
	}

	/** A new spreadsheet with the given sheets, shared with `editors`. */
	addSpreadsheet(id: string, titles: readonly string[], editors: readonly string[]): void {
		this.#spreadsheets.set(id, {
			sheets: titles.map((title, index) => new Sheet(title, index)),
			editors: new Set(editors),
		});
	}

	/** The owner types into a cell; `reference` is A1 notation with a title. */
	type(spreadsheetId: string, reference: string, value: Cell): void {
		const { sheet, range } = this.#find(spreadsheetId, reference);
		sheet.set(range.firstRow, range.firstColumn, value);
	}

	/** What the owner sees in a range. */
	see(spreadsheetId: string, reference: string): Cell[][] {
		const { sheet, range } = this.#find(spreadsheetId, reference);
		return trimmed(sheet, range);
	}

	/** Every token that was given out stops working. */
	revokeTokens(): void {
		this.#tokens.clear();
	}

	/** A request of a client. Rejects with {@link AnswerLost} where the answer is lost. */
	readonly fetch: typeof fetch = async (input, init) => {
		const request = new Request(input, init);
		const { pathname } = new URL(request.url);
		const refused = this.faults.refuse?.(request.method, pathname);
		if (refused !== undefined) {
			const status = refused === 429 ? "RESOURCE_EXHAUSTED" : "UNAVAILABLE";
			return new Response(JSON.stringify({ error: { code: refused, message: "Quota exceeded.", status } }), {
				status: refused,
				headers: { "content-type": "application/json", "retry-after": "30" },
			});
		}
		const answer = await this.#app.fetch(request);
		if (this.faults.dropAnswer?.(request.method, pathname)) throw new AnswerLost("the answer was lost");
		return answer;
	};

	#routes(): Hono {
		const app = new Hono();
		app.onError((error, context) => {
			if (!(error instanceof ApiError)) throw error;
			const { code, message, status } = error;
			return context.json({ error: { code, message, status } }, contentful(code));
		});
		app.post("/token", (context) => this.#giveToken(context));
		app.use("/v4/*", async (context, next) => {
			this.requests.push(`${context.req.method} ${context.req.path}`);
			await next();
		});
		app.get("/v4/spreadsheets/:id", (context) => {
			const { sheets } = this.#open(context);
			return context.json({ sheets: sheets.map(({ title, id }) => ({ properties: { title, sheetId: id } })) });
		});
		// Custom methods stand behind a colon in the last segment of the path.
		app.post("/v4/spreadsheets/:call{[^/]+:batchUpdate}", (context) => this.#addSheets(context));
		app.get("/v4/spreadsheets/:id/values:batchGet", (context) => this.#batchGet(context));
		app.post("/v4/spreadsheets/:id/values:batchUpdate", (context) => this.#batchUpdate(context));
		app.post("/v4/spreadsheets/:id/values/:call{.+:append}", (context) => this.#append(context));
		return app;
	}

	async #giveToken(context: Context): Promise<Response> {
		const form = await context.req.parseBody();
		const refuse = (error: string, error_description: string) => context.json({ error, error_description }, 400);
		if (form.grant_type !== "urn:ietf:params:oauth:grant-type:jwt-bearer")
			return refuse("unsupported_grant_type", "Invalid grant_type");
		const [header = "", payload = "", signature = "", ...more] = String(form.assertion).split(".");
		const signed = Buffer.from(`${header}.${payload}`);
		const good =
			more.length === 0 && verify("RSA-SHA256", signed, this.#publicKey, Buffer.from(signature, "base64url"));
		if (!good) return refuse("invalid_grant", "Invalid JWT Signature.");
		const claims = assertionSchema.parse(JSON.parse(Buffer.from(payload, "base64url").toString("utf8")));
		const nowSeconds = Math.floor(this.#clock.now() / 1000);
		if (claims.aud !== context.req.url) return refuse("invalid_grant", "Invalid JWT: Failed audience check.");
		if (claims.exp <= nowSeconds || claims.iat > nowSeconds + 60 || claims.exp - claims.iat > 3_600)
			return refuse("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes).");
		if (!claims.scope.split(" ").includes(spreadsheetScope))
			return refuse("invalid_scope", "Invalid OAuth scope or ID token audience provided.");
		const access_token = `ya29.${randomId(this.#random)}`;
		this.#tokens.set(access_token, { email: claims.iss, untilMs: this.#clock.now() + tokenLivesSeconds * 1000 });
		return context.json({ access_token, expires_in: tokenLivesSeconds, token_type: "Bearer" });
	}

	async #addSheets(context: Context): Promise<Response> {
		const id = (context.req.param("call") ?? "").replace(/:batchUpdate$/, "");
		const { sheets } = this.#open(context, id);
		const { requests } = requestsSchema.parse(await context.req.json());
		for (const { addSheet } of requests) {
			const { title } = addSheet.properties;
			if (sheets.some((sheet) => sheet.title.toLowerCase() === title.toLowerCase())) {
				throw invalid(
					`Invalid requests[0].addSheet: A sheet with the name "${title}" already exists. Please enter another name.`,
				);
			}
			sheets.push(new Sheet(title, sheets.length));
		}
		return context.json({ spreadsheetId: id, replies: requests.map(() => ({})) });
	}

	#batchGet(context: Context): Response {
		const spreadsheet = this.#open(context);
		const ranges = context.req.queries("ranges") ?? [];
		const valueRanges = ranges.map((reference) => {
			const { sheet, range } = locate(spreadsheet.sheets, reference);
			const values = trimmed(sheet, range);
			const width = Math.max(0, ...values.map((row) => row.length));
			const told = formatA1(sheet.title, range.firstRow, range.firstColumn, values.length, width);
			return { range: told, majorDimension: "ROWS", ...(values.length === 0 ? {} : { values }) };
		});
		return context.json({ spreadsheetId: context.req.param("id"), valueRanges });
	}

	async #batchUpdate(context: Context): Promise<Response> {
		const spreadsheet = this.#open(context);
		const { data, valueInputOption } = batchSchema.parse(await context.req.json());
		// All ranges are checked before the first cell is written.
		const located = data.map(({ range, values }) => ({ ...locate(spreadsheet.sheets, range), values }));
		let totalUpdatedCells = 0;
		for (const { sheet, range, values } of located) {
			totalUpdatedCells += write(sheet, range.firstRow, range.firstColumn, values, valueInputOption);
		}
		return context.json({ spreadsheetId: context.req.param("id"), totalUpdatedCells });
	}

	async #append(context: Context): Promise<Response> {
		const spreadsheet = this.#open(context);
		const reference = (context.req.param("call") ?? "").replace(/:append$/, "");
		const { sheet, range } = locate(spreadsheet.sheets, reference);
		const option = context.req.query("valueInputOption");
		if (option !== "RAW" && option !== "USER_ENTERED") throw invalid("'valueInputOption' is required");
		const { values } = valuesSchema.parse(await context.req.json());
		const firstRow = lengthWithoutEnd(sheet.cells, (row) => row.every(isBlank));
		const updatedCells = write(sheet, firstRow, range.firstColumn, values, option);
		const width = Math.max(0, ...values.map((row) => row.length));
		const updatedRange = formatA1(sheet.title, firstRow, range.firstColumn, values.length, width);
		return context.json({ spreadsheetId: context.req.param("id"), updates: { updatedRange, updatedCells } });
	}

	#open(context: Context, id = context.req.param("id") ?? "") {
		const token = /^Bearer (.+)$/.exec(context.req.header("authorization") ?? "")?.[1] ?? "";
		const known = this.#tokens.get(token);
		if (known === undefined || known.untilMs <= this.#clock.now()) {
			throw new ApiError(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.");
		}
		const spreadsheet = this.#spreadsheets.get(id);
		if (spreadsheet === undefined) throw new ApiError(404, "NOT_FOUND", "Requested entity was not found.");
		if (!spreadsheet.editors.has(known.email)) {
			throw new ApiError(403, "PERMISSION_DENIED", "The caller does not have permission");
		}
		return spreadsheet;
	}

	#find(spreadsheetId: string, reference: string) {
		const spreadsheet = this.#spreadsheets.get(spreadsheetId);
		if (spreadsheet === undefined) throw new RangeError(`There is no spreadsheet ${spreadsheetId}.`);
		return locate(spreadsheet.sheets, reference);
	}
}

function invalid(message: string): ApiError {
	return new ApiError(400, "INVALID_ARGUMENT", message);
}

function contentful(code: number): ContentfulStatusCode {
	return code === 401 || code === 403 || code === 404 ? code : 400;
}

function locate(sheets: readonly Sheet[], reference: string): { sheet: Sheet; range: A1Range } {
	const range = parseA1(reference);
	const sheet = sheets.find(({ title }) => title.toLowerCase() === range?.title.toLowerCase());
	if (range === undefined || sheet === undefined) throw invalid(`Unable to parse range: ${reference}`);
	return { sheet, range };
}

/** How many are left without those at the end that are empty. */
function lengthWithoutEnd<T>(list: readonly T[], isEmpty: (item: T) => boolean): number {
	let length = list.length;
	while (length > 0 && isEmpty(list[length - 1]!)) length -= 1;
	return length;
}

function isBlank(cell: Cell): boolean {
	return cell === "";
}

/** Without the empty cells at the end of each row and the empty rows at the end. */
function trimmed(sheet: Sheet, range: A1Range): Cell[][] {
	const rows = sheet.cells
		.slice(range.firstRow, range.endRow)
		.map((row) => row.slice(range.firstColumn, range.endColumn))
		.map((row) => row.slice(0, lengthWithoutEnd(row, isBlank)));
	return rows.slice(
		0,
		lengthWithoutEnd(rows, (row) => row.length === 0),
	);
}

/** `null` leaves a cell as it is. */
function write(
	sheet: Sheet,
	firstRow: number,
	firstColumn: number,
	values: readonly (readonly (Cell | null)[])[],
	option: "RAW" | "USER_ENTERED",
): number {
	let written = 0;
	for (const [rowIndex, row] of values.entries()) {
		for (const [columnIndex, value] of row.entries()) {
			if (value === null) continue;
			// What a person would have typed is taken for a number where it looks like one; formulas are not modelled.
			const isNumber = option === "USER_ENTERED" && typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value);
			sheet.set(firstRow + rowIndex, firstColumn + columnIndex, isNumber ? Number(value) : value);
			written += 1;
		}
	}
	return written;
}
