import { z } from "@hono/zod-openapi";
import { defineList, defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { idSchema } from "../http/id.ts";
import { listQuerySchema } from "../http/list.ts";
import { newUserSchema, userChangeSchema, userSchema } from "./user.ts";
import type { UserStore } from "./user-store.ts";

/** `/api/v1/users`: the people of a tenant. */
export function userRoutes(users: UserStore) {
	const routes = createRoutes();
	const tag = "Users";
	const params = z.object({ id: idSchema });
	const manage = { permission: "users:manage" } as const;

	defineList(
		routes,
		{
			path: "/api/v1/users",
			summary: "People",
			tag,
			access: { permission: "users:read" },
			query: listQuerySchema,
			item: userSchema,
		},
		({ actor, query }) => users.list(actor.tenantId, query),
	);
	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/users/{id}",
			summary: "One person",
			tag,
			access: { permission: "users:read" },
			params,
			data: userSchema,
		},
		({ actor, params: { id } }) => users.get(actor.tenantId, id),
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/users",
			summary: "Add a person",
			tag,
			access: manage,
			body: newUserSchema,
			status: 201,
			data: userSchema,
			problems: [409],
		},
		({ actor, body }) => {
			users.mayGrant(actor.grants, body);
			return users.add(actor.tenantId, body);
		},
	);
	defineRoute(
		routes,
		{
			method: "patch",
			path: "/api/v1/users/{id}",
			summary: "Change a person",
			description: "Another role, password or permission ends this person's logins; so does `active: false`.",
			tag,
			access: manage,
			params,
			body: userChangeSchema,
			ifMatch: true,
			data: userSchema,
			problems: [409],
		},
		async ({ actor, params: { id }, body, ifMatch }) => {
			const { role, permissions } = await users.get(actor.tenantId, id);
			// Nor may somebody be changed who holds more than who changes: a new password would be that person's.
			users.mayGrant(actor.grants, { role, permissions });
			users.mayGrant(actor.grants, body);
			return users.change(actor.tenantId, id, body, ifMatch);
		},
	);
	defineRoute(
		routes,
		{
			method: "delete",
			path: "/api/v1/users/{id}",
			summary: "Let a person go",
			description: "The person can log in no longer; what the person did stays on record.",
			tag,
			access: manage,
			params,
			ifMatch: true,
			data: userSchema,
			problems: [409],
		},
		async ({ actor, params: { id }, ifMatch }) => {
			users.mayGrant(actor.grants, await users.get(actor.tenantId, id));
			return users.change(actor.tenantId, id, { active: false }, ifMatch);
		},
	);
	return routes;
}
