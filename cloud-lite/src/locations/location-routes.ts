import { z } from "@hono/zod-openapi";
import { defineList, defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { idSchema } from "../http/id.ts";
import { listQuerySchema } from "../http/list.ts";
import { type LocationStore, locationChangeSchema, locationSchema, newLocationSchema } from "./location-store.ts";

/** `/api/v1/locations`: the places where a tenant's machines stand. */
export function locationRoutes(locations: LocationStore) {
	const routes = createRoutes();
	const tag = "Locations";
	const read = { permission: "locations:read" } as const;
	const write = { permission: "locations:write" } as const;
	const params = z.object({ id: idSchema });

	defineList(
		routes,
		{
			path: "/api/v1/locations",
			summary: "Locations",
			tag,
			access: read,
			query: listQuerySchema,
			item: locationSchema,
		},
		({ actor, query }) => locations.list(actor.tenantId, query),
	);
	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/locations/{id}",
			summary: "One location",
			tag,
			access: read,
			params,
			data: locationSchema,
		},
		({ actor, params: { id } }) => locations.get(actor.tenantId, id),
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/locations",
			summary: "Add a location",
			tag,
			access: write,
			body: newLocationSchema,
			status: 201,
			data: locationSchema,
			problems: [409],
		},
		({ actor, body }) => locations.add(actor.tenantId, body),
	);
	defineRoute(
		routes,
		{
			method: "patch",
			path: "/api/v1/locations/{id}",
			summary: "Change a location",
			tag,
			access: write,
			params,
			body: locationChangeSchema,
			ifMatch: true,
			data: locationSchema,
			problems: [409],
		},
		({ actor, params: { id }, body, ifMatch }) => locations.change(actor.tenantId, id, body, ifMatch),
	);
	defineRoute(
		routes,
		{
			method: "delete",
			path: "/api/v1/locations/{id}",
			summary: "Remove a location",
			tag,
			access: write,
			params,
			ifMatch: true,
			data: locationSchema,
			problems: [409],
		},
		({ actor, params: { id }, ifMatch }) => locations.remove(actor.tenantId, id, ifMatch),
	);
	return routes;
}
