import { z } from "@hono/zod-openapi";
import { machineIdSchema } from "@visionvend/sdk/protocol/messages";
import type { Database } from "../db/database.ts";
import { defineList, defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { listQuerySchema, readList } from "../http/list.ts";
import { trimmedText } from "../http/trimmed-text.ts";
import { type Planogram, planogramOf } from "./planogram.ts";
import type { PlanogramService, PlanogramView } from "./planogram-service.ts";
import { gramsSchemas, lowAtSchema, priceCentsSchema, skuSchema } from "./product-fields.ts";

const units = z.int().min(0).max(10_000);
const slotInputSchema = z.object({
	position: trimmedText(16).openapi({ description: "For people", example: "A1" }),
	sku: skuSchema,
	shelf: z.int().min(0).max(15).openapi({
		description: "Of a fridge, 0 is the topmost; of a machine that delivers, the number of the slot",
	}),
	capacity: units.min(1).nullable().default(null).openapi({ description: "Units that fit" }),
	par: units.nullable().default(null).openapi({ description: "Units to fill up to; the capacity where null" }),
	lowAt: lowAtSchema.default(null).openapi({ description: "Low here at or below it; as the product says where null" }),
	priceCents: priceCentsSchema.nullable().default(null).openapi({ description: "In this machine alone" }),
	massMilligrams: gramsSchemas.massMilligrams.default(null),
	toleranceMilligrams: gramsSchemas.toleranceMilligrams.default(null),
});
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
			body: z.object({ machineId: machineIdSchema, slots: z.array(slotInputSchema).min(1).max(500) }),
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
