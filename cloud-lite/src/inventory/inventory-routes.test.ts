import { afterAll, beforeAll, expect, test } from "vitest";
import { TwoTenants } from "../../test/two-tenants.ts";

let world: TwoTenants;
beforeAll(async () => {
	world = await TwoTenants.open();
});
afterAll(() => world.close());

test("1.7 1.17 a product is added with its stock, price in decimals and in cents, and is in the list", async () => {
	const { status, body } = await world.request("operator", "POST", "/inventory", {
		sku: "APL-1",
		name: "Red Apple",
		category: "fruit",
		price: "0.75",
		stock: 3,
		aliases: ["gala"],
	});
	expect(status).toBe(201);
	expect(body).toEqual({
		id: expect.any(String),
		sku: "APL-1",
		name: "Red Apple",
		category: "fruit",
		price: 0.75,
		price_cents: 75,
		currency: "usd",
		stock: 3,
		aliases: ["gala"],
		version: 1,
		created_at: "2026-01-01T09:00:00.000Z",
		updated_at: "2026-01-01T09:00:00.000Z",
	});
	// The machine's products are in the same catalogue.
	const list = await world.request("viewer", "GET", "/inventory");
	expect(list.body.map(({ sku }: { sku: string }) => sku)).toEqual(["APL-1", "chips", "cola"]);
	const found = await world.request("viewer", "GET", "/api/v1/inventory?query=APP&category=fruit&page=1");
	expect(found.body).toMatchObject({ ok: true, data: [{ id: body.id }], meta: { total: 1 } });
});

test("1.8 1.10 1.20 a change keeps what it leaves out; stock that was counted anew becomes a movement", async () => {
	const { body: added } = await world.request("operator", "POST", "/inventory", {
		sku: "TEA",
		name: "Tea",
		price: 2,
		stock: 10,
	});
	const changed = await world.request("operator", "PUT", `/inventory/${added.id}`, { price: 2.5, stock: 7 });
	expect(changed.body).toMatchObject({ name: "Tea", price_cents: 250, stock: 7, version: 2 });
	const restocked = await world.request("operator", "POST", `/checkout/restock/${added.id}`, { quantity: 5 });
	expect(restocked.body).toMatchObject({ stock: 12 });
	expect(
		await world.database.read("SELECT change_quantity, reason, actor FROM movement WHERE product_id = ? ORDER BY id", [
			added.id,
		]),
	).toEqual([
		{ change_quantity: 10, reason: "count", actor: "user:alpha-operator" },
		{ change_quantity: -3, reason: "count", actor: "user:alpha-operator" },
		{ change_quantity: 5, reason: "restock", actor: "user:alpha-operator" },
	]);
});

test("1.10 4.23 a taken SKU, a change over a version that is gone and a price in parts of a cent are refused", async () => {
	const { body } = await world.request("operator", "POST", "/inventory", { sku: "BUN", name: "Bun", price: 1 });
	const again = await world.request("operator", "POST", "/inventory", { sku: "BUN", name: "Other", price: 1 });
	expect([again.status, again.body.code]).toEqual([409, "sku_taken"]);
	const path = `/inventory/${body.id}`;
	const old = await world.request("operator", "PUT", path, { price: 3 }, { headers: { "if-match": '"7"' } });
	expect(old.status).toBe(412);
	for (const wrong of [
		{ price: 1.005 },
		{ price: -1 },
		{ stock: -1 },
		{ stock: 1.5 },
		{ sku: "" },
		{ aliases: [""] },
	]) {
		const { status } = await world.request("operator", "PUT", path, wrong);
		expect([wrong, status]).toEqual([wrong, "price" in wrong && wrong.price > 0 ? 422 : 400]);
	}
	expect((await world.request("operator", "POST", `/checkout/restock/${body.id}`, { quantity: 0 })).status).toBe(400);
	expect((await world.request("operator", "POST", "/checkout/restock/none", { quantity: 1 })).status).toBe(404);
	expect((await world.request("viewer", "GET", path)).body).toMatchObject({ price: 1, stock: 0, version: 1 });
});

test("1.30 another tenant's inventory does not exist, and viewers and shoppers change nothing", async () => {
	const item = { sku: "OWN", name: "Own", price: 1, stock: 1 };
	const { body } = await world.request("operator", "POST", "/inventory", item);
	const other = { tenant: world.beta };
	expect((await world.request("admin", "GET", `/inventory/${body.id}`, undefined, other)).status).toBe(404);
	expect((await world.request("admin", "PUT", `/inventory/${body.id}`, { price: 9 }, other)).status).toBe(404);
	expect((await world.request("admin", "POST", `/checkout/restock/${body.id}`, { quantity: 1 }, other)).status).toBe(
		404,
	);
	expect((await world.request("admin", "POST", "/inventory", item, other)).status).toBe(201);
	expect((await world.request("viewer", "POST", "/inventory", item)).status).toBe(403);
	expect((await world.request("shopper", "GET", "/inventory")).status).toBe(403);
	expect((await world.request("anonymous", "GET", "/inventory")).status).toBe(401);
});

test("1.21 there are indexes for SKUs, session states, scanned items and movements", async () => {
	const rows = await world.database.read(
		`SELECT tbl_name AS "table", (SELECT group_concat(name) FROM pragma_index_info(sqlite_master.name)) AS columns
			FROM sqlite_master WHERE type = 'index' AND tbl_name IN ('product', 'pos_session', 'pos_item', 'movement')`,
	);
	for (const wanted of [
		{ table: "product", columns: "tenant_id,sku" },
		{ table: "pos_session", columns: "tenant_id,status,checked_in_at_ms" },
		{ table: "pos_item", columns: "session_id,first_seen_at_ms" },
		{ table: "movement", columns: "product_id,at_ms" },
	]) {
		expect(rows).toContainEqual(wanted);
	}
});
