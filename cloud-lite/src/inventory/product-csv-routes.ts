import { z } from "@hono/zod-openapi";
import { actorName } from "../auth/actor.ts";
import type { Database } from "../db/database.ts";
import { defineRawRoute, defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { productOf } from "./product.ts";
import { mostRows, productColumns, writeProductCsv } from "./product-csv.ts";
import type { ProductImport } from "./product-import.ts";

const outcomeSchema = z.object({
	dryRun: z.boolean(),
	added: z.array(z.string()).openapi({ description: "SKUs" }),
	changed: z.array(z.string()),
	unchanged: z.array(z.string()),
	errors: z.array(
		z.object({
			row: z.int().openapi({ description: "As a spreadsheet counts: titles stand in row 1" }),
			column: z.enum(productColumns).nullable(),
			message: z.string(),
		}),
	),
});

/** Products as a CSV file, out and in. */
export function productCsvRoutes(database: Pick<Database, "read">, productImport: ProductImport) {
	const routes = createRoutes();
	defineRawRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/exports/products",
			summary: "The catalogue as CSV",
			description: "With the stock of the store. What a spreadsheet would take for a formula has a ' before it.",
			tag: "Catalogue",
			access: { permission: "products:read" },
			produces: ["text/csv"],
		},
		async ({ actor, context }) => {
			const rows = await database.read(
				`SELECT product.*, COALESCE(stock.quantity, 0) AS quantity FROM product
					LEFT JOIN stock ON stock.product_id = product.id AND stock.machine_id IS NULL
					WHERE product.tenant_id = ? AND product.active = 1 ORDER BY sku`,
				[actor.tenantId],
			);
			const items = rows.map((row) => ({ product: productOf(row), stock: z.int().parse(row.quantity) }));
			return context.body(writeProductCsv(items), 200, {
				"content-type": "text/csv; charset=utf-8",
				"content-disposition": 'attachment; filename="products.csv"',
			});
		},
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/imports/products",
			summary: "Add and change products by CSV",
			description: `Titles: ${productColumns.join(", ")}; sku is needed, an empty cell leaves a value as it is. At most ${mostRows} rows, all in one commit or none.`,
			tag: "Catalogue",
			access: { permission: "products:write" },
			query: z.object({
				dry_run: z
					.enum(["true", "false"])
					.default("false")
					.openapi({ description: "Say what the file would do, and write nothing" }),
			}),
			body: z.string().openapi({ example: "sku,name,price,stock\ncola,Cola 330 ml,2.00,24\n" }),
			bodyType: "text/csv",
			largestBody: 2 * 1024 * 1024,
			problems: [409, 422],
			data: outcomeSchema,
		},
		async ({ actor, query, body }) => {
			const dryRun = query.dry_run === "true";
			const { added, changed, unchanged, errors } = await productImport.run(
				actor.tenantId,
				body,
				dryRun,
				actorName(actor),
			);
			return { dryRun, added: [...added], changed: [...changed], unchanged: [...unchanged], errors: [...errors] };
		},
	);
	return routes;
}
