import { createRoute, z } from "@hono/zod-openapi";
import { saleIdSchema } from "@visionvend/sdk/protocol/messages";
import type { ShopperTokens } from "../auth/shopper-token.ts";
import type { Database } from "../db/database.ts";
import { authenticateShopper, createRoutes, problems } from "../http/environment.ts";
import { Problem } from "../http/problem.ts";
import type { SaleStore } from "./sale-store.ts";
import { saleViewSchema, viewSale } from "./sale-view.ts";

/** `GET /api/v1/sales/{id}`: a shopper sees the shopper's own sales. */
export function saleRoutes(sales: SaleStore, database: Database, tokens: ShopperTokens) {
	const route = createRoute({
		method: "get",
		path: "/api/v1/sales/{id}",
		summary: "One sale",
		tags: ["Sales"],
		security: [{ shopper: [] }],
		middleware: [authenticateShopper(tokens)] as const,
		request: { params: z.object({ id: saleIdSchema }) },
		responses: {
			200: {
				description: "The sale",
				content: { "application/json": { schema: z.object({ ok: z.literal(true), data: saleViewSchema }) } },
			},
			...problems(400, 401, 404),
		},
	});
	return createRoutes().openapi(route, async (context) => {
		const { id } = context.req.valid("param");
		const data = await viewSale(sales, database, id, context.get("shopperId"));
		// Somebody else's sale and none at all look the same.
		if (!data) throw new Problem(404, "sale_unknown", `There is no sale ${id} of yours.`);
		return context.json({ ok: true as const, data }, 200);
	});
}
