import { z } from "@hono/zod-openapi";
import { defineList, defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { listQuerySchema } from "../http/list.ts";
import { type AuditLog, auditCheckSchema, auditEntrySchema } from "./audit-log.ts";

/** `/api/v1/audit`: what people and programs of a tenant did. */
export function auditRoutes(audit: AuditLog) {
	const routes = createRoutes();
	const access = { permission: "audit:manage" } as const;
	const tag = "Audit";
	defineList(
		routes,
		{
			path: "/api/v1/audit",
			summary: "Who did what",
			tag,
			access,
			query: listQuerySchema.extend({ actorId: z.string().max(64).optional() }),
			item: auditEntrySchema,
		},
		({ actor, query }) => audit.list(actor.tenantId, query.actorId, query),
	);
	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/audit/check",
			summary: "Is the record whole",
			description:
				"Computes the chain of hashes anew. Keep `lastHash` elsewhere to notice a record that was cut short.",
			tag,
			access,
			data: auditCheckSchema,
		},
		({ actor }) => audit.verify(actor.tenantId),
	);
	return routes;
}
