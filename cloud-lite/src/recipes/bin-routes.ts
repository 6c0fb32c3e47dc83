import { z } from "@hono/zod-openapi";
import { machineIdSchema } from "@visionvend/sdk/protocol/messages";
import { actorName } from "../auth/actor.ts";
import type { Database } from "../db/database.ts";
import { defineList, defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { listQuerySchema, readList } from "../http/list.ts";
import { type Bin, type BinStore, binOf, selectBins } from "./bin-store.ts";
import { codeSchema, coffeeTag, idParams } from "./coffee-fields.ts";
import { type MaterialStore, materialUnits } from "./material-store.ts";
import type { RecipeDeployer } from "./recipe-deployer.ts";

const amount = z.int().min(1).max(10_000_000);
const binSchema = z
	.object({
		id: z.string(),
		machineId: z.string(),
		name: z.string(),
		material: codeSchema,
		unit: z.enum(materialUnits),
		portion: z.int(),
		capacity: z.int(),
		threshold: z.int(),
		level: z.int().openapi({ description: "What should be left, by what was filled in and sold" }),
		low: z.boolean(),
		filledAt: z.iso.datetime().nullable(),
	})
	.openapi("Bin");
const plannedBinSchema = z
	.object({
		name: z.string().min(1).max(16).openapi({ description: "As in the machine's configuration", example: "beans" }),
		material: codeSchema,
		portion: amount.openapi({ description: "Amount of one portion, in the material's unit", example: 9 }),
		capacity: amount.openapi({ example: 900 }),
		threshold: z.int().min(0).max(10_000_000).openapi({ description: "At or below it is low", example: 120 }),
	})
	.refine(({ portion, capacity }) => capacity >= portion, "the capacity is less than a portion")
	.refine(({ threshold, capacity }) => threshold <= capacity, "the threshold is above the capacity");

/** What the bins of coffee machines hold. */
export function binRoutes(options: {
	readonly database: Pick<Database, "read">;
	readonly materials: MaterialStore;
	readonly bins: BinStore;
	readonly deployer: RecipeDeployer;
}) {
	const routes = createRoutes();
	const { database, materials, bins, deployer } = options;
	defineList(
		routes,
		{
			path: "/api/v1/bins",
			summary: "Bins of coffee machines, and what should be left in them",
			tag: coffeeTag,
			access: { permission: "bins:read" },
			query: listQuerySchema.extend({ machine_id: machineIdSchema.optional(), low: z.literal("true").optional() }),
			item: binSchema,
		},
		({ actor, query }) =>
			readList(
				database,
				{
					sql: `${selectBins} AND (?2 IS NULL OR machine_id = ?2) AND (?3 IS NULL OR level <= threshold)`,
					args: [actor.tenantId, query.machine_id ?? null, query.low === undefined ? null : 1],
					key: ["machine_id", "name", "id"],
					direction: "asc",
				},
				query,
				(row) => binView(binOf(row)),
			),
	);
	defineRoute(
		routes,
		{
			method: "put",
			path: "/api/v1/machines/{id}/bins",
			summary: "Say what a machine's bins hold",
			description: "A bin that keeps its name and material keeps its level. Deploy a package for the machine to know.",
			tag: coffeeTag,
			access: { permission: "bins:write" },
			params: z.object({ id: machineIdSchema }),
			body: z.object({
				bins: z
					.array(plannedBinSchema)
					.max(4)
					.refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "a bin stands there twice")
					.refine(
						(all) => new Set(all.map(({ material }) => material)).size === all.length,
						"two bins cannot hold one material",
					),
			}),
			problems: [409],
			data: z.array(binSchema),
		},
		async ({ actor, params, body }) => {
			const coffee = await deployer.coffeeOf(actor.tenantId, params.id);
			const names = coffee.bins.map(({ name }) => name);
			const known = await materials.all(actor.tenantId);
			return (await bins.setUp(actor.tenantId, params.id, names, body.bins, known)).map(binView);
		},
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/bins/{id}/fill",
			summary: "A bin was filled",
			tag: coffeeTag,
			access: { permission: "bins:write" },
			params: idParams,
			body: z
				.object({
					level: z
						.int()
						.min(0)
						.max(10_000_000)
						.optional()
						.openapi({ description: "What is in it now; the capacity where left out" }),
				})
				.optional(),
			data: binSchema,
		},
		async ({ actor, params, body }) =>
			binView(await bins.fill(actor.tenantId, params.id, body?.level, actorName(actor))),
	);
	return routes;
}

function binView({ material, filledAtMs, ...bin }: Bin): z.input<typeof binSchema> {
	return {
		...bin,
		material: material.code,
		unit: material.unit,
		low: bin.level <= bin.threshold,
		filledAt: filledAtMs === null ? null : new Date(filledAtMs).toISOString(),
	};
}
