import { type ListOrder, type ListQuery, orderBy, type Page, readList } from "../http/list.ts";
import { Problem } from "../http/problem.ts";
import type { Database, Row } from "./database.ts";

export interface TenantRowsKind<Item> extends ListOrder {
	/** What people call one: `API key`; the code of its 404 is then `api_key_unknown`. */
	readonly noun: string;
	/** A SELECT without ORDER BY and LIMIT that binds the tenant as `?1` and has a column `id`. */
	readonly sql: string;
	/** Makes of a row what the program works with. */
	readonly parse: (row: Row) => Item;
}

/** How rows of one kind are read, each for the tenant that has it. */
export class TenantRows<Item> {
	readonly #kind: TenantRowsKind<Item>;

	constructor(kind: TenantRowsKind<Item>) {
		this.#kind = kind;
	}

	page(database: Pick<Database, "read">, tenantId: string, query: ListQuery): Promise<Page<Item>> {
		return readList(database, { ...this.#kind, args: [tenantId] }, query, this.#kind.parse);
	}

	/** All that the tenant has, in the order of the list. */
	async all(database: Pick<Database, "read">, tenantId: string): Promise<Item[]> {
		const rows = await database.read(`SELECT * FROM (${this.#kind.sql}) ${orderBy(this.#kind)}`, [tenantId]);
		return rows.map(this.#kind.parse);
	}

	async find(database: Pick<Database, "read">, tenantId: string, id: string): Promise<Item | undefined> {
		const [row] = await database.read(`SELECT * FROM (${this.#kind.sql}) WHERE id = ?2`, [tenantId, id]);
		return row && this.#kind.parse(row);
	}

	/** @throws Problem 404, also for what another tenant has */
	async get(database: Pick<Database, "read">, tenantId: string, id: string): Promise<Item> {
		const item = await this.find(database, tenantId, id);
		if (item !== undefined) return item;
		const { noun } = this.#kind;
		throw new Problem(404, `${noun.toLowerCase().replaceAll(" ", "_")}_unknown`, `There is no ${noun} ${id}.`);
	}
}
