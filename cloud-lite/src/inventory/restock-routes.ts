import { z } from "@hono/zod-openapi";
import { machineIdSchema } from "@visionvend/sdk/protocol/messages";
import { actorName } from "../auth/actor.ts";
import type { Database } from "../db/database.ts";
import { defineList, defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { listQuerySchema, readList } from "../http/list.ts";
import { Problem } from "../http/problem.ts";
import { trimmedText } from "../http/trimmed-text.ts";
import type { RestockList, RestockService } from "./restock-service.ts";
import type { RouteStore } from "./route-store.ts";

const product = { productId: z.string(), sku: z.string(), name: z.string() };
const listSchema = z
	.object({
		id: z.string(),
		routeId: z.string().nullable(),
		version: z.int(),
		createdAt: z.iso.datetime(),
		stops: z.array(
			z.object({
				machineId: z.string(),
				planogramId: z.string(),
				lines: z.array(
					z.object({
						...product,
						position: z.string(),
						bring: z.int(),
						put: z.int().nullable().openapi({ description: "null: nobody was there yet" }),
					}),
				),
			}),
		),
		pack: z.array(z.object({ ...product, quantity: z.int() })).openapi({ description: "Of stops still to come" }),
	})
	.openapi("RestockList");
const headSchema = z.object({ id: z.string(), routeId: z.string().nullable(), createdAt: z.iso.datetime() });
const headRowSchema = z.object({ id: z.string(), route_id: z.string().nullable(), created_at_ms: z.int() });
const routeSchema = z
	.object({ id: z.string(), name: z.string(), machineIds: z.array(z.string()), version: z.int() })
	.openapi("Route");
const routeInputSchema = z.object({
	name: trimmedText(100),
	machineIds: z
		.array(machineIdSchema)
		.min(1)
		.max(200)
		.refine((ids) => new Set(ids).size === ids.length, "a machine stands there twice"),
});
const id = z.string().min(1).max(64);
const idParams = z.object({ id });
const tag = "Restocking";

/** `/api/v1/routes` and `/api/v1/restock-lists`: tours that fill machines. */
export function restockRoutes(database: Pick<Database, "read">, tours: RouteStore, restock: RestockService) {
	const routes = createRoutes();
	defineList(
		routes,
		{
			path: "/api/v1/routes",
			summary: "Routes",
			tag,
			access: { permission: "routes:read" },
			query: listQuerySchema,
			item: routeSchema,
		},
		({ actor, query }) => tours.list(actor.tenantId, query),
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/routes",
			summary: "Add a route",
			tag,
			access: { permission: "routes:write" },
			body: routeInputSchema,
			status: 201,
			problems: [404, 409],
			data: routeSchema,
		},
		async ({ actor, body }) => tours.add(actor.tenantId, body),
	);
	defineRoute(
		routes,
		{
			method: "put",
			path: "/api/v1/routes/{id}",
			summary: "Change a route",
			tag,
			access: { permission: "routes:write" },
			params: idParams,
			body: routeInputSchema,
			ifMatch: true,
			problems: [409],
			data: routeSchema,
		},
		async ({ actor, params, body, ifMatch }) => tours.change(actor.tenantId, params.id, body, ifMatch),
	);
	defineList(
		routes,
		{
			path: "/api/v1/restock-lists",
			summary: "Restock lists, the newest first",
			tag,
			access: { permission: "restock-lists:read" },
			query: listQuerySchema,
			item: headSchema,
		},
		({ actor, query }) =>
			readList(
				database,
				{
					sql: "SELECT * FROM restock_list WHERE tenant_id = ?",
					args: [actor.tenantId],
					key: ["created_at_ms", "id"],
				},
				query,
				(row) => {
					const head = headRowSchema.parse(row);
					return { id: head.id, routeId: head.route_id, createdAt: new Date(head.created_at_ms).toISOString() };
				},
			),
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/restock-lists",
			summary: "Plan what to bring",
			description:
				"To a route's machines, or to those that are named, in that order: what is missing to each slot's par.",
			tag,
			access: { permission: "restock-lists:write" },
			body: z.union([
				z.strictObject({ routeId: id }),
				z.strictObject({ machineIds: z.array(machineIdSchema).min(1).max(200) }),
			]),
			status: 201,
			problems: [404],
			data: listSchema,
		},
		async ({ actor, body }) => {
			const { tenantId } = actor;
			if ("machineIds" in body) return viewOf(await restock.plan(tenantId, [...new Set(body.machineIds)], null));
			const { machineIds } = await tours.get(tenantId, body.routeId);
			return viewOf(await restock.plan(tenantId, machineIds, body.routeId));
		},
	);
	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/restock-lists/{id}",
			summary: "One restock list",
			tag,
			access: { permission: "restock-lists:read" },
			params: idParams,
			data: listSchema,
		},
		async ({ actor, params }) => viewOf(await restock.get(actor.tenantId, params.id)),
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/restock-lists/{id}/machines/{machine_id}/fill",
			summary: "A machine was filled",
			description:
				"Counts, movements, lots, and the planogram that counts from now on, in one commit. A stop is reported once.",
			tag,
			access: { permission: "restock-lists:write" },
			params: z.object({ id, machine_id: machineIdSchema }),
			body: z.object({
				lines: z
					.array(
						z.object({
							productId: id,
							counted: z.int().min(0).max(10_000).optional().openapi({ description: "Units that were there before" }),
							put: z.int().min(0).max(10_000).openapi({ description: "Units that were put in" }),
							lot: z.object({ code: trimmedText(64), expiresOn: z.iso.date() }).optional(),
						}),
					)
					.max(500)
					.refine(
						(lines) => new Set(lines.map(({ productId }) => productId)).size === lines.length,
						"a product stands there twice",
					),
			}),
			problems: [409],
			data: listSchema,
		},
		async ({ actor, params, body }) => {
			if (body.lines.length === 0)
				throw new Problem(422, "nothing_filled", "Say what was put in, 0 where nothing was.");
			const fillings = body.lines.map(({ productId, counted, put, lot }) => ({ productId, counted, put, lot }));
			return viewOf(await restock.fill(actor.tenantId, params.id, params.machine_id, fillings, actorName(actor)));
		},
	);
	return routes;
}

function viewOf({ createdAtMs, stops, pack, ...list }: RestockList): z.input<typeof listSchema> {
	return {
		...list,
		createdAt: new Date(createdAtMs).toISOString(),
		stops: stops.map(({ lines, ...stop }) => ({ ...stop, lines: lines.map((line) => ({ ...line })) })),
		pack: pack.map((line) => ({ ...line })),
	};
}
