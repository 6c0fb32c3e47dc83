import { z } from "@hono/zod-openapi";
import { machineIdSchema, recipeSchema, recipeStepSchema } from "@visionvend/sdk/protocol/messages";
import type { Database } from "../db/database.ts";
import { defineList, defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { listQuerySchema, readList } from "../http/list.ts";
import { coffeeTag, idParams, idSchema, nameSchema } from "./coffee-fields.ts";
import type { RecipeDeployer } from "./recipe-deployer.ts";
import { packedRecipeSchema, type RecipePackage, type RecipeStore } from "./recipe-store.ts";

const packageSchema = z
	.object({
		id: z.string(),
		name: z.string(),
		version: z.int(),
		recipes: z.array(packedRecipeSchema.extend({ steps: z.array(recipeStepSchema) })),
		createdAt: z.iso.datetime(),
	})
	.openapi("RecipePackage");
const deploymentSchema = z
	.object({
		id: z.string(),
		packageId: z.string(),
		machineId: z.string(),
		state: z.enum(["requested", "sent", "received", "running", "done", "failed", "expired"]).openapi({
			description: "Of the command that carries it",
		}),
		active: z.boolean().openapi({ description: "The machine makes these recipes now" }),
		createdAt: z.iso.datetime(),
	})
	.openapi("RecipeDeployment");
const deploymentRowSchema = z.object({
	id: z.string(),
	package_id: z.string(),
	machine_id: z.string(),
	state: deploymentSchema.shape.state,
	active: z.int(),
	created_at_ms: z.int(),
});

/** Packages of recipes, and the machines that they are deployed to. */
export function recipePackageRoutes(options: {
	readonly database: Pick<Database, "read">;
	readonly recipes: RecipeStore;
	readonly deployer: RecipeDeployer;
}) {
	const routes = createRoutes();
	const { database, recipes, deployer } = options;
	defineList(
		routes,
		{
			path: "/api/v1/recipe-packages",
			summary: "Packages of recipes, the newest first",
			tag: coffeeTag,
			access: { permission: "recipes:read" },
			query: listQuerySchema,
			item: packageSchema,
		},
		async ({ actor, query }) => {
			const { items, meta } = await recipes.packages(actor.tenantId, query);
			return { items: items.map(packageView), meta };
		},
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/recipe-packages",
			summary: "Pack recipes as they are now",
			description: "The next version of its name. `number` is the slot whose product the recipe makes.",
			tag: coffeeTag,
			access: { permission: "recipes:write" },
			body: z.object({
				name: nameSchema,
				recipes: z
					.array(z.object({ number: recipeSchema.shape.number, recipeId: idSchema }))
					.min(1)
					.max(8)
					.refine((all) => new Set(all.map(({ number }) => number)).size === all.length, "a number stands there twice"),
			}),
			status: 201,
			problems: [404],
			data: packageSchema,
		},
		async ({ actor, body }) => packageView(await recipes.pack(actor.tenantId, body.name, body.recipes)),
	);
	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/recipe-packages/{id}",
			summary: "One package",
			tag: coffeeTag,
			access: { permission: "recipes:read" },
			params: idParams,
			data: packageSchema,
		},
		async ({ actor, params }) => packageView(await recipes.package(actor.tenantId, params.id)),
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/recipe-packages/{id}/deployments",
			summary: "Deploy a package to a machine",
			description: "It becomes part of the machine's configuration, and counts once the machine runs with that.",
			tag: coffeeTag,
			access: { permission: "recipes:write" },
			params: idParams,
			body: z.object({ machineId: machineIdSchema }),
			status: 202,
			problems: [409, 412, 422],
			data: z.object({ id: z.string() }),
		},
		async ({ actor, params, body }) => ({ id: await deployer.deploy(actor.tenantId, params.id, body.machineId) }),
	);
	defineList(
		routes,
		{
			path: "/api/v1/recipe-deployments",
			summary: "Which packages went where, the newest first",
			tag: coffeeTag,
			access: { permission: "recipes:read" },
			query: listQuerySchema.extend({ machine_id: machineIdSchema.optional() }),
			item: deploymentSchema,
		},
		({ actor, query }) =>
			readList(
				database,
				{
					sql: `SELECT recipe_deployment.*, COALESCE(remote_command.state, 'done') AS state FROM recipe_deployment
						LEFT JOIN remote_command ON remote_command.id = command_id
						WHERE recipe_deployment.tenant_id = ?1 AND (?2 IS NULL OR recipe_deployment.machine_id = ?2)`,
					args: [actor.tenantId, query.machine_id ?? null],
					key: ["created_at_ms", "id"],
				},
				query,
				(row) => {
					const { package_id, machine_id, active, created_at_ms, ...deployment } = deploymentRowSchema.parse(row);
					return {
						...deployment,
						packageId: package_id,
						machineId: machine_id,
						active: active === 1,
						createdAt: new Date(created_at_ms).toISOString(),
					};
				},
			),
	);
	return routes;
}

function packageView({ createdAtMs, ...recipePackage }: RecipePackage): z.input<typeof packageSchema> {
	return { ...recipePackage, createdAt: new Date(createdAtMs).toISOString() };
}
