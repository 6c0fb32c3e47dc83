import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { TestClock } from "../../../test/test-clock.ts";
import { countingRandom, products } from "../../../test/world.ts";
import { MachineRegistry } from "../../machines/machine-registry.ts";
import { saleOf } from "../../sales/sale.ts";
import { openDatabase } from "../database.ts";
import { migrate } from "../migrate.ts";
import { firstSale } from "./0001-first-sale.ts";

test("1.27 a database of the first version keeps its machines, products, sales and ledger, and sells on", async () => {
	const folder = mkdtempSync(join(tmpdir(), "visionvend-migration-"));
	const database = await openDatabase(`file:${join(folder, "test.db")}`);
	const clock = new TestClock();
	try {
		await database.write([
			{
				sql: "CREATE TABLE schema_migration (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at_ms INTEGER NOT NULL) STRICT",
			},
			...firstSale.statements.map((sql) => ({ sql })),
			{ sql: "INSERT INTO schema_migration VALUES (1, ?, 0)", args: [firstSale.name] },
			{
				sql: `INSERT INTO machine (id, name, currency, hold_cents, secret, counter, boot, created_at_ms)
					VALUES ('fridge-1', 'Lobby', 'usd', 500, ?, 7, 3, 1)`,
				args: ["A".repeat(43)],
			},
			{ sql: "INSERT INTO product VALUES ('fridge-1', 'cola', 'Cola', 355000, 5000, 200, 0)" },
			{ sql: "INSERT INTO product VALUES ('fridge-1', 'chips', 'Chips', 70000, 4000, 150, 0)" },
			{
				sql: `INSERT INTO machine (id, name, currency, hold_cents, secret, created_at_ms)
					VALUES ('fridge-2', 'Roof', 'eur', 500, ?, 1)`,
				args: ["B".repeat(43)],
			},
			{ sql: "INSERT INTO product VALUES ('fridge-2', 'cola', 'Kola', 330000, 5000, 200, 3)" },
			{ sql: "INSERT INTO shopper VALUES ('ada', 'cus_1', 'pm_1', 1)" },
			{
				sql: `INSERT INTO sale (id, machine_id, shopper_id, state, version, currency, hold_cents, language, products,
						requested_at_ms, unlock_deadline_ms, machine_busy, shopper_busy)
					VALUES ('sale-1', 'fridge-1', 'ada', 'unlocked', 4, 'usd', 500, 'en', ?, 1, 2, 1, 1)`,
				args: [JSON.stringify(products)],
			},
			{ sql: "INSERT INTO sale_event (sale_id, at_ms, event, detail) VALUES ('sale-1', 1, 'requested', '{}')" },
			{ sql: "INSERT INTO journal (sale_id, kind, at_ms) VALUES ('sale-1', 'hold', 1)" },
			{
				sql: `INSERT INTO outbox (kind, lane, payload, state, created_at_ms, due_at_ms)
					VALUES ('publish', 'sale-1', '{}', 'done', 1, 1)`,
			},
		]);
		expect(await migrate(database, clock)).toBeGreaterThan(0);
		expect(await migrate(database, clock)).toBe(0);
		const registry = new MachineRegistry({ database, clock, random: countingRandom(1) });
		expect(await registry.find("fridge-1")).toMatchObject({ kind: "fridge", holdCents: 500 });
		expect(await registry.products("fridge-1")).toEqual([
			{ sku: "chips", name: "Chips", massMilligrams: 70_000, toleranceMilligrams: 4_000, priceCents: 150, shelf: 0 },
			{ sku: "cola", name: "Cola", massMilligrams: 355_000, toleranceMilligrams: 5_000, priceCents: 200, shelf: 0 },
		]);
		// One catalogue has one name for a SKU; price and mass of the second machine stay its own.
		expect(await registry.products("fridge-2")).toEqual([
			{ sku: "cola", name: "Cola", massMilligrams: 330_000, toleranceMilligrams: 5_000, priceCents: 200, shelf: 3 },
		]);
		expect(await database.read("SELECT sku, currency, price_cents FROM product ORDER BY sku")).toEqual([
			{ sku: "chips", currency: "usd", price_cents: 150 },
			{ sku: "cola", currency: "usd", price_cents: 200 },
		]);
		expect(await registry.keys("fridge-1")).toBeDefined();
		const [sale] = await database.read("SELECT * FROM sale");
		expect(sale && saleOf(sale)).toMatchObject({ id: "sale-1", state: "unlocked", version: 4, slots: null });
		expect(await database.read("SELECT configuration, health, counter FROM machine WHERE id = 'fridge-1'")).toEqual([
			{ configuration: 0, health: null, counter: 7 },
		]);
		for (const table of ["sale_event", "journal", "outbox"]) {
			expect(await database.read(`SELECT COUNT(*) AS rows FROM ${table}`)).toEqual([{ rows: 1 }]);
		}
		expect(await database.read("PRAGMA foreign_key_check")).toEqual([]);
		expect(await database.read("PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
	} finally {
		database.close();
		rmSync(folder, { recursive: true, force: true });
	}
});
