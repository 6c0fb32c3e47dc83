import { mustHaveChanged, type Statement } from "../db/database.ts";

/** Units of one product that shall wait for somebody. */
export interface Reservation {
	readonly id: string;
	readonly machineId: string;
	readonly sku: string;
	readonly quantity: number;
	readonly saleId: string;
	readonly nowMs: number;
	readonly expiresAtMs: number;
}

/** Ends reservations whose time is over. */
export function expireReservations(nowMs: number): Statement {
	return {
		sql: "UPDATE reservation SET state = 'expired' WHERE state = 'held' AND expires_at_ms <= ?",
		args: [nowMs],
	};
}

/**
 * Promises units of a machine to a sale, if so many are there that nobody else was promised; otherwise nothing of the
 * batch is written. What was never counted in that machine cannot be known to lack, and is promised.
 * The promise ends with the decision about the sale, by itself.
 *
 * @param guard names the `GuardFailed` when there are too few
 */
export function reserve(reservation: Reservation, guard: string): Statement[] {
	const { id, machineId, sku, quantity, saleId, nowMs, expiresAtMs } = reservation;
	return [
		expireReservations(nowMs),
		{
			sql: `INSERT INTO reservation (id, tenant_id, product_id, machine_id, quantity, sale_id, state, created_at_ms,
					expires_at_ms)
				SELECT ?1, product.tenant_id, product.id, machine.id, ?4, ?5, 'held', ?6, ?7
				FROM machine
					JOIN product ON product.tenant_id = machine.tenant_id AND product.sku = ?3
					LEFT JOIN stock ON stock.product_id = product.id AND stock.machine_id = machine.id
				WHERE machine.id = ?2 AND (stock.counted_at_ms IS NULL OR stock.quantity - stock.reserved >= ?4)`,
			args: [id, machineId, sku, quantity, saleId, nowMs, expiresAtMs],
		},
		mustHaveChanged(guard),
	];
}
