import { z } from "@hono/zod-openapi";
import type { Database, Row } from "../db/database.ts";
import type { ListSource } from "../http/list.ts";
import { Problem } from "../http/problem.ts";
import { saleStates } from "../sales/sale.ts";

export const orderStatuses = [
	"open",
	"paid",
	"cancelled",
	"review",
	"underpaid",
	"part_refunded",
	"refunded",
	"disputed",
] as const;

/** A sale as its owner sees it. Amounts in the smallest unit of the currency. */
export const orderSchema = z
	.object({
		id: z.string(),
		number: z.int().openapi({ description: "Counts up in the tenant; for people", example: 1042 }),
		deviceId: z.string(),
		deviceName: z.string(),
		customer: z.string().nullable().openapi({ description: "The shopper; null for an opening that nobody asked for" }),
		customerName: z.string().nullable(),
		customerPhone: z.string().nullable(),
		paymentMethod: z.enum(["card", "none"]),
		status: z.enum(orderStatuses),
		state: z.enum(saleStates),
		cause: z.string().nullable(),
		currency: z.string(),
		totalCents: z.int().nullable().openapi({ description: "The price of what is gone; null while it is not known" }),
		heldCents: z.int(),
		capturedCents: z.int(),
		refundedCents: z.int(),
		refundingCents: z.int(),
		decideBefore: z.iso
			.datetime()
			.nullable()
			.openapi({ description: "Of an order in review: the money is let go an hour before the hold ends" }),
		items: z.array(z.object({ sku: z.string(), name: z.string(), quantity: z.int(), unitPriceCents: z.int() })),
		createdAt: z.iso.datetime(),
		version: z.int(),
	})
	.openapi("Order");

export type OrderView = z.input<typeof orderSchema>;

export const orderFilterSchema = z.object({
	from: z.iso.datetime({ offset: true }).optional().openapi({ description: "Not before this moment" }),
	to: z.iso.datetime({ offset: true }).optional().openapi({ description: "Before this moment" }),
	device_id: z.string().max(64).optional(),
	payment_method: z.enum(["card", "none"]).optional(),
	status: z.enum(orderStatuses).optional(),
	query: z
		.string()
		.max(100)
		.optional()
		.openapi({ description: "The order's number, or part of its id or of the shopper's" }),
});
export type OrderFilter = z.output<typeof orderFilterSchema>;

const itemsSchema = z.array(
	z.object({ sku: z.string(), name: z.string(), quantity: z.int(), unitPriceCents: z.int() }),
);
const rowSchema = z.object({
	id: z.string(),
	order_number: z.int(),
	machine_id: z.string(),
	machine_name: z.string(),
	shopper_id: z.string().nullable(),
	customer_name: z.string().nullable(),
	customer_phone: z.string().nullable(),
	payment_method: z.enum(["card", "none"]),
	status: z.enum(orderStatuses),
	state: z.enum(saleStates),
	cause: z.string().nullable(),
	currency: z.string(),
	final_cents: z.int().nullable(),
	held_cents: z.int(),
	captured_cents: z.int(),
	refunded_cents: z.int(),
	refunding_cents: z.int(),
	decide_before_ms: z.int().nullable(),
	items: z.string(),
	requested_at_ms: z.int(),
	version: z.int(),
});

const columns = `sale.id, order_number, machine_id, machine.name AS machine_name, shopper_id, customer_name, customer_phone, state, cause, sale.currency, final_cents,
	held_cents, captured_cents, refunded_cents, refunding_cents, requested_at_ms, sale.version,
	CASE WHEN shopper_id IS NULL THEN 'none' ELSE 'card' END AS payment_method,
	CASE
		WHEN disputed_cents > 0 THEN 'disputed'
		WHEN state = 'captured' AND refunded_cents >= captured_cents THEN 'refunded'
		WHEN state = 'captured' AND refunded_cents > 0 THEN 'part_refunded'
		WHEN state = 'captured' THEN 'paid'
		WHEN state = 'review' AND cause = 'underpaid' THEN 'underpaid'
		WHEN state IN ('review', 'cancelled') THEN state
		ELSE 'open' END AS status,
	CASE WHEN state = 'review' AND settlement IS NULL AND hold_state = 'held'
		THEN capture_before_ms - 3600000 END AS decide_before_ms,
	(SELECT json_group_array(json_object('sku', sku, 'name', sale_line.name, 'quantity', quantity,
		'unitPriceCents', unit_price_cents)) FROM sale_line WHERE sale_id = sale.id) AS items`;

/** The orders of a tenant that fit a filter, as a source of lists. */
export function ordersOf(tenantId: string, filter: OrderFilter): ListSource {
	const { from, to, device_id, payment_method, status, query } = filter;
	return {
		sql: `SELECT * FROM (SELECT ${columns} FROM sale JOIN machine ON machine.id = machine_id
				WHERE sale.tenant_id = ?1 AND requested_at_ms >= ?2 AND requested_at_ms < ?3
					AND (?4 IS NULL OR machine_id = ?4)
					AND (?5 IS NULL OR CAST(order_number AS TEXT) = ?5 OR instr(sale.id, ?5) > 0 OR instr(COALESCE(shopper_id, ''), ?5) > 0))
			WHERE (?6 IS NULL OR payment_method = ?6) AND (?7 IS NULL OR status = ?7)`,
		args: [
			tenantId,
			from === undefined ? 0 : Date.parse(from),
			to === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(to),
			device_id ?? null,
			query ?? null,
			payment_method ?? null,
			status ?? null,
		],
		key: ["requested_at_ms", "id"],
	};
}

/** @throws Problem 404 when the tenant has no such order */
export async function findOrder(database: Pick<Database, "read">, tenantId: string, id: string): Promise<OrderView> {
	const { sql, args } = ordersOf(tenantId, {});
	const [row] = await database.read(`SELECT * FROM (${sql}) WHERE id = ?8`, [...args, id]);
	if (!row) throw new Problem(404, "order_unknown", `There is no order ${id}.`);
	return orderOf(row);
}

export function orderOf(row: Row): OrderView {
	const columns = rowSchema.parse(row);
	return {
		id: columns.id,
		number: columns.order_number,
		deviceId: columns.machine_id,
		deviceName: columns.machine_name,
		customer: columns.shopper_id,
		customerName: columns.customer_name,
		customerPhone: columns.customer_phone,
		paymentMethod: columns.payment_method,
		status: columns.status,
		state: columns.state,
		cause: columns.cause,
		currency: columns.currency,
		totalCents: columns.final_cents,
		heldCents: columns.held_cents,
		capturedCents: columns.captured_cents,
		refundedCents: columns.refunded_cents,
		refundingCents: columns.refunding_cents,
		decideBefore: columns.decide_before_ms === null ? null : new Date(columns.decide_before_ms).toISOString(),
		items: itemsSchema.parse(JSON.parse(columns.items)),
		createdAt: new Date(columns.requested_at_ms).toISOString(),
		version: columns.version,
	};
}
