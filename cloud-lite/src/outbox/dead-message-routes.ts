import { z } from "@hono/zod-openapi";
import type { Database } from "../db/database.ts";
import { defineList, defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { listQuerySchema, readList } from "../http/list.ts";
import { Problem } from "../http/problem.ts";
import type { Outbox } from "./outbox.ts";
import { publishPayloadSchema } from "./outbox-entry.ts";

const deadSchema = z
	.object({
		id: z.int(),
		machineId: z.string(),
		to: publishPayloadSchema.shape.to,
		topic: z.string(),
		saleId: z.string().openapi({ description: "Empty where it is about none" }),
		reason: z.string(),
		createdAt: z.iso.datetime(),
		expiresAt: z.iso.datetime().nullable().openapi({ description: "Not sent any more after this moment" }),
	})
	.openapi("DeadMessage");
const rowSchema = z.object({
	id: z.int(),
	payload: z.string(),
	last_error: z.string().nullable(),
	created_at_ms: z.int(),
	expires_at_ms: z.int().nullable(),
});
const tag = "Machines";

/** `/api/v1/dead-messages`: messages to machines that were given up, and one more try for them. */
export function deadMessageRoutes({ database, outbox }: { database: Database; outbox: Outbox }) {
	const routes = createRoutes();
	defineList(
		routes,
		{
			path: "/api/v1/dead-messages",
			summary: "Messages to machines that were given up",
			tag,
			access: { permission: "machines:read" },
			query: listQuerySchema,
			item: deadSchema,
		},
		({ actor, query }) =>
			readList(
				database,
				{
					sql: `SELECT outbox.* FROM outbox JOIN machine ON machine.id = payload ->> '$.machineId'
						WHERE machine.tenant_id = ?1 AND outbox.state = 'dead'`,
					args: [actor.tenantId],
					key: ["id"],
				},
				query,
				(row) => {
					const { id, payload, last_error, created_at_ms, expires_at_ms } = rowSchema.parse(row);
					const { machineId, to, topic, saleId } = publishPayloadSchema.parse(JSON.parse(payload));
					return {
						id,
						machineId,
						to,
						topic,
						saleId,
						reason: last_error ?? "",
						createdAt: new Date(created_at_ms).toISOString(),
						expiresAt: expires_at_ms === null ? null : new Date(expires_at_ms).toISOString(),
					};
				},
			),
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/dead-messages/{id}/replay",
			summary: "Send such a message after all",
			description: "Under its old id, so a machine that has it already does nothing. What has expired stays unsent.",
			tag,
			access: { permission: "machines:manage" },
			params: z.object({ id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) }),
			status: 202,
			data: z.object({ id: z.int() }),
		},
		async ({ actor, params: { id } }) => {
			if (!(await outbox.replay(actor.tenantId, id))) {
				throw new Problem(404, "dead_message_unknown", `There is no message ${id} that was given up.`);
			}
			return { id };
		},
	);
	return routes;
}
