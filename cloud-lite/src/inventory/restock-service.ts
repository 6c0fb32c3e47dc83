import type { Clock } from "@visionvend/sdk/clock";
import { type Random, randomId } from "@visionvend/sdk/random";
import { z } from "zod";
import { type Database, mustHaveChanged, type Statement } from "../db/database.ts";
import { GuardFailed, UniqueViolation } from "../db/writer.ts";
import { Problem } from "../http/problem.ts";
import { planogramOf } from "./planogram.ts";
import type { PlanogramService } from "./planogram-service.ts";
import { moveStock } from "./stock-movement.ts";
import type { StockService } from "./stock-service.ts";
import type { StockStore } from "./stock-store.ts";

/** One product to bring to one machine. */
export interface RestockLine {
	readonly productId: string;
	readonly sku: string;
	readonly name: string;
	readonly position: string;
	readonly bring: number;
	/** Units that were put in; null: nobody was there yet. */
	readonly put: number | null;
}

export interface RestockStop {
	readonly machineId: string;
	/** By which the machine is filled; a draft becomes active then. */
	readonly planogramId: string;
	readonly lines: readonly RestockLine[];
}

/** What one tour fills: machine by machine, and all of it together to be packed beforehand. */
export interface RestockList {
	readonly id: string;
	readonly routeId: string | null;
	readonly version: number;
	readonly createdAtMs: number;
	readonly stops: readonly RestockStop[];
	readonly pack: readonly {
		readonly productId: string;
		readonly sku: string;
		readonly name: string;
		readonly quantity: number;
	}[];
}

/** What somebody did at a machine. */
export interface Filling {
	readonly productId: string;
	/** Units that were there before; `undefined`: not counted. */
	readonly counted: number | undefined;
	/** Units that were put in. */
	readonly put: number;
	readonly lot: { readonly code: string; readonly expiresOn: string } | undefined;
}

const listSchema = z.object({
	id: z.string(),
	route_id: z.string().nullable(),
	version: z.int(),
	created_at_ms: z.int(),
});
const lineSchema = z.object({
	machine_id: z.string(),
	planogram_id: z.string(),
	product_id: z.string(),
	sku: z.string(),
	name: z.string(),
	position: z.string(),
	bring: z.int(),
	put: z.int().nullable(),
});
const listGuard = "the list is as it was read";

/** Tours that fill machines: planned by par and stock, reported stop by stop. */
export class RestockService {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #planograms: PlanogramService;
	readonly #stock: StockStore;
	readonly #stockService: StockService;

	constructor(options: {
		database: Database;
		clock: Clock;
		random: Random;
		planograms: PlanogramService;
		stock: StockStore;
		stockService: StockService;
	}) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
		this.#planograms = options.planograms;
		this.#stock = options.stock;
		this.#stockService = options.stockService;
	}

	/**
	 * Plans what to bring to these machines, in this order: what is missing to the par of each slot of the planogram by
	 * which the machine is filled next.
	 * @throws Problem 404
	 */
	async plan(tenantId: string, machineIds: readonly string[], routeId: string | null): Promise<RestockList> {
		const listId = randomId(this.#random);
		const lines: Statement[] = [];
		for (const [place, machineId] of machineIds.entries()) {
			const planogram = await this.#planograms.next(tenantId, machineId);
			for (const slot of await this.#planograms.slots(planogram.id)) {
				const level = await this.#stock.level(tenantId, slot.productId, machineId);
				const upTo = slot.par ?? slot.capacity ?? 0;
				lines.push({
					sql: `INSERT INTO restock_line (list_id, place, machine_id, planogram_id, product_id, position, bring)
						VALUES (?, ?, ?, ?, ?, ?, ?)`,
					args: [
						listId,
						place,
						machineId,
						planogram.id,
						slot.productId,
						slot.position,
						Math.max(0, upTo - Math.max(0, level.quantity)),
					],
				});
			}
		}
		await this.#database.write([
			{
				sql: "INSERT INTO restock_list (id, tenant_id, route_id, created_at_ms) VALUES (?, ?, ?, ?)",
				args: [listId, tenantId, routeId, this.#clock.now()],
			},
			...lines,
		]);
		return this.get(tenantId, listId);
	}

	/** @throws Problem 404 */
	async get(tenantId: string, listId: string): Promise<RestockList> {
		const [row] = await this.#database.read("SELECT * FROM restock_list WHERE id = ? AND tenant_id = ?", [
			listId,
			tenantId,
		]);
		if (!row) throw new Problem(404, "restock_list_unknown", `There is no restock list ${listId}.`);
		const { id, route_id, version, created_at_ms } = listSchema.parse(row);
		const rows = await this.#database.read(
			`SELECT restock_line.*, product.sku, product.name FROM restock_line
				JOIN product ON product.id = restock_line.product_id
				WHERE list_id = ? ORDER BY place, position`,
			[listId],
		);
		const stops: { machineId: string; planogramId: string; lines: RestockLine[] }[] = [];
		const pack = new Map<string, { productId: string; sku: string; name: string; quantity: number }>();
		for (const line of rows) {
			const { machine_id, planogram_id, product_id: productId, ...rest } = lineSchema.parse(line);
			let stop = stops.at(-1);
			if (stop?.machineId !== machine_id) {
				stop = { machineId: machine_id, planogramId: planogram_id, lines: [] };
				stops.push(stop);
			}
			stop.lines.push({ productId, ...rest });
			if (rest.put !== null || rest.bring === 0) continue;
			const packed = pack.get(productId) ?? { productId, sku: rest.sku, name: rest.name, quantity: 0 };
			packed.quantity += rest.bring;
			pack.set(productId, packed);
		}
		return { id, routeId: route_id, version, createdAtMs: created_at_ms, stops, pack: [...pack.values()] };
	}

	/**
	 * Somebody filled a machine of the list: counts, movements out of the store and into the machine, lots, and the
	 * planogram that counts from now on, in one commit. Products that are not named were left as they were.
	 * @throws Problem 404, 409 when the stop was reported before or its planogram was replaced meanwhile
	 */
	async fill(
		tenantId: string,
		listId: string,
		machineId: string,
		fillings: readonly Filling[],
		actor: string,
	): Promise<RestockList> {
		const list = await this.get(tenantId, listId);
		const stop = list.stops.find((candidate) => candidate.machineId === machineId);
		if (!stop) throw new Problem(404, "machine_unknown", `Machine ${machineId} is not on this list.`);
		if (stop.lines.some(({ put }) => put !== null)) {
			throw new Problem(
				409,
				"already_filled",
				`${machineId} was reported as filled already; correct its stock by counting.`,
			);
		}
		const strange = fillings.find(({ productId }) => !stop.lines.some((line) => line.productId === productId));
		if (strange) {
			throw new Problem(
				409,
				"not_in_planogram",
				`Product ${strange.productId} has no place in ${machineId}; plan one first.`,
			);
		}
		const [row] = await this.#database.read("SELECT * FROM planogram WHERE id = ?", [stop.planogramId]);
		const planogram = planogramOf(row ?? {});
		if (planogram.state === "retired") {
			throw new Problem(409, "planogram_replaced", `${machineId} was planned anew since; make a new list.`);
		}
		try {
			await this.#database.write([
				{
					sql: "UPDATE restock_list SET version = version + 1 WHERE id = ? AND tenant_id = ? AND version = ?",
					args: [listId, tenantId, list.version],
				},
				mustHaveChanged(listGuard),
				...(planogram.state === "draft" ? this.#planograms.application(tenantId, planogram) : []),
				...stop.lines.flatMap(({ productId }) => {
					const filling = fillings.find((candidate) => candidate.productId === productId);
					return this.#fillStatements(tenantId, listId, machineId, productId, filling, actor);
				}),
			]);
		} catch (error) {
			if (error instanceof GuardFailed || error instanceof UniqueViolation) {
				throw new Problem(
					409,
					"restock_conflict",
					"Somebody else reported or planned at the same moment; read the list again.",
				);
			}
			throw error;
		}
		return this.get(tenantId, listId);
	}

	#fillStatements(
		tenantId: string,
		listId: string,
		machineId: string,
		productId: string,
		filling: Filling | undefined,
		actor: string,
	): Statement[] {
		const put = filling?.put ?? 0;
		const atMs = this.#clock.now();
		const note = `restock list ${listId}`;
		const common = { tenantId, productId, actor, note, atMs };
		return [
			{
				sql: "UPDATE restock_line SET put = ? WHERE list_id = ? AND machine_id = ? AND product_id = ?",
				args: [put, listId, machineId, productId],
			},
			...(filling?.counted === undefined
				? []
				: [this.#stock.count(tenantId, productId, machineId, filling.counted, actor, note)]),
			...(put === 0
				? []
				: [
						...moveStock({ ...common, machineId, change: put, reason: "restock" }),
						// Where nobody counts the store, there is nothing to take out of.
						{
							sql: `INSERT INTO movement (tenant_id, product_id, change_quantity, reason, actor, note, at_ms)
								SELECT tenant_id, product_id, ?, 'transfer', ?, ?, ? FROM stock
								WHERE product_id = ? AND tenant_id = ? AND machine_id IS NULL AND counted_at_ms IS NOT NULL`,
							args: [-put, actor, note, atMs, productId, tenantId],
						},
					]),
			...(filling?.lot === undefined || put === 0
				? []
				: [
						this.#stockService.lotStatement(tenantId, {
							id: randomId(this.#random),
							productId,
							machineId,
							quantity: put,
							...filling.lot,
						}),
					]),
		];
	}
}
