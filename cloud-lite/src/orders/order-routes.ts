import { z } from "@hono/zod-openapi";
import { saleIdSchema } from "@visionvend/sdk/protocol/messages";
import { stringify } from "csv-stringify/sync";
import type { Database } from "../db/database.ts";
import { defineList, defineRawRoute, defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { idempotencyHeaders } from "../http/idempotency.ts";
import { listQuerySchema, readList } from "../http/list.ts";
import { Problem } from "../http/problem.ts";
import { trimmedText } from "../http/trimmed-text.ts";
import type { RefundDesk } from "../payments/refund-desk.ts";
import { productsSchema } from "../sales/sale.ts";
import { owedCents } from "../sales/sale-collection.ts";
import type { SaleStore } from "../sales/sale-store.ts";
import type { SaleLine } from "../sales/settlement.ts";
import { findOrder, type OrderView, orderFilterSchema, orderOf, orderSchema, ordersOf } from "./order.ts";

const idSchema = z.object({ id: saleIdSchema });
const noteSchema = z.string().trim().max(1_000).default("");
const reasonSchema = trimmedText(500).openapi({ example: "The can was empty" });
const amountSchema = z.int().min(1).max(99_999_999);
const mostExported = 50_000;

const receiptSchema = z
	.object({
		number: z.int(),
		saleId: z.string(),
		seller: z.string(),
		soldAt: z.iso.datetime(),
		items: orderSchema.shape.items,
		totalCents: z.int(),
		paidCents: z.int(),
		refundedCents: z.int(),
		currency: z.string(),
	})
	.openapi("Receipt");
const debtSchema = z.object({
	saleId: z.string(),
	amountCents: z.int(),
	currency: z.string(),
	createdAt: z.iso.datetime(),
});
const debtRowSchema = z.object({
	sale_id: z.string(),
	amount_cents: z.int(),
	currency: z.string(),
	created_at_ms: z.int(),
});

/** Orders for their owners: search, export, refund, review; and for their shoppers: objecting to a price, paying a debt. */
export function orderRoutes(options: { database: Database; sales: SaleStore; refunds: RefundDesk }) {
	const { database, sales, refunds } = options;
	const routes = createRoutes();

	const show = (tenantId: string, id: string): Promise<OrderView> => findOrder(database, tenantId, id);

	defineList(
		routes,
		{
			path: "/api/v1/orders",
			summary: "Orders, newest first",
			tag: "Orders",
			access: { permission: "orders:read" },
			query: listQuerySchema.extend(orderFilterSchema.shape),
			item: orderSchema,
		},
		({ actor, query }) => readList(database, ordersOf(actor.tenantId, query), query, orderOf),
	);

	defineRawRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/exports/orders",
			summary: "Orders as CSV",
			description: `The newest ${mostExported} that fit the filter. Cells that a spreadsheet would take for a formula begin with '.`,
			tag: "Orders",
			access: { permission: "orders:read" },
			query: orderFilterSchema,
			produces: ["text/csv"],
		},
		async ({ actor, query }) => {
			const { sql, args } = ordersOf(actor.tenantId, query);
			const rows = await database.read(
				`SELECT * FROM (${sql}) ORDER BY requested_at_ms DESC, id DESC LIMIT ${mostExported}`,
				args,
			);
			const text = stringify(rows.map(orderOf).map(csvRow), {
				header: true,
				bom: true,
				record_delimiter: "windows",
				escape_formulas: true,
			});
			const headers = {
				"content-type": "text/csv; charset=utf-8",
				"content-disposition": 'attachment; filename="orders.csv"',
			};
			return new Response(text, { headers });
		},
	);

	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/orders/{id}",
			summary: "One order",
			tag: "Orders",
			access: { permission: "orders:read" },
			params: idSchema,
			data: orderSchema,
		},
		({ actor, params: { id } }) => show(actor.tenantId, id),
	);

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/orders/{id}/manual_refund",
			summary: "Give money back",
			description: "The provider is asked after the answer; `refundingCents` becomes `refundedCents` when it is done.",
			tag: "Orders",
			access: { permission: "orders:write" },
			params: idSchema,
			headers: idempotencyHeaders,
			body: z.object({
				amountCents: amountSchema.optional().openapi({ description: "Everything that is left where not given" }),
				reason: reasonSchema,
			}),
			status: 202,
			problems: [409],
			data: orderSchema,
		},
		async ({ actor, params: { id }, body, headers }) => {
			await refunds.request({
				tenantId: actor.tenantId,
				saleId: id,
				amountCents: body.amountCents,
				reason: body.reason,
				by: `${actor.kind}:${actor.id}`,
				idempotencyKey: headers["idempotency-key"],
			});
			return show(actor.tenantId, id);
		},
	);

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/orders/{id}/resolve",
			summary: "Decide an order in review",
			description:
				"Charges what was taken, at the prices at unlock, or lets the money go. Undecided, it is let go an hour before the hold ends.",
			tag: "Orders",
			access: { permission: "orders:write" },
			params: idSchema,
			body: z.object({
				items: z
					.array(z.object({ sku: z.string().min(1).max(64), quantity: z.int().min(1).max(100) }))
					.max(100)
					.openapi({ description: "What was taken; an empty list lets the money go" }),
				note: noteSchema,
			}),
			status: 202,
			problems: [409],
			data: orderSchema,
		},
		async ({ actor, params: { id }, body: { items, note } }) => {
			const sale = await sales.findOf(actor.tenantId, id);
			if (!sale) throw new Problem(404, "order_unknown", `There is no order ${id}.`);
			const lines = priced(items, sale.products);
			if (sale.state !== "review" || sale.settlement !== null) {
				throw new Problem(409, "not_in_review", "This order waits for nobody's decision.");
			}
			if (lines.length > 0 && sale.shopperId === null) {
				throw new Problem(
					409,
					"nobody_to_charge",
					"Nobody asked for this opening, so nobody can be charged; send no items.",
				);
			}
			const finalCents = lines.reduce((sum, { quantity, unitPriceCents }) => sum + quantity * unitPriceCents, 0);
			const by = `${actor.kind}:${actor.id}`;
			const charge = finalCents === 0 ? null : { lines, finalCents };
			await sales.change(id, { type: "review-resolved", by, note, charge });
			return show(actor.tenantId, id);
		},
	);

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/orders/{id}/forgive_debt",
			summary: "Write off what a shopper owes",
			tag: "Orders",
			access: { permission: "orders:manage" },
			params: idSchema,
			body: z.object({ note: noteSchema }),
			problems: [409],
			data: orderSchema,
		},
		async ({ actor, params: { id }, body: { note } }) => {
			const sale = await sales.findOf(actor.tenantId, id);
			if (!sale) throw new Problem(404, "order_unknown", `There is no order ${id}.`);
			if (owedCents(sale) === 0) throw new Problem(409, "nothing_owed", "Nothing is owed for this order.");
			if (sale.debtPending)
				throw new Problem(409, "payment_under_way", "It is just being paid; look again in a minute.");
			await sales.change(id, { type: "debt-forgiven", by: `${actor.kind}:${actor.id}`, note });
			return show(actor.tenantId, id);
		},
	);

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/sales/{id}/dispute",
			summary: "Object to a price",
			description:
				"While nothing is taken yet, people look at the sale before the hold ends, and a correction lowers what is taken. Afterwards the owner is asked for a refund.",
			tag: "Sales",
			access: { shopper: true },
			params: idSchema,
			body: z.object({ reason: reasonSchema }),
			status: 202,
			problems: [409],
			data: z.object({ status: z.enum(["review"]) }),
		},
		async ({ actor, params: { id }, body: { reason } }) => {
			const sale = await sales.findOf(actor.tenantId, id);
			if (sale?.shopperId !== actor.id) {
				throw new Problem(404, "sale_unknown", `There is no sale ${id} of yours.`);
			}
			const changed = await sales.change(id, { type: "price-disputed", reason });
			if (changed?.cause !== "price_disputed") {
				throw new Problem(409, "too_late", "The price was taken already; ask the owner of the machine for a refund.");
			}
			return { status: "review" as const };
		},
	);

	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/sales/{id}/receipt",
			summary: "The receipt of a paid sale",
			tag: "Sales",
			access: { shopper: true },
			params: idSchema,
			problems: [409],
			data: receiptSchema,
		},
		async ({ actor, params: { id } }) => {
			const sale = await sales.findOf(actor.tenantId, id);
			if (sale?.shopperId !== actor.id) throw new Problem(404, "sale_unknown", `There is no sale ${id} of yours.`);
			if (sale.state !== "captured") throw new Problem(409, "not_paid", "There is a receipt once the sale is paid.");
			const order = await show(actor.tenantId, id);
			return {
				number: order.number,
				saleId: order.id,
				seller: order.deviceName,
				soldAt: order.createdAt,
				items: order.items,
				totalCents: order.totalCents ?? 0,
				paidCents: order.capturedCents,
				refundedCents: order.refundedCents,
				currency: order.currency,
			};
		},
	);

	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/debts",
			summary: "What I still owe",
			tag: "Sales",
			access: { shopper: true },
			data: z.array(debtSchema),
		},
		async ({ actor }) => {
			const rows = await database.read(
				`SELECT debt.sale_id, debt.amount_cents, debt.currency, debt.created_at_ms FROM debt
					JOIN sale ON sale.id = debt.sale_id
					WHERE sale.tenant_id = ? AND debt.shopper_id = ? AND settled_at_ms IS NULL ORDER BY debt.created_at_ms`,
				[actor.tenantId, actor.id],
			);
			return rows.map((row) => {
				const { sale_id, amount_cents, currency, created_at_ms } = debtRowSchema.parse(row);
				return {
					saleId: sale_id,
					amountCents: amount_cents,
					currency,
					createdAt: new Date(created_at_ms).toISOString(),
				};
			});
		},
	);

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/debts/{id}/pay",
			summary: "Pay what I owe with my saved card",
			description:
				"Answers at once; `GET /api/v1/sales/{id}` tells how it went. `authentication_required` there: the phone confirms the payment with `clientSecret`.",
			tag: "Sales",
			access: { shopper: true },
			params: idSchema,
			status: 202,
			problems: [409],
			data: z.object({ status: z.enum(["paying"]) }),
		},
		async ({ actor, params: { id } }) => {
			const sale = await sales.findOf(actor.tenantId, id);
			if (sale?.shopperId !== actor.id) {
				throw new Problem(404, "sale_unknown", `There is no sale ${id} of yours.`);
			}
			if (owedCents(sale) === 0) throw new Problem(409, "nothing_owed", "This sale is paid.");
			await sales.change(id, { type: "debt-due", shopperPresent: true });
			return { status: "paying" as const };
		},
	);
	return routes;
}

/** What people say was taken, at the prices at unlock. */
function priced(items: readonly { readonly sku: string; readonly quantity: number }[], products: string): SaleLine[] {
	const known = productsSchema.parse(JSON.parse(products));
	const lines = new Map<string, SaleLine>();
	for (const { sku, quantity } of items) {
		const product = known.find((candidate) => candidate.sku === sku);
		if (!product) {
			throw new Problem(
				422,
				"product_unknown",
				`${sku} was not on sale in this machine; take a sku of its price list.`,
			);
		}
		const before = lines.get(sku)?.quantity ?? 0;
		lines.set(sku, { sku, name: product.name, quantity: before + quantity, unitPriceCents: product.priceCents });
	}
	return [...lines.values()];
}

function csvRow(order: OrderView): Readonly<Record<string, string | number>> {
	return {
		number: order.number,
		order: order.id,
		created_at: order.createdAt,
		device: order.deviceId,
		device_name: order.deviceName,
		customer: order.customer ?? "",
		payment_method: order.paymentMethod,
		status: order.status,
		total_cents: order.totalCents ?? "",
		captured_cents: order.capturedCents,
		refunded_cents: order.refundedCents,
		currency: order.currency.toUpperCase(),
		items: order.items.map(({ quantity, name }) => `${quantity} ${name}`).join("; "),
	};
}
