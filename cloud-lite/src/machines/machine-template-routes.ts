import { z } from "@hono/zod-openapi";
import type { Clock } from "@visionvend/sdk/clock";
import { type Random, randomId } from "@visionvend/sdk/random";
import type { Database, Row } from "../db/database.ts";
import { UniqueViolation } from "../db/writer.ts";
import { defineList, defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { listQuerySchema, readList } from "../http/list.ts";
import { Problem } from "../http/problem.ts";
import { trimmedText } from "../http/trimmed-text.ts";
import { machineConfigSchema, problemsOf, withoutSecrets } from "./machine-config.ts";

const tag = "Machines";
const templateSchema = z
	.object({ id: z.string(), name: z.string(), config: machineConfigSchema, createdAt: z.iso.datetime() })
	.openapi("MachineTemplate");
const rowSchema = z.object({ id: z.string(), name: z.string(), config: z.string(), created_at_ms: z.int() });

/** What new machines are made like: the hardware and software of one, under a name. */
export function machineTemplateRoutes(options: {
	readonly database: Database;
	readonly clock: Clock;
	readonly random: Random;
}) {
	const { database, clock, random } = options;
	const routes = createRoutes();

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/machine-templates",
			summary: "Keep a configuration for new machines",
			description: "Onboarding takes its hardware and software; network and money are each machine's own.",
			tag,
			access: { permission: "machines:manage" },
			body: z.object({ name: trimmedText(100), config: machineConfigSchema }),
			status: 201,
			problems: [409, 422],
			data: templateSchema,
		},
		async ({ actor, body: { name, config } }) => {
			const problems = problemsOf(config);
			if (problems.length > 0) {
				throw new Problem(422, "config_unworkable", `The parts cannot work like this. ${problems.join(" ")}`, {
					problems,
				});
			}
			const id = randomId(random);
			const text = JSON.stringify(withoutSecrets(config));
			const nowMs = clock.now();
			try {
				await database.write([
					{
						sql: "INSERT INTO machine_template (id, tenant_id, name, config, created_at_ms) VALUES (?, ?, ?, ?, ?)",
						args: [id, actor.tenantId, name, text, nowMs],
					},
				]);
			} catch (error) {
				if (!(error instanceof UniqueViolation)) throw error;
				throw new Problem(409, "template_exists", `There is a template "${name}" already; choose another name.`);
			}
			return view({ id, name, config: text, created_at_ms: nowMs });
		},
	);

	defineList(
		routes,
		{
			path: "/api/v1/machine-templates",
			summary: "Your templates",
			tag,
			access: { permission: "machines:read" },
			query: listQuerySchema,
			item: templateSchema,
		},
		({ actor, query }) =>
			readList(
				database,
				{
					sql: "SELECT * FROM machine_template WHERE tenant_id = ?",
					args: [actor.tenantId],
					key: ["created_at_ms", "id"],
				},
				query,
				view,
			),
	);
	return routes;
}

function view(row: Row): z.input<typeof templateSchema> {
	const { id, name, config, created_at_ms: createdAtMs } = rowSchema.parse(row);
	return {
		id,
		name,
		config: machineConfigSchema.parse(JSON.parse(config)),
		createdAt: new Date(createdAtMs).toISOString(),
	};
}
