import type { Clock } from "@visionvend/sdk/clock";
import { type Random, randomId } from "@visionvend/sdk/random";
import { z } from "zod";
import { type Database, mustHaveChanged, type Statement } from "../db/database.ts";
import { TenantRows } from "../db/tenant-rows.ts";
import { GuardFailed, UniqueViolation } from "../db/writer.ts";
import type { ListQuery, Page } from "../http/list.ts";
import { Problem } from "../http/problem.ts";

export const materialUnits = ["gram", "millilitre", "piece"] as const;

/** Something that machines make drinks of. */
export interface Material {
	readonly id: string;
	/** Short name that recipes use: `beans`. */
	readonly code: string;
	readonly name: string;
	/** In which amounts of it are counted. */
	readonly unit: (typeof materialUnits)[number];
	readonly version: number;
}

export type MaterialFields = Pick<Material, "code" | "name" | "unit">;

const rowSchema = z.object({
	id: z.string(),
	code: z.string(),
	name: z.string(),
	unit: z.enum(materialUnits),
	version: z.int(),
});
const versionGuard = "the material is there in this version";

const stored = new TenantRows({
	noun: "material",
	sql: "SELECT * FROM material WHERE tenant_id = ?1",
	key: ["code", "id"],
	direction: "asc",
	parse: (row): Material => rowSchema.parse(row),
});

/** A tenant's dictionary of materials. */
export class MaterialStore {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;

	constructor(options: { database: Database; clock: Clock; random: Random }) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
	}

	/** By code. */
	list(tenantId: string, query: ListQuery): Promise<Page<Material>> {
		return stored.page(this.#database, tenantId, query);
	}

	/** @throws Problem 404 */
	get(tenantId: string, materialId: string): Promise<Material> {
		return stored.get(this.#database, tenantId, materialId);
	}

	all(tenantId: string): Promise<Material[]> {
		return stored.all(this.#database, tenantId);
	}

	/** @throws Problem 409 when the code is taken */
	async add(tenantId: string, fields: MaterialFields): Promise<Material> {
		const id = randomId(this.#random);
		await this.#write([this.#insertion(tenantId, id, fields)], fields.code);
		return this.get(tenantId, id);
	}

	/**
	 * @param version the version that the caller saw; `undefined`: any
	 * @throws Problem 404, 412 when it changed meanwhile
	 */
	async rename(tenantId: string, materialId: string, name: string, version: number | undefined): Promise<Material> {
		const before = await this.get(tenantId, materialId);
		await this.#write(
			[
				{
					sql: "UPDATE material SET name = ?, version = version + 1 WHERE id = ? AND tenant_id = ? AND version = ?",
					args: [name, materialId, tenantId, version ?? before.version],
				},
				mustHaveChanged(versionGuard),
			],
			before.code,
		);
		return this.get(tenantId, materialId);
	}

	/** @throws Problem 404, 409 when a bin holds it or a recipe uses it */
	async remove(tenantId: string, materialId: string): Promise<Material> {
		const material = await this.get(tenantId, materialId);
		const [used] = await this.#database.read(
			`SELECT 1 AS used WHERE EXISTS (SELECT 1 FROM bin WHERE material_id = ?1)
				OR EXISTS (SELECT 1 FROM recipe, json_each(recipe.uses) AS use
					WHERE recipe.tenant_id = ?2 AND active = 1 AND use.value ->> 'material' = ?3)`,
			[materialId, tenantId, material.code],
		);
		if (used)
			throw new Problem(
				409,
				"material_in_use",
				`${material.name} is in a bin or in a recipe; take it out there first.`,
			);
		await this.#database.write([
			{ sql: "DELETE FROM material WHERE id = ? AND tenant_id = ?", args: [materialId, tenantId] },
		]);
		return material;
	}

	/**
	 * Adds and renames materials by code, all in one commit.
	 * @returns how many are new and how many have another name now
	 */
	async merge(
		tenantId: string,
		rows: readonly MaterialFields[],
		dryRun: boolean,
	): Promise<{ readonly added: string[]; readonly changed: string[] }> {
		const known = new Map((await this.all(tenantId)).map((material) => [material.code, material]));
		const added = rows.filter(({ code }) => !known.has(code));
		const changed = rows.filter(({ code, name }) => known.has(code) && known.get(code)?.name !== name);
		if (!dryRun && added.length + changed.length > 0) {
			await this.#write(
				[
					...added.map((fields) => this.#insertion(tenantId, randomId(this.#random), fields)),
					...changed.map(({ code, name }) => ({
						sql: "UPDATE material SET name = ?, version = version + 1 WHERE tenant_id = ? AND code = ?",
						args: [name, tenantId, code],
					})),
				],
				"",
			);
		}
		return { added: added.map(({ code }) => code), changed: changed.map(({ code }) => code) };
	}

	#insertion(tenantId: string, id: string, { code, name, unit }: MaterialFields): Statement {
		return {
			sql: "INSERT INTO material (id, tenant_id, code, name, unit, created_at_ms) VALUES (?, ?, ?, ?, ?, ?)",
			args: [id, tenantId, code, name, unit, this.#clock.now()],
		};
	}

	async #write(statements: readonly Statement[], code: string): Promise<void> {
		try {
			await this.#database.write(statements);
		} catch (error) {
			if (error instanceof UniqueViolation) {
				throw new Problem(409, "material_code_taken", `There is a material ${code} already.`);
			}
			if (!(error instanceof GuardFailed)) throw error;
			throw new Problem(412, "version_conflict", "Somebody else changed the material meanwhile; read it again.");
		}
	}
}
