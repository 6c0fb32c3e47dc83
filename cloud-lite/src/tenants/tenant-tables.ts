import { z } from "zod";
import type { Reader } from "../db/database.ts";

/** Tables that do not go with a tenant, and why. */
export const staysBehind: Readonly<Record<string, string>> = Object.freeze({
	announced: "how far this cloud has told what happened",
	delivery: "what this cloud told, or still has to tell",
	finding: "where this cloud's books and a provider's differ",
	firmware: "images by their hash, of no tenant",
	idempotency: "answers for repetitions within a day",
	idempotent_request: "answers for repetitions within a day, sealed under this cloud's secret",
	login_session: "logins at this cloud",
	machine_claim: "codes that live a few minutes",
	outbox: "messages that this cloud sends",
	provider_event: "events that a provider told this cloud",
	push_subscription: "browsers that know this cloud's key",
	reconciliation_run: "when this cloud compared its books",
	refresh_token: "logins at this cloud",
	schema_migration: "which version wrote the file",
});

/** How the rows of one tenant are found in a table. */
export interface TenantTable {
	readonly name: string;
	readonly columns: readonly string[];
	/** The columns of its primary key, in the key's order. */
	readonly keys: readonly string[];
	/** Holds for the tenant's rows; binds the tenant as `?1`. */
	readonly where: string;
	/** Columns of numbers that count within one database, each with the table whose key it holds. */
	readonly numbers: Readonly<Record<string, string>>;
}

const tableSchema = z.object({ name: z.string() });
const columnSchema = z.object({ name: z.string(), type: z.string(), pk: z.int() });
const referenceSchema = z.object({ table: z.string(), from: z.string(), to: z.string() });

/** The line of the history up to which a spreadsheet has the sales; no foreign key says so. */
const salesPosition = { table: "sheet_link", column: "sales_position", holds: "sale_event" };

/**
 * Every table with rows of tenants, as the schema says: those with a `tenant_id`, and those that point to one of them.
 * Whoever is pointed to comes first.
 */
export async function tenantTables(reader: Reader): Promise<TenantTable[]> {
	const rows = await reader.read(
		"SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
	);
	const waiting = new Map<string, Schema>();
	for (const { name } of z.array(tableSchema).parse(rows)) {
		if (staysBehind[name] === undefined) waiting.set(name, await schemaOf(reader, name));
	}
	const found = new Map<string, TenantTable>();
	for (let before = -1; found.size > before; ) {
		before = found.size;
		for (const [name, schema] of waiting) {
			// What points to a table that has to come first waits for it.
			if (schema.references.some(({ table }) => table !== name && waiting.has(table))) continue;
			waiting.delete(name);
			const table = tenantTable(name, schema, found);
			if (table) found.set(name, table);
		}
	}
	return [...found.values()];
}

interface Schema {
	readonly columns: readonly z.infer<typeof columnSchema>[];
	readonly references: readonly z.infer<typeof referenceSchema>[];
}

async function schemaOf(reader: Reader, name: string): Promise<Schema> {
	const columns = await reader.read("SELECT name, type, pk FROM pragma_table_info(?)", [name]);
	const references = await reader.read(`SELECT "table", "from", "to" FROM pragma_foreign_key_list(?)`, [name]);
	return { columns: z.array(columnSchema).parse(columns), references: z.array(referenceSchema).parse(references) };
}

function tenantTable(
	name: string,
	{ columns, references }: Schema,
	found: ReadonlyMap<string, TenantTable>,
): TenantTable | undefined {
	const where = ownership(name, columns, references, found);
	if (where === undefined) return undefined;
	const numbers: Record<string, string> = {};
	const keys = columns.filter(({ pk }) => pk > 0).sort((one, other) => one.pk - other.pk);
	const [key] = keys;
	if (keys.length === 1 && key?.type === "INTEGER") numbers[key.name] = name;
	for (const { table, from, to } of references) {
		const holds = found.get(table)?.numbers[to];
		if (holds !== undefined) numbers[from] = holds;
	}
	if (name === salesPosition.table) numbers[salesPosition.column] = salesPosition.holds;
	const namesOf = (some: typeof columns): string[] => some.map((column) => column.name);
	return { name, columns: namesOf(columns), keys: namesOf(keys), where, numbers };
}

function ownership(
	name: string,
	columns: Schema["columns"],
	references: Schema["references"],
	found: ReadonlyMap<string, TenantTable>,
): string | undefined {
	if (name === "tenant") return "id = ?1";
	if (columns.some((column) => column.name === "tenant_id")) return "tenant_id = ?1";
	for (const { table, from, to } of references) {
		const parent = found.get(table);
		if (parent) return `"${from}" IN (SELECT "${to}" FROM "${table}" WHERE ${parent.where})`;
	}
	return undefined;
}
