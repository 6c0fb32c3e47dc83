import { z } from "@hono/zod-openapi";
import type { Database } from "../db/database.ts";
import { defineList, defineRawRoute, defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { listQuerySchema, readList } from "../http/list.ts";
import { Problem } from "../http/problem.ts";
import { currencyOf } from "../tenants/tenant-currency.ts";
import { type CatalogueProduct, productOf } from "./product.ts";
import {
	aliasesSchema,
	categorySchema,
	currencyInputSchema,
	defined,
	gramsSchemas,
	lowAtSchema,
	nameSchema,
	priceCentsSchema,
	skuSchema,
} from "./product-fields.ts";
import type { ProductImages } from "./product-image.ts";
import type { ProductService } from "./product-service.ts";
import type { ProductStore } from "./product-store.ts";

const productSchema = z
	.object({
		id: z.string(),
		sku: z.string(),
		name: z.string(),
		category: z.string(),
		aliases: z.array(z.string()),
		currency: z.string(),
		priceCents: z.int().openapi({ description: "In the smallest unit of the currency" }),
		massMilligrams: z.int().nullable(),
		toleranceMilligrams: z.int().nullable(),
		lowAt: z.int().nullable(),
		active: z.boolean(),
		imageUrl: z.string().nullable(),
		version: z.int(),
		createdAt: z.iso.datetime(),
		changedAt: z.iso.datetime(),
	})
	.openapi("Product");

const fields = {
	sku: skuSchema,
	name: nameSchema,
	category: categorySchema,
	aliases: aliasesSchema,
	priceCents: priceCentsSchema,
	...gramsSchemas,
	lowAt: lowAtSchema,
};
const newProductSchema = z
	.object({
		...fields,
		category: categorySchema.default(""),
		aliases: aliasesSchema.default([]),
		massMilligrams: gramsSchemas.massMilligrams.default(null),
		toleranceMilligrams: gramsSchemas.toleranceMilligrams.default(null),
		lowAt: lowAtSchema.default(null),
		currency: currencyInputSchema.optional().openapi({ description: "The tenant's where not given" }),
	})
	.refine(
		({ massMilligrams, toleranceMilligrams }) => (massMilligrams === null) === (toleranceMilligrams === null),
		"massMilligrams and toleranceMilligrams belong together: give both or none",
	);
const changeSchema = z.object({ ...fields, active: z.boolean() }).partial();
const idParams = z.object({ id: z.string().min(1).max(64) });
const tag = "Catalogue";
const largestImage = 8 * 1024 * 1024;

/** `/api/v1/products`: the catalogue from which machines and counters sell. */
export function productRoutes(options: {
	readonly database: Pick<Database, "read">;
	readonly products: ProductStore;
	readonly service: ProductService;
	readonly images: ProductImages;
}) {
	const { database, products, service, images } = options;
	const routes = createRoutes();
	const view = async (tenantId: string, product: CatalogueProduct) =>
		viewOf(product, (await images.find(tenantId, product.id))?.hash ?? null);
	defineList(
		routes,
		{
			path: "/api/v1/products",
			summary: "Products",
			tag,
			access: { permission: "products:read", device: true },
			query: listQuerySchema.extend({
				query: z.string().max(100).optional().openapi({ description: "Part of a name or SKU" }),
				category: categorySchema.optional(),
				active: z.enum(["true", "false"]).optional(),
			}),
			item: productSchema,
		},
		({ actor, query }) =>
			readList(
				database,
				{
					sql: `SELECT product.*, product_image.hash FROM product
						LEFT JOIN product_image ON product_image.product_id = product.id
						WHERE product.tenant_id = ?1
							AND (?2 IS NULL OR instr(lower(name), lower(?2)) > 0 OR instr(lower(sku), lower(?2)) > 0)
							AND (?3 IS NULL OR category = ?3) AND (?4 IS NULL OR active = ?4)`,
					args: [
						actor.tenantId,
						query.query ?? null,
						query.category ?? null,
						query.active === undefined ? null : query.active === "true" ? 1 : 0,
					],
					key: ["sku", "id"],
					direction: "asc",
				},
				query,
				(row) => viewOf(productOf(row), z.string().nullable().parse(row.hash)),
			),
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/products",
			summary: "Add a product",
			tag,
			access: { permission: "products:write" },
			body: newProductSchema,
			status: 201,
			problems: [409],
			data: productSchema,
		},
		async ({ actor, body }) => {
			const currency = body.currency ?? (await currencyOf(database, actor.tenantId));
			return viewOf(await service.add(actor.tenantId, { ...body, currency, active: true }), null);
		},
	);
	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/products/{id}",
			summary: "One product",
			tag,
			access: { permission: "products:read", device: true },
			params: idParams,
			data: productSchema,
		},
		async ({ actor, params }) => view(actor.tenantId, await products.get(actor.tenantId, params.id)),
	);
	defineRoute(
		routes,
		{
			method: "patch",
			path: "/api/v1/products/{id}",
			summary: "Change a product",
			description:
				"What is left out stays. A new price counts from the next sale on, in every machine whose slot has none of its own.",
			tag,
			access: { permission: "products:write" },
			params: idParams,
			ifMatch: true,
			body: changeSchema,
			problems: [409],
			data: productSchema,
		},
		async ({ actor, params, body, ifMatch }) =>
			view(actor.tenantId, await service.change(actor.tenantId, params.id, defined(body), ifMatch)),
	);
	defineRoute(
		routes,
		{
			method: "delete",
			path: "/api/v1/products/{id}",
			summary: "Take a product out of the catalogue",
			description: "It stays in what was sold, and can be made active again.",
			tag,
			access: { permission: "products:write" },
			params: idParams,
			ifMatch: true,
			problems: [409],
			data: productSchema,
		},
		async ({ actor, params, ifMatch }) =>
			view(actor.tenantId, await service.change(actor.tenantId, params.id, { active: false }, ifMatch)),
	);
	defineRoute(
		routes,
		{
			method: "put",
			path: "/api/v1/products/{id}/image",
			summary: "Give a product a picture",
			description: "JPEG, PNG or WebP. It is drawn anew as WebP of at most 1,024 pixels a side.",
			tag,
			access: { permission: "products:write" },
			params: idParams,
			body: z.instanceof(Uint8Array).openapi({ type: "string", format: "binary" }),
			bodyType: "image/*",
			largestBody: largestImage,
			data: z.object({ imageUrl: z.string() }),
		},
		async ({ actor, params, body }) => {
			await products.get(actor.tenantId, params.id);
			const { hash } = await images.replace(actor.tenantId, params.id, body);
			return { imageUrl: imageUrl(params.id, hash) };
		},
	);
	defineRawRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/products/{id}/image",
			summary: "A product's picture",
			tag,
			access: { permission: "products:read", shopper: true, device: true },
			params: idParams,
			produces: ["image/webp"],
		},
		async ({ actor, params, context }) => {
			const image = await images.find(actor.tenantId, params.id);
			if (!image) throw new Problem(404, "image_unknown", `Product ${params.id} has no picture.`);
			return context.body(image.bytes, 200, {
				"content-type": "image/webp",
				etag: `"${image.hash}"`,
				"cache-control": "private, max-age=3600",
			});
		},
	);
	return routes;
}

function imageUrl(productId: string, hash: string): string {
	return `/api/v1/products/${productId}/image?v=${hash.slice(0, 12)}`;
}

function viewOf(product: CatalogueProduct, imageHash: string | null): z.input<typeof productSchema> {
	const { aliases, createdAtMs, changedAtMs, ...rest } = product;
	return {
		...rest,
		aliases: [...aliases],
		imageUrl: imageHash === null ? null : imageUrl(product.id, imageHash),
		createdAt: new Date(createdAtMs).toISOString(),
		changedAt: new Date(changedAtMs).toISOString(),
	};
}
