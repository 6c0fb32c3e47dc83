import type { Clock } from "@visionvend/sdk/clock";
import { type Random, randomId } from "@visionvend/sdk/random";
import { z } from "zod";
import { type Database, mustHaveChanged, type Row } from "../db/database.ts";
import { TenantRows } from "../db/tenant-rows.ts";
import { GuardFailed } from "../db/writer.ts";
import { Problem } from "../http/problem.ts";
import { type Material, materialUnits } from "./material-store.ts";

/** One bin of a coffee machine. Amounts are in the unit of its material. */
export interface Bin {
	readonly id: string;
	readonly machineId: string;
	/** As the machine's configuration and health name it. */
	readonly name: string;
	readonly material: Pick<Material, "id" | "code" | "name" | "unit">;
	/** What a recipe takes as one portion. */
	readonly portion: number;
	readonly capacity: number;
	/** At or below it is low. */
	readonly threshold: number;
	/** What should be left, by what was filled in and sold. */
	readonly level: number;
	readonly filledAtMs: number | null;
}

/** A bin as somebody sets it up; the material by code. */
export type PlannedBin = Pick<Bin, "name" | "portion" | "capacity" | "threshold"> & { readonly material: string };

const rowSchema = z.object({
	id: z.string(),
	machine_id: z.string(),
	name: z.string(),
	material_id: z.string(),
	code: z.string(),
	material_name: z.string(),
	unit: z.enum(materialUnits),
	portion: z.int(),
	capacity: z.int(),
	threshold: z.int(),
	level: z.int(),
	filled_at_ms: z.int().nullable(),
});

/** Bins with their material; `?1` is the tenant. */
export const selectBins = `SELECT bin.*, material.code, material.name AS material_name, material.unit FROM bin
	JOIN material ON material.id = bin.material_id WHERE bin.tenant_id = ?1 AND bin.active = 1`;

/** A row of `selectBins`. */
export function binOf(row: Row): Bin {
	const columns = rowSchema.parse(row);
	return {
		id: columns.id,
		machineId: columns.machine_id,
		name: columns.name,
		material: { id: columns.material_id, code: columns.code, name: columns.material_name, unit: columns.unit },
		portion: columns.portion,
		capacity: columns.capacity,
		threshold: columns.threshold,
		level: columns.level,
		filledAtMs: columns.filled_at_ms,
	};
}

const stored = new TenantRows({
	noun: "bin",
	sql: selectBins,
	key: ["machine_id", "name", "id"],
	direction: "asc",
	parse: binOf,
});

/** What the bins of a tenant's coffee machines hold. */
export class BinStore {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;

	constructor(options: { database: Database; clock: Clock; random: Random }) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
	}

	/** Of one machine, by name. */
	async ofMachine(tenantId: string, machineId: string): Promise<Bin[]> {
		const rows = await this.#database.read(`${selectBins} AND machine_id = ?2 ORDER BY bin.name`, [
			tenantId,
			machineId,
		]);
		return rows.map(binOf);
	}

	/**
	 * Says what the bins of a machine hold. A bin that keeps its name and material keeps its level.
	 * @param names of the bins that the machine's configuration has
	 * @throws Problem 404 for a bin or material that there is not
	 */
	async setUp(
		tenantId: string,
		machineId: string,
		names: readonly string[],
		planned: readonly PlannedBin[],
		materials: readonly Material[],
	): Promise<Bin[]> {
		const before = await this.ofMachine(tenantId, machineId);
		const statements = planned.map((bin) => {
			const material = materials.find(({ code }) => code === bin.material);
			if (!material) throw new Problem(404, "material_unknown", `There is no material ${bin.material}.`);
			if (!names.includes(bin.name)) {
				throw new Problem(
					404,
					"bin_unknown",
					`The configuration of ${machineId} has no bin ${bin.name}; it has ${names.join(", ")}.`,
				);
			}
			const twin = before.find(({ name, material: held }) => name === bin.name && held.id === material.id);
			const values = [bin.portion, bin.capacity, bin.threshold];
			if (twin) {
				return {
					sql: "UPDATE bin SET active = 1, portion = ?, capacity = ?, threshold = ? WHERE id = ?",
					args: [...values, twin.id],
				};
			}
			return {
				sql: `INSERT INTO bin (portion, capacity, threshold, id, tenant_id, machine_id, name, material_id)
					VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
				args: [...values, randomId(this.#random), tenantId, machineId, bin.name, material.id],
			};
		});
		await this.#database.write([
			{ sql: "UPDATE bin SET active = 0 WHERE machine_id = ? AND tenant_id = ?", args: [machineId, tenantId] },
			...statements,
		]);
		return this.ofMachine(tenantId, machineId);
	}

	/**
	 * Somebody filled a bin, up to `level`, or to the brim.
	 * @throws Problem 422 when so much does not fit, 404
	 */
	async fill(tenantId: string, binId: string, level: number | undefined, actor: string): Promise<Bin> {
		const bin = await stored.get(this.#database, tenantId, binId);
		const target = level ?? bin.capacity;
		if (target > bin.capacity) {
			throw new Problem(
				422,
				"bin_overfull",
				`${bin.name} of ${bin.machineId} takes ${bin.capacity} ${bin.material.unit}, not ${target}.`,
			);
		}
		try {
			await this.#database.write([
				{
					sql: `INSERT INTO bin_movement (tenant_id, bin_id, change_amount, reason, actor, at_ms)
						SELECT tenant_id, id, ? - level, 'fill', ?, ? FROM bin WHERE id = ? AND tenant_id = ? AND active = 1`,
					args: [target, actor, this.#clock.now(), binId, tenantId],
				},
				mustHaveChanged("the bin is there"),
			]);
		} catch (error) {
			if (error instanceof GuardFailed) throw new Problem(404, "bin_unknown", `There is no bin ${binId}.`);
			throw error;
		}
		return stored.get(this.#database, tenantId, binId);
	}
}
