import type { Clock } from "@visionvend/sdk/clock";
import { type Random, randomId } from "@visionvend/sdk/random";
import { z } from "zod";
import { type Database, mustHaveChanged, type Statement } from "../db/database.ts";
import { GuardFailed } from "../db/writer.ts";
import { Problem } from "../http/problem.ts";
import { type Lot, leftOfLots } from "./lot.ts";
import type { ProductStore } from "./product-store.ts";
import { type MovementReason, moveStock, takeFromStock } from "./stock-movement.ts";
import type { StockStore } from "./stock-store.ts";

/** A change of stock that a person reports; `counted` says how many there are, `change` how many came or went. */
export type StockChange = {
	readonly productId: string;
	/** Null: the store. */
	readonly machineId: string | null;
	readonly note: string;
} & (
	| { readonly reason: "count"; readonly counted: number }
	| { readonly reason: Exclude<MovementReason, "count" | "sale">; readonly change: number }
);

/** A lot with what should be left of it. */
export interface LotLevel extends Lot {
	readonly productId: string;
	readonly machineId: string | null;
	readonly left: number;
}

const lotRowSchema = z.object({
	id: z.string(),
	product_id: z.string(),
	machine_id: z.string().nullable(),
	code: z.string(),
	expires_on: z.string(),
	quantity: z.int(),
	stock: z.int(),
});

/** What people do to stock. */
export class StockService {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #products: ProductStore;
	readonly #stock: StockStore;

	constructor(options: {
		database: Database;
		clock: Clock;
		random: Random;
		products: ProductStore;
		stock: StockStore;
	}) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
		this.#products = options.products;
		this.#stock = options.stock;
	}

	/**
	 * Writes all changes in one commit, or none. What goes must be there.
	 * @throws Problem 404 for a product or machine that there is not, 409 when there are too few of something
	 */
	async change(tenantId: string, changes: readonly StockChange[], actor: string): Promise<void> {
		await this.#exist(tenantId, changes);
		try {
			await this.#database.write(changes.flatMap((change, index) => this.#statements(tenantId, change, index, actor)));
		} catch (error) {
			if (!(error instanceof GuardFailed)) throw error;
			const short = changes[Number(error.guard)];
			if (!short) throw error;
			throw await this.#insufficient(tenantId, short);
		}
	}

	/** Writes a lot down that has come; the units themselves are a movement. @throws Problem 404 */
	async addLot(
		tenantId: string,
		lot: Omit<Lot, "id"> & { readonly productId: string; readonly machineId: string | null },
		actor: string,
	): Promise<string> {
		await this.#exist(tenantId, [lot]);
		const id = randomId(this.#random);
		await this.#database.write([
			this.lotStatement(tenantId, { ...lot, id }),
			...moveStock({
				tenantId,
				productId: lot.productId,
				machineId: lot.machineId,
				change: lot.quantity,
				reason: "restock",
				actor,
				note: `lot ${lot.code}`,
				atMs: this.#clock.now(),
			}),
		]);
		return id;
	}

	lotStatement(
		tenantId: string,
		lot: Lot & { readonly productId: string; readonly machineId: string | null },
	): Statement {
		return {
			sql: `INSERT INTO lot (id, tenant_id, product_id, machine_id, code, expires_on, quantity, created_at_ms)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			args: [lot.id, tenantId, lot.productId, lot.machineId, lot.code, lot.expiresOn, lot.quantity, this.#clock.now()],
		};
	}

	/** Lots of which something should be left and that expire on that day or before, the first first. */
	async lots(tenantId: string, expiresBy: string | undefined): Promise<LotLevel[]> {
		const rows = await this.#database.read(
			`SELECT lot.*, COALESCE(stock.quantity, 0) AS stock FROM lot
				LEFT JOIN stock ON stock.product_id = lot.product_id AND stock.machine_id IS lot.machine_id
				WHERE lot.tenant_id = ? ORDER BY lot.product_id, lot.machine_id, lot.expires_on, lot.id`,
			[tenantId],
		);
		const places = new Map<string, { stock: number; lots: Omit<LotLevel, "left">[] }>();
		for (const row of rows) {
			const { product_id, machine_id, expires_on, stock, ...lot } = lotRowSchema.parse(row);
			const key = `${product_id} ${machine_id ?? ""}`;
			const place = places.get(key) ?? { stock, lots: [] };
			places.set(key, place);
			place.lots.push({ ...lot, productId: product_id, machineId: machine_id, expiresOn: expires_on });
		}
		return [...places.values()]
			.flatMap(({ lots, stock }) => leftOfLots(lots, stock))
			.filter(({ left, expiresOn }) => left > 0 && (expiresBy === undefined || expiresOn <= expiresBy))
			.sort((a, b) => (a.expiresOn < b.expiresOn ? -1 : a.expiresOn > b.expiresOn ? 1 : 0));
	}

	async #exist(
		tenantId: string,
		places: readonly { readonly productId: string; readonly machineId: string | null }[],
	): Promise<void> {
		for (const { productId } of places) await this.#products.get(tenantId, productId);
		for (const machineId of new Set(places.map((place) => place.machineId))) {
			if (machineId === null) continue;
			const [row] = await this.#database.read("SELECT id FROM machine WHERE id = ? AND tenant_id = ?", [
				machineId,
				tenantId,
			]);
			if (!row) throw new Problem(404, "machine_unknown", `There is no machine ${machineId}.`);
		}
	}

	#statements(tenantId: string, change: StockChange, index: number, actor: string): Statement[] {
		const { productId, machineId, note } = change;
		if (change.reason === "count") {
			return [
				this.#stock.count(tenantId, productId, machineId, change.counted, actor, note),
				mustHaveChanged("the product is there"),
			];
		}
		const movement = {
			tenantId,
			productId,
			machineId,
			change: change.change,
			reason: change.reason,
			actor,
			note,
			atMs: this.#clock.now(),
		};
		return change.change < 0 ? takeFromStock(movement, String(index)) : moveStock(movement);
	}

	async #insufficient(tenantId: string, change: StockChange): Promise<Problem> {
		const { name } = await this.#products.get(tenantId, change.productId);
		const level = await this.#stock.level(tenantId, change.productId, change.machineId);
		const available = Math.max(0, level.quantity - level.reserved);
		const required = change.reason === "count" ? 0 : -change.change;
		return new Problem(
			409,
			"insufficient_stock",
			`Insufficient stock for ${name}. Available: ${available}, Required: ${required}`,
			{ productId: change.productId, machineId: change.machineId, available, required },
		);
	}
}
