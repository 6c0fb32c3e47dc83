import type { Clock } from "@visionvend/sdk/clock";
import { z } from "zod";
import { type Database, mustHaveChanged, type Statement } from "../db/database.ts";
import { GuardFailed } from "../db/writer.ts";
import type { Fields } from "./sheet-table.ts";

const rowSchema = z.object({
	tenant_id: z.string(),
	spreadsheet_id: z.string(),
	currency: z.string(),
	enabled: z.int(),
	sales_position: z.int(),
	synced_at_ms: z.int().nullable(),
	last_error: z.string().nullable(),
	version: z.int(),
});
const agreedSchema = z.object({ key: z.string(), fields: z.string() });
const fieldsSchema = z.record(z.string(), z.union([z.string(), z.number()]));
const dueSchema = z.object({ tenant_id: z.string(), at: z.int() });

/** A tenant's spreadsheet. */
export interface SheetLink {
	readonly tenantId: string;
	readonly spreadsheetId: string;
	/** ISO 4217 in lower case: what the prices are in. */
	readonly currency: string;
	/** Whether it is synchronised by itself. */
	readonly enabled: boolean;
	readonly salesPosition: number;
	readonly syncedAtMs: number | null;
	readonly lastError: string | null;
	readonly version: number;
}

/** How often a spreadsheet is synchronised by itself. */
const everyMs = 5 * 60_000;
// Longer than the slowest synchronisation: a few requests of 20 s each.
const leaseMs = 300_000;

/** Which tenants have a spreadsheet, and what was agreed with it. */
export class SheetLinks {
	readonly #database: Database;
	readonly #clock: Clock;

	constructor(options: { database: Database; clock: Clock }) {
		this.#database = options.database;
		this.#clock = options.clock;
	}

	async find(tenantId: string): Promise<SheetLink | undefined> {
		const [row] = await this.#database.read("SELECT * FROM sheet_link WHERE tenant_id = ?", [tenantId]);
		if (!row) return undefined;
		const columns = rowSchema.parse(row);
		return {
			tenantId: columns.tenant_id,
			spreadsheetId: columns.spreadsheet_id,
			currency: columns.currency,
			enabled: columns.enabled === 1,
			salesPosition: columns.sales_position,
			syncedAtMs: columns.synced_at_ms,
			lastError: columns.last_error,
			version: columns.version,
		};
	}

	/** Another spreadsheet begins anew: nothing is agreed, and only sales from now on are logged. */
	async put(tenantId: string, link: Pick<SheetLink, "spreadsheetId" | "currency" | "enabled">): Promise<void> {
		const { spreadsheetId, currency, enabled } = link;
		const before = await this.find(tenantId);
		const isAnother = before?.spreadsheetId !== spreadsheetId || before.currency !== currency;
		await this.#database.write([
			...(isAnother ? [this.#forget(tenantId)] : []),
			{
				sql: `INSERT INTO sheet_link (tenant_id, spreadsheet_id, currency, enabled, due_at_ms, sales_position)
					SELECT ?1, ?2, ?3, ?4, ?5, COALESCE(MAX(id), 0) FROM sale_event WHERE TRUE
					ON CONFLICT (tenant_id) DO UPDATE SET spreadsheet_id = excluded.spreadsheet_id,
						currency = excluded.currency, enabled = excluded.enabled, due_at_ms = excluded.due_at_ms,
						sales_position = CASE WHEN spreadsheet_id = excluded.spreadsheet_id THEN sales_position
							ELSE excluded.sales_position END,
						last_error = NULL, version = version + 1`,
				args: [tenantId, spreadsheetId, currency, enabled ? 1 : 0, this.#clock.now()],
			},
		]);
	}

	/** The spreadsheet stays; nothing goes there any more. */
	async remove(tenantId: string): Promise<void> {
		await this.#database.write([
			this.#forget(tenantId),
			{ sql: "DELETE FROM sheet_link WHERE tenant_id = ?", args: [tenantId] },
		]);
	}

	/** Takes it for whoever asks. @returns false while somebody else has it */
	async lease(tenantId: string): Promise<boolean> {
		const nowMs = this.#clock.now();
		try {
			await this.#database.write([
				{
					sql: "UPDATE sheet_link SET leased_until_ms = ? WHERE tenant_id = ? AND leased_until_ms <= ?",
					args: [nowMs + leaseMs, tenantId, nowMs],
				},
				mustHaveChanged(`nobody else synchronises the spreadsheet of ${tenantId}`),
			]);
			return true;
		} catch (error) {
			if (error instanceof GuardFailed) return false;
			throw error;
		}
	}

	/** Gives it back, with what became of it; `undefined`: it was only looked at. */
	async release(tenantId: string, outcome: { readonly error: string | null } | undefined): Promise<void> {
		const nowMs = this.#clock.now();
		await this.#database.write([
			outcome === undefined
				? { sql: "UPDATE sheet_link SET leased_until_ms = 0 WHERE tenant_id = ?", args: [tenantId] }
				: {
						sql: `UPDATE sheet_link SET leased_until_ms = 0, due_at_ms = ?1, last_error = ?2,
								synced_at_ms = CASE WHEN ?2 IS NULL THEN ?3 ELSE synced_at_ms END WHERE tenant_id = ?4`,
						args: [nowMs + everyMs, outcome.error, nowMs, tenantId],
					},
		]);
	}

	/** Tenants whose spreadsheet is due, and when the next one is. */
	async due(): Promise<{ readonly tenantIds: readonly string[]; readonly nextAtMs: number | undefined }> {
		const nowMs = this.#clock.now();
		const rows = await this.#database.read(
			`SELECT tenant_id, MAX(due_at_ms, leased_until_ms) AS at FROM sheet_link WHERE enabled = 1 ORDER BY at, tenant_id`,
		);
		const links = rows.map((row) => dueSchema.parse(row));
		return {
			tenantIds: links.filter(({ at }) => at <= nowMs).map(({ tenant_id }) => tenant_id),
			nextAtMs: links.find(({ at }) => at > nowMs)?.at,
		};
	}

	/** What both sides last agreed on, by key. */
	async agreed(tenantId: string): Promise<Map<string, Fields>> {
		const rows = await this.#database.read("SELECT key, fields FROM sheet_agreed WHERE tenant_id = ?", [tenantId]);
		return new Map(
			rows
				.map((row) => agreedSchema.parse(row))
				.map(({ key, fields }) => [key, fieldsSchema.parse(JSON.parse(fields))]),
		);
	}

	async agree(tenantId: string, rows: ReadonlyMap<string, Fields>): Promise<void> {
		const before = await this.agreed(tenantId);
		const statements = [...rows].flatMap(([key, fields]): Statement[] => {
			const text = JSON.stringify(fields);
			if (JSON.stringify(before.get(key)) === text) return [];
			return [
				{
					sql: `INSERT INTO sheet_agreed (tenant_id, key, fields) VALUES (?, ?, ?)
						ON CONFLICT (tenant_id, key) DO UPDATE SET fields = excluded.fields`,
					args: [tenantId, key, text],
				},
			];
		});
		if (statements.length > 0) await this.#database.write(statements);
	}

	/** Sales up to this line of their history stand in the spreadsheet. */
	async logged(tenantId: string, position: number): Promise<void> {
		await this.#database.write([
			{ sql: "UPDATE sheet_link SET sales_position = ? WHERE tenant_id = ?", args: [position, tenantId] },
		]);
	}

	#forget(tenantId: string): Statement {
		return { sql: "DELETE FROM sheet_agreed WHERE tenant_id = ?", args: [tenantId] };
	}
}
