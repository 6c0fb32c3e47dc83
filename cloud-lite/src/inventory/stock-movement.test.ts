import { afterEach, expect, test } from "vitest";
import { fillStock, writeProduct } from "../../test/fill-stock.ts";
import { machineId, World } from "../../test/world.ts";

let world: World;
afterEach(() => world.close());

const movementsOfSales = `SELECT product.sku, change_quantity, sale_id, movement.machine_id FROM movement
	JOIN product ON product.id = product_id WHERE reason = 'sale' ORDER BY product.sku`;
const levels = `SELECT product.sku, quantity, reserved FROM stock JOIN product ON product.id = product_id
	ORDER BY product.sku`;

test("4.18 what a sale took leaves the machine's stock in the commit that prices it, once, whatever was counted", async () => {
	world = await World.create();
	await fillStock(world, "cola", 1);
	world.machine.behaviour = { take: ["cola", "cola", "chips"] };
	await world.unlock("sale-1");
	await world.pass(2_000);
	await world.machine.sendReportsAgain();
	await world.pass(2_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured" });
	expect(await world.cloud.database.read(movementsOfSales)).toEqual([
		{ sku: "chips", change_quantity: -1, sale_id: "sale-1", machine_id: machineId },
		{ sku: "cola", change_quantity: -2, sale_id: "sale-1", machine_id: machineId },
	]);
	// One cola more was taken than anybody counted in: the count was wrong, and the sale was not.
	expect(await world.cloud.database.read(levels)).toEqual([
		{ sku: "chips", quantity: -1, reserved: 0 },
		{ sku: "cola", quantity: -1, reserved: 0 },
	]);
});

test("4.17 4.23 what a vending machine shall deliver is reserved with the hold, and free again when the sale is decided", async () => {
	world = await World.create({ kind: "vending" });
	await fillStock(world, "cola", 2);
	world.machine.slotFailures = { 0: "failed" };
	await world.post("/unlock", { id: "sale-1", slots: [0, 0, 1] });
	expect(await world.cloud.database.read(levels)).toEqual([
		{ sku: "chips", quantity: 0, reserved: 1 },
		{ sku: "cola", quantity: 2, reserved: 2 },
	]);
	await world.pass(2_000);
	// Both colas got stuck; the chips fell.
	expect(await world.cloud.database.read(levels)).toEqual([
		{ sku: "chips", quantity: -1, reserved: 0 },
		{ sku: "cola", quantity: 2, reserved: 0 },
	]);
	const short = await world.post("/unlock", { id: "sale-2", slots: [0, 0, 0] });
	expect(short).toMatchObject({ status: 409, body: { code: "sold_out" } });
	expect(short.body.detail).toMatch(/Cola/);
	expect(world.heldAtProvider()).toBe(0);
});

test("4.34 counted stock that falls to its limit, or comes above it again, writes an event in the same commit", async () => {
	world = await World.create();
	await writeProduct(world, "cola", (productId) => [
		{ sql: "UPDATE product SET low_at = 2 WHERE id = ?", args: [productId] },
	]);
	await fillStock(world, "cola", 4);
	world.machine.behaviour = { take: ["cola", "chips"] };
	for (const sale of ["sale-1", "sale-2", "sale-3"]) {
		await world.unlock(sale);
		await world.pass(2_000);
	}
	await fillStock(world, "cola", 5);
	expect(
		await world.cloud.database.read(
			`SELECT sku, kind, quantity, stock_event.low_at, stock_event.machine_id FROM stock_event
				JOIN product ON product.id = product_id ORDER BY stock_event.id`,
		),
	).toEqual([
		{ sku: "cola", kind: "low", quantity: 2, low_at: 2, machine_id: machineId },
		{ sku: "cola", kind: "filled", quantity: 6, low_at: 2, machine_id: machineId },
	]);
});

test("1.20 movements only grow", async () => {
	world = await World.create();
	await fillStock(world, "cola", 3);
	await expect(writeProduct(world, "cola", () => [{ sql: "UPDATE movement SET change_quantity = 9" }])).rejects.toThrow(
		/append only/,
	);
	await expect(writeProduct(world, "cola", () => [{ sql: "DELETE FROM movement" }])).rejects.toThrow(/append only/);
});
