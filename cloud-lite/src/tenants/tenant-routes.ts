import { z } from "@hono/zod-openapi";
import type { Database } from "../db/database.ts";
import { defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";

const tenantSchema = z
	.object({ id: z.string(), slug: z.string(), name: z.string(), version: z.int(), createdAt: z.iso.datetime() })
	.openapi("Tenant");
const rowSchema = z.object({
	id: z.string(),
	slug: z.string(),
	name: z.string(),
	version: z.int(),
	created_at_ms: z.int(),
});

/** `/api/v1/tenant`: the tenant of who asks. */
export function tenantRoutes(database: Database) {
	const routes = createRoutes();
	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/tenant",
			summary: "Your tenant",
			tag: "Tenants",
			access: { permission: "tenants:read" },
			data: tenantSchema,
		},
		async ({ actor }) => {
			const [row] = await database.read("SELECT * FROM tenant WHERE id = ?", [actor.tenantId]);
			const { created_at_ms, ...tenant } = rowSchema.parse(row);
			return { ...tenant, createdAt: new Date(created_at_ms).toISOString() };
		},
	);
	return routes;
}
