import { z } from "@hono/zod-openapi";
import { passwordSchema } from "../auth/password.ts";
import { defineList, defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { idSchema } from "../http/id.ts";
import { listQuerySchema } from "../http/list.ts";
import { Problem } from "../http/problem.ts";
import { trimmedText } from "../http/trimmed-text.ts";
import {
	brandingSchema,
	slugSchema,
	subscriptionSchema,
	tenantNameSchema,
	tenantSchema,
	tenantSettingsSchema,
} from "./tenant.ts";
import type { TenantStore } from "./tenant-store.ts";

const ownChangeSchema = z
	.object({ name: tenantNameSchema, settings: tenantSettingsSchema, branding: brandingSchema })
	.partial()
	.openapi("TenantChange");
const platformChangeSchema = z
	.object({ name: tenantNameSchema, subscription: subscriptionSchema, active: z.boolean() })
	.partial()
	.openapi("TenantSubscriptionChange");
const newTenantSchema = z
	.object({
		slug: slugSchema,
		name: tenantNameSchema,
		admin: z.object({
			email: z.email().max(254).toLowerCase().openapi({ example: "ada@example.com" }),
			name: trimmedText(100),
			password: passwordSchema,
		}),
	})
	.openapi("NewTenant");
const provisionedSchema = z
	.object({
		tenant: tenantSchema,
		adminId: z.string(),
		apiKey: z.string().openapi({ description: "Shown this once; only its hash is kept" }),
	})
	.openapi("ProvisionedTenant");

/** `/api/v1/tenant`, the tenant of who asks, and `/api/v1/tenants`, all of them, for who runs the cloud. */
export function tenantRoutes(tenants: TenantStore) {
	const routes = createRoutes();
	const tag = "Tenants";
	const platform = { permission: "tenants:platform" } as const;
	const params = z.object({ id: idSchema });

	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/tenant",
			summary: "Your tenant",
			tag,
			access: { permission: "tenants:read" },
			data: tenantSchema,
		},
		({ actor }) => tenants.get(actor.tenantId),
	);
	defineRoute(
		routes,
		{
			method: "patch",
			path: "/api/v1/tenant",
			summary: "Change your tenant",
			description: "Settings and branding are replaced as a whole. The subscription is the platform's to change.",
			tag,
			access: { permission: "tenants:manage" },
			body: ownChangeSchema,
			ifMatch: true,
			data: tenantSchema,
		},
		({ actor, body, ifMatch }) => tenants.change(actor.tenantId, body, ifMatch),
	);
	defineList(
		routes,
		{
			path: "/api/v1/tenants",
			summary: "All tenants",
			tag,
			access: platform,
			query: listQuerySchema,
			item: tenantSchema,
		},
		({ query }) => tenants.list(query),
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/tenants",
			summary: "Add a tenant",
			description: "With its first admin and its first API key.",
			tag,
			access: platform,
			body: newTenantSchema,
			status: 201,
			data: provisionedSchema,
			problems: [409],
		},
		({ body: { slug, name, admin } }) =>
			tenants.provision({ slug, name }, { ...admin, role: "admin", permissions: [] }),
	);
	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/tenants/{id}",
			summary: "One tenant",
			tag,
			access: platform,
			params,
			data: tenantSchema,
		},
		({ params: { id } }) => tenants.get(id),
	);
	defineRoute(
		routes,
		{
			method: "patch",
			path: "/api/v1/tenants/{id}",
			summary: "Change a tenant's subscription",
			description: "`active: false` ends all logins and keys of the tenant at once.",
			tag,
			access: platform,
			params,
			body: platformChangeSchema,
			ifMatch: true,
			data: tenantSchema,
			problems: [409],
		},
		({ actor, params: { id }, body, ifMatch }) => {
			if (id === actor.tenantId && body.active === false) {
				throw new Problem(409, "own_tenant", "You would lock yourself out.");
			}
			return tenants.change(id, body, ifMatch);
		},
	);
	return routes;
}
