import { z } from "@hono/zod-openapi";
import { machineIdSchema } from "@visionvend/sdk/protocol/messages";
import type { Database } from "../db/database.ts";
import { defineList, defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { listQuerySchema, readList } from "../http/list.ts";
import { plannedSlotsSchema } from "./planned-slots.ts";
import { type Planogram, planogramOf } from "./planogram.ts";
import type { PlanogramService, PlanogramView } from "./planogram-service.ts";

const headSchema = z.object({
	id: z.string(),
	machineId: z.string(),
	number: z.int().openapi({ description: "Counts up in each machine" }),
	state: z.enum(["draft", "active", "retired"]),
	createdAt: z.iso.datetime(),
	appliedAt: z.iso.datetime().nullable(),
});
const planogramSchema = headSchema
	.extend({
		slots: z.array(
			z.object({
				position: z.string(),
				productId: z.string(),
				sku: z.string(),
				name: z.string(),
				shelf: z.int(),
				capacity: z.int().nullable(),
				par: z.int().nullable(),
				lowAt: z.int().nullable(),
				priceCents: z.int().nullable(),
				massMilligrams: z.int().nullable(),
				toleranceMilligrams: z.int().nullable(),
			}),
		),
		warnings: z.array(z.string()).openapi({ description: "Products that neither scale nor camera would tell apart" }),
	})
	.openapi("Planogram");
const idParams = z.object({ id: z.string().min(1).max(64) });
const tag = "Catalogue";

/** `/api/v1/planograms`: what stands where in machines. */
export function planogramRoutes(database: Pick<Database, "read">, planograms: PlanogramService) {
	const routes = createRoutes();
	defineList(
		routes,
		{
			path: "/api/v1/planograms",
			summary: "Planograms, the newest first",
			tag,
			access: { permission: "planograms:read" },
			query: listQuerySchema.extend({
				machine_id: machineIdSchema.optional(),
				state: z.enum(["draft", "active", "retired"]).optional(),
			}),
			item: headSchema,
		},
		({ actor, query }) =>
			readList(
				database,
				{
					sql: `SELECT * FROM planogram WHERE tenant_id = ?1 AND (?2 IS NULL OR machine_id = ?2)
						AND (?3 IS NULL OR state = ?3)`,
					args: [actor.tenantId, query.machine_id ?? null, query.state ?? null],
					key: ["created_at_ms", "id"],
				},
				query,
				(row) => headOf(planogramOf(row)),
			),
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/planograms",
			summary: "Plan a machine anew",
			description:
				"The draft counts once the machine was filled by it; a draft before is retired. `If-Match` is the number of the latest planogram that you saw.",
			tag,
			access: { permission: "planograms:write" },
			body: z.object({ machineId: machineIdSchema, slots: plannedSlotsSchema }),
			ifMatch: true,
			status: 201,
			problems: [404],
			data: planogramSchema,
		},
		async ({ actor, body, ifMatch }) =>
			viewOf(await planograms.draft(actor.tenantId, body.machineId, body.slots, ifMatch)),
	);
	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/planograms/{id}",
			summary: "One planogram with its slots",
			tag,
			access: { permission: "planograms:read" },
			params: idParams,
			data: planogramSchema,
		},
		async ({ actor, params }) => viewOf(await planograms.get(actor.tenantId, params.id)),
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/planograms/{id}/apply",
			summary: "The machine was filled by this draft",
			description: "From the next sale on it sells by it. Filling by a restock list does this by itself.",
			tag,
			access: { permission: "planograms:write" },
			params: idParams,
			problems: [409],
			data: planogramSchema,
		},
		async ({ actor, params }) => viewOf(await planograms.apply(actor.tenantId, params.id)),
	);
	return routes;
}

function headOf(planogram: Planogram): z.input<typeof headSchema> {
	const { id, machineId, number, state, createdAtMs, appliedAtMs } = planogram;
	return {
		id,
		machineId,
		number,
		state,
		createdAt: new Date(createdAtMs).toISOString(),
		appliedAt: appliedAtMs === null ? null : new Date(appliedAtMs).toISOString(),
	};
}

function viewOf({ planogram, slots, warnings }: PlanogramView): z.input<typeof planogramSchema> {
	return { ...headOf(planogram), slots: slots.map((slot) => ({ ...slot })), warnings: [...warnings] };
}
