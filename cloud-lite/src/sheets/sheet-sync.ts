import type { Clock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import type { TaskTracker } from "@visionvend/sdk/task-tracker";
import type { Database } from "../db/database.ts";
import { Problem } from "../http/problem.ts";
import { DueWork } from "../outbox/due-work.ts";
import { type Conflict, planSync, type Resolution, type SyncPlan } from "./plan-sync.ts";
import { logSales } from "./sales-log.ts";
import { productColumns, productsTitle, type RefusedChange, type SheetCatalogue } from "./sheet-catalogue.ts";
import type { SheetLink, SheetLinks } from "./sheet-link.ts";
import {
	type Columns,
	cellOf,
	columnLetter,
	type Fields,
	rangeOf,
	readTable,
	type SheetTable,
	titleRow,
	writesOf,
} from "./sheet-table.ts";
import type { Cell, SheetsClient } from "./sheets-client.ts";
import { SheetsError } from "./sheets-error.ts";

/** What a synchronisation did, or would do. */
export interface SyncReport extends Pick<SyncPlan, "toUs" | "toSheet" | "conflicts" | "goneFromSheet"> {
	readonly dryRun: boolean;
	/** Cells that could not be read; nothing of their rows was used. */
	readonly errors: SheetTable["errors"];
	/** Rows that the owner typed and the catalogue does not take. */
	readonly refused: readonly RefusedChange[];
	readonly salesAdded: number;
}

/** Chooses who wins conflicts; `undefined` leaves one open. */
export type Resolve = (conflict: Conflict) => Resolution | undefined;

const whenNothingIsDueMs = 60_000;

/** Keeps tenants' spreadsheets and catalogues alike, when asked and every five minutes. */
export class SheetSync {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #client: SheetsClient | undefined;
	readonly #links: SheetLinks;
	readonly #catalogue: SheetCatalogue;
	readonly #log: Log;
	readonly #work: DueWork;

	/** `client` undefined: no service account, spreadsheets are off. */
	constructor(options: {
		database: Database;
		clock: Clock;
		client: SheetsClient | undefined;
		links: SheetLinks;
		catalogue: SheetCatalogue;
		tracker: TaskTracker;
		log: Log;
		onError: (error: unknown) => void;
	}) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#client = options.client;
		this.#links = options.links;
		this.#catalogue = options.catalogue;
		this.#log = options.log;
		this.#work = new DueWork({ ...options, work: () => this.#syncDue() });
	}

	/** Whom owners share their spreadsheets with; `undefined`: spreadsheets are off. */
	get email(): string | undefined {
		return this.#client?.email;
	}

	/** Begins to synchronise by itself, where there is a service account. */
	start(): void {
		if (this.#client) this.#work.kick();
	}

	close(): void {
		this.#work.close();
	}

	/** @throws Problem 404 without a link, 409 while it is under way, 422 when the sheet cannot be used, 503 later */
	async sync(tenantId: string, { dryRun, resolve }: { dryRun: boolean; resolve?: Resolve }): Promise<SyncReport> {
		const client = this.#client;
		if (!client) throw sheetsOff();
		const link = await this.#links.find(tenantId);
		if (!link) throw new Problem(404, "sheet_unlinked", "No spreadsheet is connected; PUT /api/v1/sheets/link.");
		if (!(await this.#links.lease(tenantId))) {
			throw new Problem(409, "sync_under_way", "The spreadsheet is being synchronised; try again in a minute.");
		}
		let error: string | null = "the synchronisation was cut off";
		try {
			const report = await this.#run(client, link, dryRun, resolve);
			error = null;
			return report;
		} catch (thrown) {
			const problem = problemOf(thrown);
			error = problem.message;
			throw problem;
		} finally {
			await this.#links.release(tenantId, dryRun ? undefined : { error });
		}
	}

	async #syncDue(): Promise<number> {
		const { tenantIds, nextAtMs } = await this.#links.due();
		for (const tenantId of tenantIds) {
			try {
				await this.sync(tenantId, { dryRun: false });
			} catch (error) {
				// What the owner can mend stands in the link; the others' spreadsheets do not wait for it.
				if (!(error instanceof Problem)) throw error;
				const { message } = error;
				this.#log({ level: "warn", room: "cloud", event: "sheet.failed", tenantId, message });
			}
		}
		return Math.min(nextAtMs ?? Number.POSITIVE_INFINITY, this.#clock.now() + whenNothingIsDueMs);
	}

	async #run(
		client: SheetsClient,
		link: SheetLink,
		dryRun: boolean,
		resolve: Resolve | undefined,
	): Promise<SyncReport> {
		const { tenantId, spreadsheetId, currency } = link;
		const columns = productColumns(currency);
		const sheets = await client.titles(spreadsheetId);
		const isNew = !sheets.includes(productsTitle);
		if (isNew && !dryRun) {
			await client.addSheet(spreadsheetId, productsTitle);
			await client.write(spreadsheetId, [{ range: rangeOf(productsTitle, "A1"), values: [titleRow(columns)] }]);
		}
		const [rows = []] = isNew ? [] : await client.read(spreadsheetId, [rangeOf(productsTitle)]);
		const table = readTable(productsTitle, columns, isNew ? [titleRow(columns)] : rows);
		const before = await this.#links.agreed(tenantId);
		const plan = planSync({
			columns,
			agreed: before,
			sheet: table,
			ours: await this.#catalogue.rows(tenantId, currency),
			resolve,
		});
		const { toUs, toSheet, conflicts, goneFromSheet } = plan;
		const report = { dryRun, toUs, toSheet, conflicts, goneFromSheet, errors: table.errors };
		if (dryRun) return { ...report, refused: [], salesAdded: 0 };

		// Ours first: what was typed is safe before anything is written over. Cut off anywhere, the next synchronisation
		// finds both sides alike and agrees.
		const refused = await this.#catalogue.apply(tenantId, currency, toUs);
		const isRefused = (key: string) => refused.some((change) => change.key === key);
		await this.#write(
			client,
			spreadsheetId,
			table,
			columns,
			toSheet.filter(({ key }) => !isRefused(key)),
		);
		await this.#links.agree(tenantId, new Map([...plan.agreed].filter(([key]) => !isRefused(key))));
		const { added, position } = await logSales({ database: this.#database, client, link, sheets });
		if (position !== link.salesPosition) await this.#links.logged(tenantId, position);
		return { ...report, refused, salesAdded: added };
	}

	async #write(
		client: SheetsClient,
		spreadsheetId: string,
		table: SheetTable,
		columns: Columns,
		changes: SyncPlan["toSheet"],
	): Promise<void> {
		const numbers = new Map(table.rows.map(({ key, number }) => [key, number]));
		const typed = changes.map(({ key, changes: fields }) => ({
			number: numbers.get(key),
			fields: Object.fromEntries(fields.flatMap(({ field, to }) => (to === undefined ? [] : [[field, to]]))),
		}));
		await client.write(
			spreadsheetId,
			typed.flatMap(({ number, fields }) => (number === undefined ? [] : writesOf(table, columns, number, fields))),
		);
		await client.append(
			spreadsheetId,
			rangeOf(productsTitle, "A1"),
			typed.filter(({ number }) => number === undefined).map(({ fields }) => newRow(table, columns, fields)),
		);
	}
}

/** A row in the order of the owner's columns; what is the owner's own stays empty. */
function newRow(table: SheetTable, columns: Columns, fields: Fields): Cell[] {
	const row: Cell[] = [];
	const places = new Map([...table.letters].map(([field, letter]) => [letter, field]));
	for (let index = 0; places.size > 0; index += 1) {
		const letter = columnLetter(index);
		const column = columns.find(({ field }) => field === places.get(letter));
		row.push(column === undefined ? "" : cellOf(fields[column.field], column));
		places.delete(letter);
	}
	return row;
}

/** Without a service account nothing can be read. */
export function sheetsOff(): Problem {
	return new Problem(503, "sheets_off", "Spreadsheets are off: the operator has set no GOOGLE_SERVICE_ACCOUNT_FILE.");
}

function problemOf(error: unknown): Problem {
	if (error instanceof Problem) return error;
	if (error instanceof RangeError) return new Problem(422, "sheet_unusable", error.message);
	if (!(error instanceof SheetsError)) throw error;
	switch (error.kind) {
		case "forbidden":
		case "missing":
		case "invalid":
			return new Problem(422, "sheet_unusable", error.message);
		case "unauthorised":
		case "unavailable": {
			const wait =
				error.retryAfterMs === undefined ? {} : { "retry-after": String(Math.ceil(error.retryAfterMs / 1_000)) };
			return new Problem(503, "sheets_unavailable", error.message, {}, wait);
		}
	}
}
