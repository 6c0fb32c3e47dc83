import { z } from "@hono/zod-openapi";
import { type OrderRequest, orderRequestSchema } from "@visionvend/sdk/protocol/order-request";
import type { ShopperActor } from "../auth/actor.ts";
import type { Database } from "../db/database.ts";
import { defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { idempotencyHeaders } from "../http/idempotency.ts";
import { Problem } from "../http/problem.ts";
import type { DeviceStore } from "../machines/device-store.ts";
import type { MachineRegistry } from "../machines/machine-registry.ts";
import { checkoutSchema } from "../payments/checkout.ts";
import { languageOf, unlockTries } from "../sales/unlock-routes.ts";
import type { UnlockService } from "../sales/unlock-service.ts";
import { findOrder, orderSchema } from "./order.ts";

/** What one delivery can hold. */
const mostUnits = 10;

const productSchema = z.object({ sku: z.string() });

/** `POST /api/v1/devices/{id}/orders/create`: goods of a machine that delivers, by their products. */
export function deviceOrderRoutes(options: {
	database: Database;
	devices: DeviceStore;
	registry: MachineRegistry;
	unlocks: UnlockService;
}) {
	const { database, devices, registry, unlocks } = options;
	const routes = createRoutes();

	/** The slots that deliver what is ordered, one for each unit. */
	async function slotsOf(
		{ tenantId }: ShopperActor,
		machineId: string,
		items: OrderRequest["items"],
	): Promise<number[]> {
		const offered = await registry.products(machineId);
		const slots: number[] = [];
		for (const { productId, quantity } of items) {
			const [row] = await database.read("SELECT sku FROM product WHERE id = ? AND tenant_id = ?", [
				productId,
				tenantId,
			]);
			const sku = row && productSchema.parse(row).sku;
			const shelf = offered.find((product) => product.sku === sku)?.shelf;
			if (shelf === undefined) {
				throw new Problem(409, "not_on_sale", `This machine does not sell the product ${productId}.`);
			}
			slots.push(...Array.from({ length: quantity }, () => shelf));
		}
		if (slots.length <= mostUnits) return slots;
		throw new Problem(
			400,
			"order_too_large",
			`A machine delivers ${mostUnits} things at once at most, and this order has ${slots.length}; make two.`,
		);
	}

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/devices/{id}/orders/create",
			summary: "Order goods of a machine",
			description:
				"Reserves the units, holds their exact price, or says what the shopper has to pay first, and lets the machine deliver. What did not fall is not paid for. `GET /api/v1/sales/{id}` tells how it went.",
			tag: "Orders",
			access: { shopper: true },
			params: z.object({ id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,79}$/) }),
			headers: idempotencyHeaders,
			body: orderRequestSchema,
			status: 201,
			problems: [402, 409, 429, 503],
			data: z.object({
				order: orderSchema,
				checkout: checkoutSchema
					.nullable()
					.openapi({ description: "To be paid in Razorpay's Checkout first; then send the same request again" }),
			}),
		},
		async ({ actor, params: { id }, body: { items, customerName, customerPhone }, headers, context }) => {
			context.get("limiter").take(`unlock ${actor.tenantId} ${actor.id}`, unlockTries);
			const { machineId } = await devices.find(actor.tenantId, id);
			const { saleId, checkout } = await unlocks.unlock({
				tenantId: actor.tenantId,
				shopperId: actor.id,
				id: undefined,
				machineId,
				slots: await slotsOf(actor, machineId, items),
				customer: { name: customerName, phone: customerPhone },
				idempotencyKey: headers["idempotency-key"],
				language: languageOf(context.req.header("accept-language")),
			});
			const order = await findOrder(database, actor.tenantId, saleId);
			return { order, checkout: checkout ?? null };
		},
	);
	return routes;
}
