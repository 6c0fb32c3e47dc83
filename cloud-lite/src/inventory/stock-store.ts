import type { Clock } from "@visionvend/sdk/clock";
import { z } from "zod";
import type { Database, Statement } from "../db/database.ts";

/** How many units are somewhere. */
export interface StockLevel {
	/** Below zero: more was sold than was ever counted in. */
	readonly quantity: number;
	/** Promised to somebody; `quantity - reserved` are free. */
	readonly reserved: number;
	/** When somebody last counted or filled; null: never. */
	readonly countedAtMs: number | null;
}

const rowSchema = z.object({ quantity: z.int(), reserved: z.int(), counted_at_ms: z.int().nullable() });
const nothing: StockLevel = Object.freeze({ quantity: 0, reserved: 0, countedAtMs: null });

/** What is where. */
export class StockStore {
	readonly #database: Database;
	readonly #clock: Clock;

	constructor(options: { database: Database; clock: Clock }) {
		this.#database = options.database;
		this.#clock = options.clock;
	}

	/** @param machineId null is the store */
	async level(tenantId: string, productId: string, machineId: string | null): Promise<StockLevel> {
		const [row] = await this.#database.read(
			`SELECT quantity, reserved, counted_at_ms FROM stock
				WHERE tenant_id = ? AND product_id = ? AND COALESCE(machine_id, '') = COALESCE(?, '')`,
			[tenantId, productId, machineId],
		);
		if (!row) return nothing;
		const { quantity, reserved, counted_at_ms } = rowSchema.parse(row);
		return { quantity, reserved, countedAtMs: counted_at_ms };
	}

	/** Says how many somebody counted; the difference becomes a movement. */
	count(
		tenantId: string,
		productId: string,
		machineId: string | null,
		counted: number,
		actor: string,
		note = "",
	): Statement {
		return {
			sql: `INSERT INTO movement (tenant_id, product_id, machine_id, change_quantity, reason, actor, note, at_ms)
				SELECT product.tenant_id, product.id, ?3, ?4 - COALESCE(stock.quantity, 0), 'count', ?5, ?6, ?7
				FROM product LEFT JOIN stock ON stock.product_id = product.id AND stock.machine_id IS ?3
				WHERE product.id = ?1 AND product.tenant_id = ?2`,
			args: [productId, tenantId, machineId, counted, actor, note, this.#clock.now()],
		};
	}
}
