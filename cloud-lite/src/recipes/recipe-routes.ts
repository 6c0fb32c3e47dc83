import { z } from "@hono/zod-openapi";
import { recipeSchema } from "@visionvend/sdk/protocol/messages";
import { defineList, defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { listQuerySchema } from "../http/list.ts";
import { codeSchema, coffeeTag, idParams } from "./coffee-fields.ts";
import type { RecipeStore, StoredRecipe } from "./recipe-store.ts";

// What controllers take, as they take it.
const recipeInputSchema = z.object({
	name: recipeSchema.shape.name,
	steps: recipeSchema.shape.steps,
	uses: z
		.array(z.object({ material: codeSchema, portions: z.int().min(1).max(100) }))
		.max(4)
		.refine(
			(uses) => new Set(uses.map(({ material }) => material)).size === uses.length,
			"a material stands there twice",
		),
});
const recipeViewSchema = z.object({ id: z.string(), ...recipeInputSchema.shape, version: z.int() }).openapi("Recipe");

/** What coffee machines can make. */
export function recipeRoutes(recipes: RecipeStore) {
	const routes = createRoutes();
	defineList(
		routes,
		{
			path: "/api/v1/recipes",
			summary: "Recipes",
			tag: coffeeTag,
			access: { permission: "recipes:read" },
			query: listQuerySchema,
			item: recipeViewSchema,
		},
		async ({ actor, query }) => {
			const { items, meta } = await recipes.list(actor.tenantId, query);
			return { items: items.map(recipeView), meta };
		},
	);
	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/recipe-schema",
			summary: "The JSON schema of a recipe",
			description: "Of what is sent to this API; steps are bounded as controllers bound them.",
			tag: coffeeTag,
			access: { permission: "recipes:read" },
			data: z.record(z.string(), z.unknown()),
		},
		() => z.toJSONSchema(recipeInputSchema) as Record<string, unknown>,
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/recipes",
			summary: "Add a recipe",
			tag: coffeeTag,
			access: { permission: "recipes:write" },
			body: recipeInputSchema,
			status: 201,
			problems: [404, 409],
			data: recipeViewSchema,
		},
		async ({ actor, body }) => recipeView(await recipes.add(actor.tenantId, body)),
	);
	defineRoute(
		routes,
		{
			method: "put",
			path: "/api/v1/recipes/{id}",
			summary: "Change a recipe",
			description: "Packages that were made before keep it as it was.",
			tag: coffeeTag,
			access: { permission: "recipes:write" },
			params: idParams,
			body: recipeInputSchema,
			ifMatch: true,
			problems: [409],
			data: recipeViewSchema,
		},
		async ({ actor, params, body, ifMatch }) =>
			recipeView(await recipes.change(actor.tenantId, params.id, body, ifMatch)),
	);
	defineRoute(
		routes,
		{
			method: "delete",
			path: "/api/v1/recipes/{id}",
			summary: "Remove a recipe",
			tag: coffeeTag,
			access: { permission: "recipes:write" },
			params: idParams,
			data: recipeViewSchema,
		},
		async ({ actor, params }) => recipeView(await recipes.remove(actor.tenantId, params.id)),
	);
	return routes;
}

function recipeView({ steps, uses, ...recipe }: StoredRecipe): z.input<typeof recipeViewSchema> {
	return { ...recipe, steps: steps.map((step) => ({ ...step })), uses: uses.map((use) => ({ ...use })) };
}
