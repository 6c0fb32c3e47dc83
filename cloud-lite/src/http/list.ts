import { z } from "@hono/zod-openapi";
import type { Database, Row, Value } from "../db/database.ts";
import { Problem } from "./problem.ts";

/** What every list takes: pages by number, or one after the other by cursor. */
export const listQuerySchema = z.object({
	limit: z.coerce.number().int().min(1).max(200).default(50).openapi({ description: "How many at most" }),
	cursor: z.string().max(1_024).optional().openapi({
		description: "`meta.nextCursor` of the answer before; sees every row once, whatever is added meanwhile",
	}),
	page: z.coerce
		.number()
		.int()
		.min(1)
		.max(1_000_000)
		.optional()
		.openapi({ description: "Counts from 1; the answer then says how many rows there are in all. Not with cursor" }),
});
export type ListQuery = z.infer<typeof listQuerySchema>;

export const listMetaSchema = z.object({
	nextCursor: z.string().nullable().openapi({ description: "For the rows that follow; null at the end" }),
	page: z.int().optional(),
	total: z.int().optional(),
});

export interface Page<Item> {
	readonly items: Item[];
	readonly meta: z.infer<typeof listMetaSchema>;
}

export interface ListOrder {
	/** Columns of the select that name a row and put it in its place; the last one is unique. None may be NULL. */
	readonly key: readonly [string, ...string[]];
	/** Newest first unless `asc`. */
	readonly direction?: "asc" | "desc";
}

export function orderBy({ key, direction = "desc" }: ListOrder): string {
	return `ORDER BY ${key.map((column) => `${column} ${direction}`).join(", ")}`;
}

export interface ListSource extends ListOrder {
	/** A SELECT without ORDER BY and LIMIT that binds the tenant. */
	readonly sql: string;
	readonly args: readonly Value[];
}

const cursorSchema = z.array(z.union([z.string(), z.number()]));

/** Reads one page. `view` makes of a row what the API shows. @throws Problem 422 when the cursor is none of this list's */
export async function readList<Item>(
	database: Pick<Database, "read">,
	source: ListSource,
	query: ListQuery,
	view: (row: Row) => Item,
): Promise<Page<Item>> {
	const { sql, args, key, direction = "desc" } = source;
	const { limit, cursor, page } = query;
	if (cursor !== undefined && page !== undefined) {
		throw new Problem(422, "cursor_and_page", "Send cursor or page, not both.");
	}
	const after = cursor === undefined ? undefined : parseCursor(cursor, key.length);
	const comparison = direction === "asc" ? ">" : "<";
	const where = after ? `WHERE (${key.join(", ")}) ${comparison} (${key.map(() => "?").join(", ")})` : "";
	// One more than asked for tells whether there is another page.
	const rows = await database.read(`SELECT * FROM (${sql}) ${where} ${orderBy(source)} LIMIT ? OFFSET ?`, [
		...args,
		...(after ?? []),
		limit + 1,
		page === undefined ? 0 : (page - 1) * limit,
	]);
	const last = rows.length > limit ? rows[limit - 1] : undefined;
	const nextCursor = last ? cursorOf(last, key) : null;
	const items = rows.slice(0, limit).map(view);
	if (page === undefined) return { items, meta: { nextCursor } };
	const [count] = await database.read(`SELECT COUNT(*) AS total FROM (${sql})`, args);
	const { total } = z.object({ total: z.int() }).parse(count);
	return { items, meta: { nextCursor, page, total } };
}

function cursorOf(row: Row, key: readonly string[]): string {
	return Buffer.from(JSON.stringify(key.map((column) => row[column]))).toString("base64url");
}

function parseCursor(cursor: string, length: number): (string | number)[] {
	try {
		const values = cursorSchema.length(length).parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
		return values;
	} catch (error) {
		if (!(error instanceof SyntaxError || error instanceof z.ZodError)) throw error;
		throw new Problem(422, "cursor_invalid", "The cursor is none of this list's; begin again without one.");
	}
}
