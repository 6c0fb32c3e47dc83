import { z } from "@hono/zod-openapi";
import { actorName } from "../auth/actor.ts";
import type { Database } from "../db/database.ts";
import { defineList, defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { listQuerySchema, readList } from "../http/list.ts";
import { Problem } from "../http/problem.ts";
import { currencyOf } from "../tenants/tenant-currency.ts";
import type { InventoryItem, InventoryService } from "./inventory-service.ts";
import { centsOf, decimalOf, productOf } from "./product.ts";
import {
	aliasesSchema,
	categorySchema,
	currencyInputSchema,
	defined,
	nameSchema,
	skuSchema,
} from "./product-fields.ts";

const inventorySchema = z
	.object({
		id: z.string(),
		sku: z.string(),
		name: z.string(),
		category: z.string(),
		price: z.number().openapi({ description: "In units of the currency", example: 1.5 }),
		price_cents: z.int(),
		currency: z.string(),
		stock: z.int().openapi({ description: "In the store, from which the counter sells" }),
		aliases: z.array(z.string()),
		version: z.int(),
		created_at: z.iso.datetime(),
		updated_at: z.iso.datetime(),
	})
	.openapi("InventoryItem");

const price = z
	.union([z.number().min(0).max(1_000_000), z.string().regex(/^\d{1,7}(\.\d{1,4})?$/)])
	.openapi({ example: 1.5 });
const stock = z.int().min(0).max(1_000_000);
const fields = {
	sku: skuSchema,
	name: nameSchema,
	category: categorySchema,
	price,
	stock,
	aliases: aliasesSchema,
};
const newItemSchema = z.object({
	...fields,
	category: categorySchema.default(""),
	stock: stock.default(0),
	aliases: aliasesSchema.default([]),
	currency: currencyInputSchema.optional().openapi({ description: "The tenant's where not given" }),
});
const changeSchema = z.object(fields).partial();
const idParams = z.object({ id: z.string().min(1).max(64) });

/** `/inventory` and `/checkout/restock`: the counter's catalogue, in the fields of the first API. */
export function inventoryRoutes(inventory: InventoryService, database: Database) {
	const routes = createRoutes();
	defineList(
		routes,
		{
			path: "/api/v1/inventory",
			aliases: ["/inventory"],
			summary: "What the store has",
			tag: "Counter",
			access: { permission: "inventory:read", device: true },
			query: listQuerySchema.extend({
				query: z.string().max(100).optional().openapi({ description: "Part of a name or SKU" }),
				category: categorySchema.optional(),
			}),
			item: inventorySchema,
		},
		({ actor, query }) =>
			readList(
				database,
				{
					sql: `SELECT product.*, COALESCE(stock.quantity, 0) AS quantity FROM product
						LEFT JOIN stock ON stock.product_id = product.id AND stock.machine_id IS NULL
						WHERE product.tenant_id = ?1 AND product.active = 1
							AND (?2 IS NULL OR instr(lower(name), lower(?2)) > 0 OR instr(lower(sku), lower(?2)) > 0)
							AND (?3 IS NULL OR category = ?3)`,
					args: [actor.tenantId, query.query ?? null, query.category ?? null],
					key: ["sku", "id"],
					direction: "asc",
				},
				query,
				(row) => viewOf({ product: productOf(row), stock: z.int().parse(row.quantity) }),
			),
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/inventory",
			aliases: ["/inventory"],
			summary: "Add a product with its stock",
			tag: "Counter",
			access: { permission: "inventory:write" },
			body: newItemSchema,
			status: 201,
			problems: [409],
			data: inventorySchema,
		},
		async ({ actor, body }) => {
			const { stock: counted, price: decimal, ...rest } = body;
			const currency = rest.currency ?? (await currencyOf(database, actor.tenantId));
			const item = await inventory.add(
				actor.tenantId,
				{
					...rest,
					currency,
					priceCents: centsOrProblem(decimal, currency),
					massMilligrams: null,
					toleranceMilligrams: null,
					lowAt: null,
					active: true,
				},
				counted,
				actorName(actor),
			);
			return viewOf(item);
		},
	);
	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/inventory/{id}",
			aliases: ["/inventory/{id}"],
			summary: "One product with its stock",
			tag: "Counter",
			access: { permission: "inventory:read", device: true },
			params: idParams,
			data: inventorySchema,
		},
		async ({ actor, params }) => viewOf(await inventory.get(actor.tenantId, params.id)),
	);
	defineRoute(
		routes,
		{
			method: "put",
			path: "/api/v1/inventory/{id}",
			aliases: ["/inventory/{id}"],
			summary: "Change a product or its stock",
			description: "What is left out stays. `stock` is what somebody counted; the difference becomes a movement.",
			tag: "Counter",
			access: { permission: "inventory:write" },
			params: idParams,
			ifMatch: true,
			body: changeSchema,
			problems: [409],
			data: inventorySchema,
		},
		async ({ actor, params, body, ifMatch }) => {
			const { stock: counted, price: decimal, ...rest } = body;
			const { product } = await inventory.get(actor.tenantId, params.id);
			const item = await inventory.change(
				actor.tenantId,
				params.id,
				{
					fields: {
						...defined(rest),
						...(decimal === undefined ? {} : { priceCents: centsOrProblem(decimal, product.currency) }),
					},
					stock: counted,
				},
				ifMatch,
				actorName(actor),
			);
			return viewOf(item);
		},
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/checkout/restock/{id}",
			aliases: ["/checkout/restock/{id}"],
			summary: "Goods came into the store",
			tag: "Counter",
			access: { permission: "inventory:write" },
			params: idParams,
			body: z.object({ quantity: z.int().min(1).max(1_000_000) }),
			data: inventorySchema,
		},
		async ({ actor, params, body }) =>
			viewOf(await inventory.restock(actor.tenantId, params.id, body.quantity, actorName(actor))),
	);
	return routes;
}

function viewOf({ product, stock: quantity }: InventoryItem): z.input<typeof inventorySchema> {
	const { id, sku, name, category, currency, priceCents, aliases, version, createdAtMs, changedAtMs } = product;
	return {
		id,
		sku,
		name,
		category,
		price: decimalOf(priceCents, currency),
		price_cents: priceCents,
		currency,
		stock: quantity,
		aliases: [...aliases],
		version,
		created_at: new Date(createdAtMs).toISOString(),
		updated_at: new Date(changedAtMs).toISOString(),
	};
}

function centsOrProblem(decimal: number | string, currency: string): number {
	const cents = centsOf(decimal, currency);
	if (cents !== undefined) return cents;
	throw new Problem(
		422,
		"price_invalid",
		`${decimal} is no price: write it in ${currency} without parts of its smallest unit.`,
	);
}
