import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestCatalogue } from "../../test/test-catalogue.ts";
import type { Statement } from "../db/database.ts";
import { GuardFailed } from "../db/writer.ts";
import { moveStock, takeFromStock } from "./stock-movement.ts";

let shop: TestCatalogue;
beforeAll(async () => {
	shop = await TestCatalogue.open();
});
afterAll(() => shop.close());

type Kind = "restock" | "take" | "waste" | "count";

function statementsOf(kind: Kind, productId: string, units: number): Statement[] {
	const common = { tenantId: shop.tenantId, productId, machineId: null, atMs: shop.clock.now() };
	switch (kind) {
		case "restock":
			return moveStock({ ...common, change: units, reason: "restock" });
		case "take":
		case "waste":
			return takeFromStock({ ...common, change: -units, reason: kind === "take" ? "sale" : "waste" }, "enough");
		case "count":
			return [shop.stock.count(shop.tenantId, productId, null, units, "user:test")];
	}
}

test("4.18 whatever is restocked, sold, wasted and counted, at once or in turn, stock is the sum of its movements and is never oversold", async () => {
	const step = fc.record({
		kind: fc.constantFrom<Kind>("restock", "take", "waste", "count"),
		units: fc.integer({ min: 1, max: 6 }),
	});
	let run = 0;
	await fc.assert(
		fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { maxLength: 4 }), async (rounds) => {
			run += 1;
			const productId = await shop.add(`sku-${run}`, { stock: 4 });
			for (const round of rounds) {
				const before = (await shop.stock.level(shop.tenantId, productId, null)).quantity;
				const ends = await Promise.allSettled(
					round.map(({ kind, units }) => shop.database.write(statementsOf(kind, productId, units))),
				);
				for (const end of ends) if (end.status === "rejected") expect(end.reason).toBeInstanceOf(GuardFailed);
				// The writer keeps the order in which they came.
				const expected = round.reduce((left, { kind, units }) => {
					if (kind === "restock") return left + units;
					if (kind === "count") return units;
					return left >= units ? left - units : left;
				}, before);
				const { quantity } = await shop.stock.level(shop.tenantId, productId, null);
				expect(quantity).toBe(expected);
				expect(quantity).toBeGreaterThanOrEqual(0);
			}
		}),
		{ seed: 418, numRuns: 15 },
	);
	expect(await shop.imbalances()).toEqual([]);
});
