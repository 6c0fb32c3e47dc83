import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, openDatabase } from "../src/db/database.ts";
import { ProductStore } from "../src/inventory/product-store.ts";
import { StockStore } from "../src/inventory/stock-store.ts";
import { PosService } from "../src/pos/pos-service.ts";
import { defaultTenantId } from "../src/tenants/tenant.ts";
import { copyEmptyDatabase } from "./empty-database.ts";
import { TestClock } from "./test-clock.ts";
import { countingRandom } from "./world.ts";

/** A database on disk with a catalogue and a counter, and no cloud around it. */
export class TestCatalogue {
	readonly clock = new TestClock();
	readonly random = countingRandom(11);
	readonly tenantId = defaultTenantId;
	readonly database: Database;
	readonly products: ProductStore;
	readonly stock: StockStore;
	readonly pos: PosService;
	readonly #folder: string;

	private constructor(folder: string, database: Database) {
		this.#folder = folder;
		this.database = database;
		const { clock, random } = this;
		this.products = new ProductStore({ database, clock, random });
		this.stock = new StockStore({ database, clock });
		this.pos = new PosService({
			database,
			clock,
			random,
			products: this.products,
			stock: this.stock,
			fuzzyThreshold: 0.6,
		});
	}

	static async open(): Promise<TestCatalogue> {
		const folder = mkdtempSync(join(tmpdir(), "visionvend-catalogue-"));
		const path = join(folder, "test.db");
		await copyEmptyDatabase(path, new TestClock());
		return new TestCatalogue(folder, await openDatabase(`file:${path}`, "process-crash"));
	}

	/** Adds a product; `stock` units of it are in the store. @returns its id */
	async add(sku: string, fields: { name?: string; aliases?: string[]; priceCents?: number; stock?: number } = {}) {
		const id = this.products.newId();
		await this.products.write(
			[
				this.products.insertion(this.tenantId, id, {
					sku,
					name: fields.name ?? sku,
					category: "",
					aliases: fields.aliases ?? [],
					currency: "usd",
					priceCents: fields.priceCents ?? 100,
					massMilligrams: null,
					toleranceMilligrams: null,
					lowAt: null,
					active: true,
				}),
				this.stock.count(this.tenantId, id, null, fields.stock ?? 0, "user:test"),
			],
			sku,
		);
		return id;
	}

	/** Products whose stock is not the sum of their movements. */
	async imbalances() {
		return this.database.read(
			`SELECT stock.product_id, stock.machine_id, quantity, COALESCE(SUM(change_quantity), 0) AS moved FROM stock
				LEFT JOIN movement ON movement.product_id = stock.product_id AND movement.machine_id IS stock.machine_id
				GROUP BY stock.id HAVING quantity <> moved`,
		);
	}

	close(): void {
		this.database.close();
		rmSync(this.#folder, { recursive: true, force: true });
	}
}
