import { z } from "@hono/zod-openapi";
import { saleIdSchema } from "@visionvend/sdk/protocol/messages";
import type { Database } from "../db/database.ts";
import { defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { Problem } from "../http/problem.ts";
import type { Gateways } from "../payments/gateway.ts";
import type { SaleStore } from "./sale-store.ts";
import { saleViewSchema, viewSale } from "./sale-view.ts";

/** `GET /api/v1/sales/{id}`: a shopper sees the shopper's own sales. */
export function saleRoutes(sales: SaleStore, database: Database, gateways: Gateways) {
	const routes = createRoutes();
	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/sales/{id}",
			summary: "One sale",
			tag: "Sales",
			access: { shopper: true },
			params: z.object({ id: saleIdSchema }),
			data: saleViewSchema,
		},
		async ({ actor, params: { id } }) => {
			const sale = await viewSale(sales, database, id, actor.id, gateways);
			// Somebody else's sale and none at all look the same.
			if (!sale) throw new Problem(404, "sale_unknown", `There is no sale ${id} of yours.`);
			return sale;
		},
	);
	return routes;
}
