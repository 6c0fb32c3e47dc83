import { z } from "@hono/zod-openapi";
import { defineList, defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { listQuerySchema } from "../http/list.ts";
import { Problem } from "../http/problem.ts";
import { coffeeTag, idParams, nameSchema } from "./coffee-fields.ts";
import { materialFieldsSchema, readMaterialCsv } from "./material-csv.ts";
import type { MaterialStore } from "./material-store.ts";

const materialSchema = z
	.object({ id: z.string(), ...materialFieldsSchema.shape, version: z.int() })
	.openapi("Material");
const importSchema = z.object({
	dryRun: z.boolean(),
	added: z.array(z.string()),
	changed: z.array(z.string()),
	errors: z.array(z.object({ row: z.int(), message: z.string() })),
});

/** What drinks are made of. */
export function materialRoutes(materials: MaterialStore) {
	const routes = createRoutes();
	defineList(
		routes,
		{
			path: "/api/v1/materials",
			summary: "What drinks are made of",
			tag: coffeeTag,
			access: { permission: "materials:read" },
			query: listQuerySchema,
			item: materialSchema,
		},
		({ actor, query }) => materials.list(actor.tenantId, query),
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/materials",
			summary: "Add a material",
			tag: coffeeTag,
			access: { permission: "materials:write" },
			body: materialFieldsSchema,
			status: 201,
			problems: [409],
			data: materialSchema,
		},
		({ actor, body }) => materials.add(actor.tenantId, body),
	);
	defineRoute(
		routes,
		{
			method: "patch",
			path: "/api/v1/materials/{id}",
			summary: "Rename a material",
			description: "Recipes and bins know it by its code, which stays.",
			tag: coffeeTag,
			access: { permission: "materials:write" },
			params: idParams,
			body: z.object({ name: nameSchema }),
			ifMatch: true,
			data: materialSchema,
		},
		({ actor, params, body, ifMatch }) => materials.rename(actor.tenantId, params.id, body.name, ifMatch),
	);
	defineRoute(
		routes,
		{
			method: "delete",
			path: "/api/v1/materials/{id}",
			summary: "Remove a material that nothing uses",
			tag: coffeeTag,
			access: { permission: "materials:write" },
			params: idParams,
			problems: [409],
			data: materialSchema,
		},
		({ actor, params }) => materials.remove(actor.tenantId, params.id),
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/imports/materials",
			summary: "Add and rename materials by CSV",
			description: "Titles: code, name, unit. All rows in one commit, or none.",
			tag: coffeeTag,
			access: { permission: "materials:write" },
			query: z.object({ dry_run: z.enum(["true", "false"]).default("false") }),
			body: z.string().openapi({ example: "code,name,unit\nbeans,Coffee beans,gram\n" }),
			bodyType: "text/csv",
			problems: [409, 422],
			data: importSchema,
		},
		async ({ actor, query, body }) => {
			const dryRun = query.dry_run === "true";
			const { rows, errors } = readMaterialCsv(body, await materials.all(actor.tenantId));
			if (errors.length > 0 && !dryRun) {
				const detail = `${errors.length} error(s), so nothing was taken in; the first: row ${errors[0]?.row}, ${errors[0]?.message}.`;
				throw new Problem(422, "import_has_errors", detail, { errors });
			}
			return { dryRun, ...(await materials.merge(actor.tenantId, rows, dryRun)), errors };
		},
	);
	return routes;
}
