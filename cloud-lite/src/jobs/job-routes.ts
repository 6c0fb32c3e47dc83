import { z } from "@hono/zod-openapi";
import type { Reader } from "../db/database.ts";
import { defineList } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { listQuerySchema, readList } from "../http/list.ts";

const kindSchema = z.enum(["command_batch", "ota_campaign"]);
const stateSchema = z.enum(["waiting", "running", "stopped", "done"]);
const jobSchema = z
	.object({
		id: z.string(),
		kind: kindSchema,
		name: z.string().openapi({ description: "What it does: a campaign's name, the action of a batch" }),
		state: stateSchema.openapi({ description: "waiting: for approval" }),
		total: z.int().openapi({ description: "Machines it is about" }),
		done: z.int(),
		failed: z.int(),
		createdAt: z.iso.datetime(),
	})
	.openapi("Job");
const rowSchema = z.object({
	id: z.string(),
	kind: kindSchema,
	name: z.string(),
	state: stateSchema,
	total: z.int(),
	done: z.int(),
	failed: z.int(),
	created_at_ms: z.int(),
});

const endedCommand = "remote_command.state IN ('done', 'failed', 'expired')";
/** What takes its time over many machines. Both halves bind the tenant as `?1`. */
const jobs = `
	SELECT command_batch.id, 'command_batch' AS kind, request ->> '$.action' AS name,
			CASE WHEN COUNT(*) FILTER (WHERE NOT ${endedCommand}) > 0 THEN 'running' ELSE 'done' END AS state,
			COUNT(remote_command.id) AS total,
			COUNT(*) FILTER (WHERE remote_command.state = 'done') AS done,
			COUNT(*) FILTER (WHERE remote_command.state IN ('failed', 'expired')) AS failed,
			command_batch.created_at_ms
		FROM command_batch LEFT JOIN remote_command ON batch_id = command_batch.id
		WHERE tenant_id = ?1 GROUP BY command_batch.id
	UNION ALL
	SELECT ota_campaign.id, 'ota_campaign', name, ota_campaign.state,
			COUNT(machine_id),
			COUNT(*) FILTER (WHERE ota_target.state = 'done'),
			COUNT(*) FILTER (WHERE ota_target.state = 'failed'),
			created_at_ms
		FROM ota_campaign LEFT JOIN ota_target ON campaign_id = ota_campaign.id
		WHERE tenant_id = ?1 GROUP BY ota_campaign.id`;

/** `GET /api/v1/jobs`: what is under way, and how far it has come. */
export function jobRoutes(database: Reader) {
	const routes = createRoutes();
	defineList(
		routes,
		{
			path: "/api/v1/jobs",
			summary: "What is under way over many machines, and how far it has come",
			description: "Batches of commands and campaigns of updates; each has its own routes to look closer.",
			tag: "Operation",
			access: { permission: "machines:read" },
			query: listQuerySchema.extend({ state: stateSchema.optional() }),
			item: jobSchema,
		},
		({ actor, query }) =>
			readList(
				database,
				{
					sql: `SELECT * FROM (${jobs}) WHERE (?2 IS NULL OR state = ?2)`,
					args: [actor.tenantId, query.state ?? null],
					key: ["created_at_ms", "id"],
				},
				query,
				(row) => {
					const { created_at_ms, ...job } = rowSchema.parse(row);
					return { ...job, createdAt: new Date(created_at_ms).toISOString() };
				},
			),
	);
	return routes;
}
