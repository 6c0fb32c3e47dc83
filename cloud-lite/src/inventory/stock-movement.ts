import { mustHaveChanged, type Statement } from "../db/database.ts";

export const movementReasons = ["sale", "restock", "count", "adjust", "waste", "transfer", "return"] as const;
export type MovementReason = (typeof movementReasons)[number];

/** Goods that come or go. */
export interface Movement {
	readonly tenantId: string;
	readonly productId: string;
	/** Where; null is the store, from which the counter sells and machines are filled. */
	readonly machineId: string | null;
	/** Units that come; negative for those that go. */
	readonly change: number;
	readonly reason: MovementReason;
	readonly sessionId?: string;
	/** Who did it: `user:ID`. */
	readonly actor?: string;
	readonly note?: string;
	readonly atMs: number;
}

/** Moves stock whatever is there: what people saw to be so. */
export function moveStock(movement: Movement): Statement[] {
	return [insert(movement, ""), mustHaveChanged(`product ${movement.productId} is of this tenant`)];
}

/**
 * Takes units that must be there and be promised to nobody; otherwise nothing of the batch is written.
 * @param guard names the `GuardFailed` when there are too few
 */
export function takeFromStock(movement: Movement, guard: string): Statement[] {
	const enough = `AND EXISTS (SELECT 1 FROM stock WHERE stock.product_id = product.id AND stock.machine_id IS ?3
		AND stock.quantity - stock.reserved + ?4 >= 0)`;
	return [insert(movement, enough), mustHaveChanged(guard)];
}

/** Writes down that a sale took units of a machine's product. The goods are gone, whatever was counted. */
export function moveStockOfSale(
	sale: { readonly id: string; readonly machineId: string },
	line: { readonly sku: string; readonly quantity: number },
	atMs: number,
): Statement {
	return {
		sql: `INSERT INTO movement (tenant_id, product_id, machine_id, change_quantity, reason, sale_id, at_ms)
			SELECT product.tenant_id, product.id, machine.id, ?3, 'sale', ?4, ?5
			FROM machine JOIN product ON product.tenant_id = machine.tenant_id AND product.sku = ?2
			WHERE machine.id = ?1`,
		args: [sale.machineId, line.sku, -line.quantity, sale.id, atMs],
	};
}

function insert(
	{ tenantId, productId, machineId, change, reason, sessionId, actor = "", note = "", atMs }: Movement,
	condition: string,
): Statement {
	return {
		sql: `INSERT INTO movement (tenant_id, product_id, machine_id, change_quantity, reason, session_id, actor, note, at_ms)
			SELECT product.tenant_id, product.id, ?3, ?4, ?5, ?6, ?7, ?8, ?9
			FROM product WHERE product.id = ?1 AND product.tenant_id = ?2 ${condition}`,
		args: [productId, tenantId, machineId, change, reason, sessionId ?? null, actor, note, atMs],
	};
}
