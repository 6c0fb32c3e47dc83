import { z } from "@hono/zod-openapi";
import { saleIdSchema } from "@visionvend/sdk/protocol/messages";
import type { Reader } from "../db/database.ts";
import { defineList } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { listQuerySchema, readList } from "../http/list.ts";
import { gatewayNameSchema } from "./gateway.ts";

const kindSchema = z.enum(["auth", "increment", "capture", "cancel", "second", "debt", "refund"]);
const stateSchema = z.enum(["pending", "succeeded", "failed"]);
const paymentSchema = z
	.object({
		id: z.string().openapi({ description: "The key under which the provider does it once" }),
		orderId: z.string(),
		kind: kindSchema.openapi({
			description: "auth holds money, second takes what a hold was too small for, debt what was owed",
		}),
		amountCents: z.int(),
		currency: z.string(),
		provider: gatewayNameSchema,
		state: stateSchema,
		createdAt: z.iso.datetime(),
		finishedAt: z.iso.datetime().nullable(),
	})
	.openapi("Payment");
const rowSchema = z.object({
	key: z.string(),
	sale_id: z.string(),
	kind: kindSchema,
	amount_cents: z.int(),
	currency: z.string(),
	gateway: gatewayNameSchema,
	state: stateSchema,
	created_at_ms: z.int(),
	finished_at_ms: z.int().nullable(),
});

/** What the cloud has asked of payment providers, and what came of it. */
export function paymentRoutes(database: Reader) {
	const routes = createRoutes();
	for (const { path, summary, isRefund } of [
		{ path: "/api/v1/payments", summary: "Money held, taken and let go, the newest first", isRefund: 0 },
		{ path: "/api/v1/refunds", summary: "Money given back, the newest first", isRefund: 1 },
	] as const) {
		defineList(
			routes,
			{
				path,
				summary,
				tag: "Payments",
				access: { permission: "orders:read" },
				query: listQuerySchema.extend({ order_id: saleIdSchema.optional(), state: stateSchema.optional() }),
				item: paymentSchema,
			},
			({ actor, query }) =>
				readList(
					database,
					{
						sql: `SELECT payment_operation.*, gateway FROM payment_operation JOIN sale ON sale.id = sale_id
							WHERE tenant_id = ?1 AND (kind = 'refund') = ?2 AND (?3 IS NULL OR sale_id = ?3)
								AND (?4 IS NULL OR payment_operation.state = ?4)`,
						args: [actor.tenantId, isRefund, query.order_id ?? null, query.state ?? null],
						key: ["created_at_ms", "key"],
					},
					query,
					(row) => {
						const operation = rowSchema.parse(row);
						const { created_at_ms: createdAtMs, finished_at_ms: finishedAtMs } = operation;
						return {
							id: operation.key,
							orderId: operation.sale_id,
							kind: operation.kind,
							amountCents: operation.amount_cents,
							currency: operation.currency,
							provider: operation.gateway,
							state: operation.state,
							createdAt: new Date(createdAtMs).toISOString(),
							finishedAt: finishedAtMs === null ? null : new Date(finishedAtMs).toISOString(),
						};
					},
				),
		);
	}
	return routes;
}
