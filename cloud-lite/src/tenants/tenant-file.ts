import { copyFile, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "@visionvend/sdk/clock";
import { encodeBase64url } from "@visionvend/sdk/device/text/base64url";
import type { Random } from "@visionvend/sdk/random";
import { z } from "zod";
import { type Database, openDatabase, type Reader, type Row, type Statement, type Value } from "../db/database.ts";
import { FileConnection } from "../db/file-connection.ts";
import { mustHaveNoLog } from "../db/log-beside.ts";
import { migrate } from "../db/migrate.ts";
import { UniqueViolation } from "../db/writer.ts";
import { type TenantTable, tenantTables } from "./tenant-tables.ts";

/**
 * What lets somebody in, and what stands there in a file without secrets: nothing, or, where a machine must have one, a
 * new one that nobody knows.
 */
export const secretColumns: Readonly<Record<string, "nothing" | "new">> = Object.freeze({
	"machine.secret": "new",
	"sale.client_secret": "nothing",
	"user.password_hash": "nothing",
});
/** Accounts with services: each row is a secret. */
export const secretTables: readonly string[] = Object.freeze(["notification_channel", "webhook_endpoint"]);

// Each page looks anew for what the tenant has: smaller ones take less memory and more time.
const rowsAPage = 10_000;
const busyTimeoutMs = 2_000;

/**
 * Writes all that a tenant has into a database file of its own, as it is at one moment. The file has the whole schema:
 * a cloud can serve it, and `importTenant` takes it.
 * @param secrets `kept`: the tenant can go on elsewhere, with machines and people as they are
 * @param encryptionKey of the new file, whatever key this cloud's own has
 * @throws Error when the path is taken, or there is no such tenant; no file is left then
 */
export async function exportTenant(options: {
	readonly database: Database;
	readonly clock: Clock;
	readonly random: Random;
	readonly tenantId: string;
	readonly path: string;
	readonly secrets: "kept" | "left out";
	readonly encryptionKey?: string | undefined;
}): Promise<void> {
	const { database, clock, random, tenantId, path, secrets, encryptionKey } = options;
	// For its owner only; what is there is not written over.
	await (await open(path, "wx", 0o600)).close();
	const file = new FileConnection(path, { busyTimeoutMs, encryptionKey });
	try {
		// Nobody counts on the file before it is whole; it is flushed once, at the end.
		file.query("PRAGMA journal_mode = MEMORY", []);
		file.execute("PRAGMA synchronous = OFF");
		await migrate({ read: (sql, args = []) => file.read(sql, args), write: (each) => file.commit(each) }, clock);
		const triggers = await triggersOf(database);
		// A new database has one tenant; this one has another.
		await file.commit([...triggers.off, { sql: "DELETE FROM tenant" }]);
		await database.snapshot(async (reader) => {
			const tables = (await tenantTables(reader)).filter(
				({ name }) => secrets === "kept" || !secretTables.includes(name),
			);
			const shifts = await shiftsOf(reader, tables, tenantId, new Map());
			for (const table of tables) {
				let count = 0;
				for await (const rows of pagesOf(reader, table, tenantId)) {
					const written = secrets === "kept" ? rows : rows.map((row) => withoutSecrets(table.name, row, random));
					await file.commit(written.map((row) => insertion(table, row, shifts)));
					count += rows.length;
					// Files are read and written in place; whoever asks the service meanwhile has a turn.
					await nextTurn();
				}
				if (table.name === "tenant" && count === 0) throw new Error(`there is no tenant ${tenantId}`);
			}
		});
		await file.commit(triggers.on);
	} catch (error) {
		file.close();
		await rm(path, { force: true });
		throw error;
	}
	file.close();
	await flush(path);
}

async function flush(path: string): Promise<void> {
	const handle = await open(path, "r");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}

/** What was taken in: the tenant, and how many rows with it. */
export interface ImportedTenant {
	readonly id: string;
	readonly name: string;
	readonly rows: number;
}

/**
 * Takes the tenant of a file in, in one commit; the file stays as it is. Ids stay as they are. Numbers that count within
 * one database get places before everything that is there, so nothing that happened is told again.
 * @throws Error when the file is no such file, has sales under way, several tenants, or somebody who would rule others, or
 * when something of it is here already; nothing is written then
 */
export async function importTenant(options: {
	readonly database: Database;
	readonly clock: Clock;
	readonly path: string;
	readonly encryptionKey?: string | undefined;
}): Promise<ImportedTenant> {
	const { database, clock, path, encryptionKey } = options;
	mustHaveNoLog(path);
	const folder = await mkdtemp(join(tmpdir(), "visionvend-tenant-"));
	try {
		const copy = join(folder, "tenant.db");
		await copyFile(path, copy);
		const file = await openDatabase(`file:${copy}`, "process-crash", encryptionKey);
		try {
			await migrate(file, clock);
			return await takeIn(database, file);
		} finally {
			file.close();
		}
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

const tenantSchema = z.object({ id: z.string(), name: z.string() });
const saleSchema = z.object({ id: z.string() });

async function takeIn(database: Database, file: Reader): Promise<ImportedTenant> {
	const found = z.array(tenantSchema).parse(await file.read("SELECT id, name FROM tenant"));
	const [tenant] = found;
	if (tenant === undefined || found.length > 1) {
		throw new Error(`the file has ${found.length} tenants; take one that "tenant export" wrote, with one in it`);
	}
	const [sale] = await file.read(
		`SELECT id FROM sale WHERE state NOT IN ('captured', 'cancelled', 'review') OR hold_state = 'held'
			UNION SELECT sale_id FROM payment_operation WHERE state = 'pending' LIMIT 1`,
	);
	if (sale) {
		throw new Error(
			`sale ${saleSchema.parse(sale).id} is under way in this file, and two clouds must not both end it: put the machines into maintenance, wait for their sales, and export again`,
		);
	}
	await mustRuleNobodyElse(database, file, tenant.id);
	const tables = await tenantTables(file);
	for (const { name, where } of tables) {
		if (name === "tenant") continue;
		const [row] = await database.read(`SELECT 1 FROM "${name}" WHERE ${where} LIMIT 1`, [tenant.id]);
		if (row) throw new Error(`there is a tenant ${tenant.id} here already, and it has rows in ${name}`);
	}
	const lowest = new Map<string, number>();
	for (const { name, numbers } of tables) {
		for (const column of keysOf(name, numbers)) {
			const [row] = await database.read(`SELECT MIN("${column}") AS place FROM "${name}"`);
			lowest.set(name, placeSchema.parse(row).place ?? 0);
		}
	}
	const shifts = await shiftsOf(file, tables, tenant.id, lowest);
	const triggers = await triggersOf(database);
	const rows: Statement[] = [];
	for (const table of tables) {
		for await (const page of pagesOf(file, table, tenant.id)) {
			for (const row of page) rows.push(insertion(table, row, shifts));
		}
	}
	// A tenant that has nothing, such as a new cloud's only one, makes room.
	const room = { sql: "DELETE FROM tenant WHERE id = ?", args: [tenant.id] };
	try {
		await database.write([...triggers.off, room, ...rows, ...triggers.on]);
	} catch (error) {
		if (error instanceof UniqueViolation) throw new Error(await conflictOf(database, file, error), { cause: error });
		throw error;
	}
	return { ...tenant, rows: rows.length };
}

const rulerSchema = z.object({ name: z.string() });

/** A file may have been changed since it was written: in a cloud that serves others, nobody in it comes to rule them. */
async function mustRuleNobodyElse(database: Reader, file: Reader, tenantId: string): Promise<void> {
	const [other] = await database.read("SELECT 1 FROM user WHERE tenant_id <> ? LIMIT 1", [tenantId]);
	if (!other) return;
	const [ruler] = await file.read(
		`SELECT email AS name FROM user WHERE role = 'platform' OR permissions LIKE '%:platform%'
			UNION SELECT name FROM api_key WHERE scopes LIKE '%:platform%' LIMIT 1`,
	);
	if (!ruler) return;
	throw new Error(
		`not taken in: ${JSON.stringify(rulerSchema.parse(ruler).name)} may rule all tenants by what the file says, and there are others here: make it an admin's, and export again`,
	);
}

/** Names what is here already, for a person. */
async function conflictOf(database: Reader, file: Reader, { columns }: UniqueViolation): Promise<string> {
	const [, table, column] = /^(\w+)\.(\w+)$/.exec(columns) ?? [];
	if (table === undefined || column === undefined) return `not taken in: ${columns} is here already`;
	const values = await file.read(`SELECT "${column}" AS value FROM "${table}"`);
	const [row] = await database.read(
		`SELECT "${column}" AS value FROM "${table}" WHERE "${column}" IN (SELECT value FROM json_each(?)) LIMIT 1`,
		[JSON.stringify(values.map(({ value }) => value))],
	);
	return `not taken in: there is a ${table} here already whose ${column} is ${String(row?.value)}`;
}

const triggerSchema = z.object({ name: z.string(), sql: z.string() });

/** Rows are copied with all that triggers made of them, so those rest meanwhile. */
async function triggersOf(reader: Reader): Promise<{ readonly off: Statement[]; readonly on: Statement[] }> {
	// `must` is a view; its trigger is the guard of other batches.
	const rows = await reader.read(
		"SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name <> 'must' ORDER BY name",
	);
	const triggers = z.array(triggerSchema).parse(rows);
	return {
		off: triggers.map(({ name }) => ({ sql: `DROP TRIGGER "${name}"` })),
		on: triggers.map(({ sql }) => ({ sql })),
	};
}

const placeSchema = z.object({ place: z.int().nullable() });

/** How far the numbers of each table move, so that all of them come before the lowest of the target, and before 1. */
async function shiftsOf(
	source: Reader,
	tables: readonly TenantTable[],
	tenantId: string,
	lowest: ReadonlyMap<string, number>,
): Promise<Map<string, number>> {
	const shifts = new Map<string, number>();
	for (const { name, where, numbers } of tables) {
		for (const column of keysOf(name, numbers)) {
			const [row] = await source.read(`SELECT MAX("${column}") AS place FROM "${name}" WHERE ${where}`, [tenantId]);
			shifts.set(name, Math.min(0, (lowest.get(name) ?? 1) - 1) - (placeSchema.parse(row).place ?? 0));
		}
	}
	return shifts;
}

/** The columns of a table that hold its own numbers: one or none. */
function keysOf(name: string, numbers: TenantTable["numbers"]): string[] {
	return Object.keys(numbers).filter((column) => numbers[column] === name);
}

/** The tenant's rows in the order of their keys, some at a time. */
async function* pagesOf(
	reader: Reader,
	{ name, columns, keys, where }: TenantTable,
	tenantId: string,
): AsyncGenerator<Row[]> {
	const key = quoted(keys);
	const follows = `(${key}) > (${keys.map((_, index) => `?${index + 2}`).join(", ")})`;
	for (let last: Row | undefined; ; ) {
		const sql = `SELECT ${quoted(columns)} FROM "${name}" WHERE (${where}) ${last ? `AND ${follows}` : ""}
			ORDER BY ${key} LIMIT ${rowsAPage}`;
		const seen = last;
		const rows = await reader.read(sql, [tenantId, ...(seen ? keys.map((column) => valueRead(seen[column])) : [])]);
		if (rows.length > 0) yield rows;
		if (rows.length < rowsAPage) return;
		last = rows.at(-1);
	}
}

function insertion(table: TenantTable, row: Row, shifts: ReadonlyMap<string, number>): Statement {
	const { name, columns, numbers } = table;
	return {
		sql: `INSERT INTO "${name}" (${quoted(columns)}) VALUES (${columns.map(() => "?").join(", ")})`,
		args: columns.map((column) => {
			const value = valueRead(row[column]);
			const holds = numbers[column];
			return typeof value === "number" && holds !== undefined ? value + (shifts.get(holds) ?? 0) : value;
		}),
	};
}

/** A value as it was read, as it is written. @throws TypeError for what no column of ours holds */
function valueRead(read: unknown): Value {
	if (typeof read === "string" || typeof read === "number" || read === null) return read;
	if (read instanceof ArrayBuffer) return new Uint8Array(read);
	throw new TypeError(`a column holds ${typeof read}`);
}

function withoutSecrets(table: string, row: Row, random: Random): Row {
	return Object.fromEntries(
		Object.entries(row).map(([column, value]) => {
			const instead = secretColumns[`${table}.${column}`];
			if (instead === undefined) return [column, value];
			return [column, instead === "new" ? encodeBase64url(random(32)) : null];
		}),
	);
}

function quoted(columns: readonly string[]): string {
	return columns.map((column) => `"${column}"`).join(", ");
}
