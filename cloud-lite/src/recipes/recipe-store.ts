import type { Clock } from "@visionvend/sdk/clock";
import type { RecipeStep } from "@visionvend/sdk/device/messages";
import { recipeStepSchema } from "@visionvend/sdk/protocol/messages";
import { type Random, randomId } from "@visionvend/sdk/random";
import { z } from "zod";
import { type Database, mustHaveChanged, type Row, type Statement } from "../db/database.ts";
import { TenantRows } from "../db/tenant-rows.ts";
import { GuardFailed, UniqueViolation } from "../db/writer.ts";
import type { ListQuery, Page } from "../http/list.ts";
import { Problem } from "../http/problem.ts";

/** Portions of a material that one cup takes. */
export interface MaterialUse {
	/** The material's code. */
	readonly material: string;
	readonly portions: number;
}

/** How one drink is made, whatever machine makes it. */
export interface StoredRecipe {
	readonly id: string;
	readonly name: string;
	readonly steps: readonly RecipeStep[];
	readonly uses: readonly MaterialUse[];
	readonly version: number;
}

export type RecipeFields = Pick<StoredRecipe, "name" | "steps" | "uses">;

/** What a package carries of a recipe: as it was when the package was made. */
export const packedRecipeSchema = z.object({
	number: z.int(),
	recipeId: z.string(),
	name: z.string(),
	steps: z.array(recipeStepSchema),
	uses: z.array(z.object({ material: z.string(), portions: z.int() })),
});
export type PackedRecipe = z.infer<typeof packedRecipeSchema>;

/** Recipes that are deployed together; never edited. */
export interface RecipePackage {
	readonly id: string;
	readonly name: string;
	readonly version: number;
	readonly recipes: PackedRecipe[];
	readonly createdAtMs: number;
}

const rowSchema = z.object({
	id: z.string(),
	name: z.string(),
	steps: z.string(),
	uses: z.string(),
	version: z.int(),
});
const packageRowSchema = z.object({
	id: z.string(),
	name: z.string(),
	version: z.int(),
	recipes: z.string(),
	created_at_ms: z.int(),
});
const versionGuard = "the recipe is there in this version";
const mostAttempts = 20;

function recipeOf(row: Row): StoredRecipe {
	const { steps, uses, ...columns } = rowSchema.parse(row);
	return {
		...columns,
		steps: packedRecipeSchema.shape.steps.parse(JSON.parse(steps)),
		uses: packedRecipeSchema.shape.uses.parse(JSON.parse(uses)),
	};
}

function packageOf(row: Row): RecipePackage {
	const { created_at_ms, recipes, ...columns } = packageRowSchema.parse(row);
	return { ...columns, createdAtMs: created_at_ms, recipes: z.array(packedRecipeSchema).parse(JSON.parse(recipes)) };
}

const storedRecipes = new TenantRows({
	noun: "recipe",
	sql: "SELECT * FROM recipe WHERE tenant_id = ?1 AND active = 1",
	key: ["name", "id"],
	direction: "asc",
	parse: recipeOf,
});
const storedPackages = new TenantRows({
	noun: "recipe package",
	sql: "SELECT * FROM recipe_package WHERE tenant_id = ?1",
	key: ["created_at_ms", "id"],
	parse: packageOf,
});

/** A tenant's recipes and the packages made of them. */
export class RecipeStore {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;

	constructor(options: { database: Database; clock: Clock; random: Random }) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
	}

	/** By name. */
	list(tenantId: string, query: ListQuery): Promise<Page<StoredRecipe>> {
		return storedRecipes.page(this.#database, tenantId, query);
	}

	/** @throws Problem 404 */
	get(tenantId: string, recipeId: string): Promise<StoredRecipe> {
		return storedRecipes.get(this.#database, tenantId, recipeId);
	}

	/** @throws Problem 404 for a material that there is not, 409 when the name is taken */
	async add(tenantId: string, fields: RecipeFields): Promise<StoredRecipe> {
		await this.#checkMaterials(tenantId, fields.uses);
		const id = randomId(this.#random);
		await this.#write(fields.name, [
			{
				sql: "INSERT INTO recipe (id, tenant_id, name, steps, uses, created_at_ms) VALUES (?, ?, ?, ?, ?, ?)",
				args: [id, tenantId, fields.name, JSON.stringify(fields.steps), JSON.stringify(fields.uses), this.#clock.now()],
			},
		]);
		return this.get(tenantId, id);
	}

	/**
	 * Packages that were made before keep the recipe as it was.
	 * @param version the version that the caller saw; `undefined`: any
	 * @throws Problem 404, 409 when the name is taken, 412 when it changed meanwhile
	 */
	async change(
		tenantId: string,
		recipeId: string,
		fields: RecipeFields,
		version: number | undefined,
	): Promise<StoredRecipe> {
		const before = await this.get(tenantId, recipeId);
		await this.#checkMaterials(tenantId, fields.uses);
		await this.#write(fields.name, [
			{
				sql: `UPDATE recipe SET name = ?, steps = ?, uses = ?, version = version + 1
					WHERE id = ? AND tenant_id = ? AND version = ?`,
				args: [
					fields.name,
					JSON.stringify(fields.steps),
					JSON.stringify(fields.uses),
					recipeId,
					tenantId,
					version ?? before.version,
				],
			},
			mustHaveChanged(versionGuard),
		]);
		return this.get(tenantId, recipeId);
	}

	/** @throws Problem 404 */
	async remove(tenantId: string, recipeId: string): Promise<StoredRecipe> {
		const recipe = await this.get(tenantId, recipeId);
		await this.#write(recipe.name, [
			{ sql: "UPDATE recipe SET active = 0 WHERE id = ? AND tenant_id = ?", args: [recipeId, tenantId] },
		]);
		return recipe;
	}

	/** The newest first. */
	packages(tenantId: string, query: ListQuery): Promise<Page<RecipePackage>> {
		return storedPackages.page(this.#database, tenantId, query);
	}

	/** @throws Problem 404 */
	package(tenantId: string, packageId: string): Promise<RecipePackage> {
		return storedPackages.get(this.#database, tenantId, packageId);
	}

	/** Makes a package, the next version of its name. @throws Problem 404 for a recipe that there is not */
	async pack(
		tenantId: string,
		name: string,
		chosen: readonly { readonly number: number; readonly recipeId: string }[],
	): Promise<RecipePackage> {
		const recipes: PackedRecipe[] = [];
		for (const { number, recipeId } of chosen) {
			const recipe = await this.get(tenantId, recipeId);
			recipes.push({
				number,
				recipeId,
				name: recipe.name,
				steps: recipe.steps.map((step) => ({ ...step })),
				uses: recipe.uses.map((use) => ({ ...use })),
			});
		}
		for (let attempt = 1; ; attempt += 1) {
			const id = randomId(this.#random);
			try {
				await this.#database.write([
					{
						sql: `INSERT INTO recipe_package (id, tenant_id, name, version, recipes, created_at_ms)
							SELECT ?1, ?2, ?3, COALESCE(MAX(version), 0) + 1, ?4, ?5 FROM recipe_package
							WHERE tenant_id = ?2 AND name = ?3`,
						args: [id, tenantId, name, JSON.stringify(recipes), this.#clock.now()],
					},
				]);
				return await this.package(tenantId, id);
			} catch (error) {
				if (!(error instanceof UniqueViolation) || attempt >= mostAttempts) throw error;
			}
		}
	}

	async #checkMaterials(tenantId: string, uses: readonly MaterialUse[]): Promise<void> {
		for (const { material } of uses) {
			const [row] = await this.#database.read("SELECT id FROM material WHERE tenant_id = ? AND code = ?", [
				tenantId,
				material,
			]);
			if (!row) throw new Problem(404, "material_unknown", `There is no material ${material}.`);
		}
	}

	async #write(name: string, statements: readonly Statement[]): Promise<void> {
		try {
			await this.#database.write(statements);
		} catch (error) {
			if (error instanceof UniqueViolation) {
				throw new Problem(409, "recipe_name_taken", `There is a recipe ${name} already.`);
			}
			if (!(error instanceof GuardFailed)) throw error;
			throw new Problem(412, "version_conflict", "Somebody else changed the recipe meanwhile; read it again.");
		}
	}
}
