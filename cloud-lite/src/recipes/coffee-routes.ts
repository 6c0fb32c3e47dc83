import { z } from "@hono/zod-openapi";
import { machineIdSchema, recipeSchema, recipeStepSchema } from "@visionvend/sdk/protocol/messages";
import { CsvError, parse } from "csv-parse/sync";
import { actorName } from "../auth/actor.ts";
import type { Database } from "../db/database.ts";
import { defineList, defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { listQuerySchema, readList } from "../http/list.ts";
import { Problem } from "../http/problem.ts";
import { type Bin, type BinStore, binOf, selectBins } from "./bin-store.ts";
import { type MaterialStore, materialUnits } from "./material-store.ts";
import type { RecipeDeployer } from "./recipe-deployer.ts";
import { packedRecipeSchema, type RecipePackage, type RecipeStore, type StoredRecipe } from "./recipe-store.ts";

const codeSchema = z
	.string()
	.regex(/^[a-z0-9][a-z0-9-]{0,31}$/, "lower-case letters, digits and dashes, at most 32")
	.openapi({ example: "beans" });
const nameSchema = z.string().trim().min(1).max(64);
const materialFields = { code: codeSchema, name: nameSchema, unit: z.enum(materialUnits) };
const materialSchema = z.object({ id: z.string(), ...materialFields, version: z.int() }).openapi("Material");
const importSchema = z.object({
	dryRun: z.boolean(),
	added: z.array(z.string()),
	changed: z.array(z.string()),
	errors: z.array(z.object({ row: z.int(), message: z.string() })),
});

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

const id = z.string().min(1).max(64);
const idParams = z.object({ id });
const tag = "Coffee";

/** Materials, bins, recipes, and packages of recipes that are deployed to machines. */
export function coffeeRoutes(options: {
	readonly database: Pick<Database, "read">;
	readonly materials: MaterialStore;
	readonly bins: BinStore;
	readonly recipes: RecipeStore;
	readonly deployer: RecipeDeployer;
}) {
	const routes = createRoutes();
	addMaterialRoutes(routes, options);
	addBinRoutes(routes, options);
	addRecipeRoutes(routes, options);
	addPackageRoutes(routes, options);
	return routes;
}

type Routes = ReturnType<typeof createRoutes>;
type Options = Parameters<typeof coffeeRoutes>[0];

function addMaterialRoutes(routes: Routes, { materials }: Options): void {
	defineList(
		routes,
		{
			path: "/api/v1/materials",
			summary: "What drinks are made of",
			tag,
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
			tag,
			access: { permission: "materials:write" },
			body: z.object(materialFields),
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
			tag,
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
			tag,
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
			tag,
			access: { permission: "materials:write" },
			query: z.object({ dry_run: z.enum(["true", "false"]).default("false") }),
			body: z.string().openapi({ example: "code,name,unit\nbeans,Coffee beans,gram\n" }),
			bodyType: "text/csv",
			problems: [409, 422],
			data: importSchema,
		},
		async ({ actor, query, body }) => {
			const dryRun = query.dry_run === "true";
			const { rows, errors } = readMaterials(body);
			if (errors.length > 0 && !dryRun) {
				const detail = `${errors.length} error(s), so nothing was taken in; the first: row ${errors[0]?.row}, ${errors[0]?.message}.`;
				throw new Problem(422, "import_has_errors", detail, { errors });
			}
			return { dryRun, ...(await materials.merge(actor.tenantId, rows, dryRun)), errors };
		},
	);
}

function addBinRoutes(routes: Routes, { database, materials, bins, deployer }: Options): void {
	defineList(
		routes,
		{
			path: "/api/v1/bins",
			summary: "Bins of coffee machines, and what should be left in them",
			tag,
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
			tag,
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
			tag,
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
}

function addRecipeRoutes(routes: Routes, { recipes }: Options): void {
	defineList(
		routes,
		{
			path: "/api/v1/recipes",
			summary: "Recipes",
			tag,
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
			tag,
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
			tag,
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
			tag,
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
			tag,
			access: { permission: "recipes:write" },
			params: idParams,
			data: recipeViewSchema,
		},
		async ({ actor, params }) => recipeView(await recipes.remove(actor.tenantId, params.id)),
	);
}

function addPackageRoutes(routes: Routes, { database, recipes, deployer }: Options): void {
	defineList(
		routes,
		{
			path: "/api/v1/recipe-packages",
			summary: "Packages of recipes, the newest first",
			tag,
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
			tag,
			access: { permission: "recipes:write" },
			body: z.object({
				name: nameSchema,
				recipes: z
					.array(z.object({ number: recipeSchema.shape.number, recipeId: id }))
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
			tag,
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
			tag,
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
			tag,
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
}

const materialRowSchema = z.object(materialFields);

function readMaterials(text: string): {
	readonly rows: z.infer<typeof materialRowSchema>[];
	readonly errors: { row: number; message: string }[];
} {
	let records: unknown[];
	try {
		records = parse(text, { bom: true, trim: true, columns: true, skip_empty_lines: true });
	} catch (error) {
		if (!(error instanceof CsvError)) throw error;
		return { rows: [], errors: [{ row: Number(error.lines ?? 1), message: `this is no CSV: ${error.message}` }] };
	}
	const rows: z.infer<typeof materialRowSchema>[] = [];
	const errors: { row: number; message: string }[] = [];
	for (const [index, record] of records.entries()) {
		const parsed = materialRowSchema.safeParse(record);
		const row = index + 2;
		if (!parsed.success) {
			const message = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
			errors.push({ row, message });
		} else if (rows.some(({ code }) => code === parsed.data.code)) {
			errors.push({ row, message: `code: ${parsed.data.code} stands there twice` });
		} else rows.push(parsed.data);
	}
	return { rows, errors };
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

function recipeView({ steps, uses, ...recipe }: StoredRecipe): z.input<typeof recipeViewSchema> {
	return { ...recipe, steps: steps.map((step) => ({ ...step })), uses: uses.map((use) => ({ ...use })) };
}

function packageView({ createdAtMs, ...recipePackage }: RecipePackage): z.input<typeof packageSchema> {
	return { ...recipePackage, createdAt: new Date(createdAtMs).toISOString() };
}
