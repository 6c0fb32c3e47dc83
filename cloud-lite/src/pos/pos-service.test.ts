import { afterEach, beforeEach, expect, test } from "vitest";
import { TestCatalogue } from "../../test/test-catalogue.ts";
import { defaultTenantId } from "../tenants/tenant.ts";

let shop: TestCatalogue;
beforeEach(async () => {
	shop = await TestCatalogue.open();
});
afterEach(() => shop.close());

const tenantId = defaultTenantId;

test("1.14 a repeated scan raises the quantity, by whatever name the product was seen; another product is another item", async () => {
	const apple = await shop.add("APL-1", { name: "Red Apple", aliases: ["gala"], priceCents: 75, stock: 9 });
	await shop.add("cola", { name: "Cola", stock: 9 });
	const { id } = await shop.pos.start(tenantId);
	await shop.pos.scan(tenantId, id, "APL-1", 0.5);
	await shop.pos.scan(tenantId, id, "red apple", 0.9);
	await shop.pos.scan(tenantId, id, "Gala", 0.7);
	await shop.pos.scan(tenantId, id, "cola", 0.8);
	await shop.pos.scan(tenantId, id, "screwdriver", 0.3);
	const again = await shop.pos.scan(tenantId, id, " screwdriver", 0.4);
	expect(again).toMatchObject({ product: null, quantity: 2, confidence: 0.4 });
	const items = await shop.pos.items(tenantId, id);
	expect(items).toMatchObject([
		{ product: { id: apple, sku: "APL-1" }, detectedName: "APL-1", quantity: 3, confidence: 0.9, unitPriceCents: 75 },
		{ product: { sku: "cola" }, quantity: 1, matchedBy: "sku" },
		{ product: null, detectedName: "screwdriver", matchedBy: null, unitPriceCents: null },
	]);
});

test("1.15 checkout bills at the price of the first scan, moves the stock and completes the session, once", async () => {
	const apple = await shop.add("APL-1", { name: "Red Apple", priceCents: 75, stock: 5 });
	const { id } = await shop.pos.start(tenantId);
	await shop.pos.scan(tenantId, id, "APL-1", 0.9);
	await shop.products.write(shop.products.change(tenantId, apple, { priceCents: 99 }, 1), undefined);
	await shop.pos.scan(tenantId, id, "APL-1", 0.9);
	shop.clock.jump(shop.clock.now() + 5_000);
	const bill = await shop.pos.checkout(tenantId, id);
	expect(bill).toMatchObject({ totalCents: 150, currency: "usd", lines: [{ quantity: 2, unitPriceCents: 75 }] });
	expect(await shop.pos.session(tenantId, id)).toMatchObject({
		status: "completed",
		totalCents: 150,
		checkedOutAtMs: shop.clock.now(),
	});
	expect(await shop.stock.level(tenantId, apple, null)).toMatchObject({ quantity: 3 });
	expect(
		await shop.database.read("SELECT change_quantity, reason, session_id FROM movement WHERE reason = 'sale'"),
	).toEqual([{ change_quantity: -2, reason: "sale", session_id: id }]);
	await expect(shop.pos.checkout(tenantId, id)).rejects.toMatchObject({ status: 409, code: "session_completed" });
	await expect(shop.pos.scan(tenantId, id, "APL-1", 1)).rejects.toMatchObject({ status: 409 });
});

test("1.15 one line that lacks leaves everything as it was, and 1.16 says how many there are", async () => {
	const cola = await shop.add("cola", { stock: 9 });
	await shop.add("APL-1", { name: "Red Apple", stock: 1 });
	const { id } = await shop.pos.start(tenantId);
	await shop.pos.scan(tenantId, id, "cola", 1);
	for (let scan = 0; scan < 3; scan += 1) await shop.pos.scan(tenantId, id, "APL-1", 1);
	await expect(shop.pos.checkout(tenantId, id)).rejects.toMatchObject({
		status: 409,
		message: "Insufficient stock for Red Apple. Available: 1, Required: 3",
	});
	expect(await shop.stock.level(tenantId, cola, null)).toMatchObject({ quantity: 9 });
	expect(await shop.pos.session(tenantId, id)).toMatchObject({ status: "active" });
});

test("1.13 an unmatched item stops the bill until a person says what it is, or removes it", async () => {
	const apple = await shop.add("APL-1", { name: "Red Apple", stock: 5 });
	const { id } = await shop.pos.start(tenantId);
	await shop.pos.scan(tenantId, id, "APL-1", 1);
	const strange = await shop.pos.scan(tenantId, id, "thing", 0.2);
	const other = await shop.pos.scan(tenantId, id, "gizmo", 0.2);
	await expect(shop.pos.checkout(tenantId, id)).rejects.toMatchObject({ status: 409, code: "items_unmatched" });
	expect(await shop.pos.assign(tenantId, id, strange.id, apple)).toMatchObject({ quantity: 2 });
	await shop.pos.remove(tenantId, id, other.id);
	expect(await shop.pos.checkout(tenantId, id)).toMatchObject({ totalCents: 200 });
	await expect(shop.pos.remove(tenantId, id, other.id)).rejects.toMatchObject({ status: 409 });
});

test("1.4 a session that ends without a bill takes nothing out of stock, and an empty one has no bill", async () => {
	const cola = await shop.add("cola", { stock: 2 });
	const { id } = await shop.pos.start(tenantId);
	await expect(shop.pos.checkout(tenantId, id)).rejects.toMatchObject({ status: 409, code: "session_empty" });
	await shop.pos.scan(tenantId, id, "cola", 1);
	expect(await shop.pos.end(tenantId, id)).toMatchObject({ status: "completed", totalCents: 0 });
	await expect(shop.pos.end(tenantId, id)).rejects.toMatchObject({ status: 409 });
	expect(await shop.stock.level(tenantId, cola, null)).toMatchObject({ quantity: 2 });
});

test("4.23 40 buyers on 5 units: exactly 5 sold, and stock is the sum of its movements", async () => {
	const cola = await shop.add("cola", { stock: 5 });
	const sessions = await Promise.all(
		Array.from({ length: 40 }, async () => {
			const { id } = await shop.pos.start(tenantId);
			await shop.pos.scan(tenantId, id, "cola", 1);
			return id;
		}),
	);
	const ends = await Promise.allSettled(sessions.map((id) => shop.pos.checkout(tenantId, id)));
	expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
	for (const end of ends)
		if (end.status === "rejected") expect(end.reason).toMatchObject({ code: "insufficient_stock" });
	expect(await shop.stock.level(tenantId, cola, null)).toMatchObject({ quantity: 0 });
	expect(await shop.imbalances()).toEqual([]);
});

test("another tenant's session and product do not exist", async () => {
	await shop.database.write([
		{ sql: "INSERT INTO tenant (id, slug, name, created_at_ms) VALUES ('other', 'other', 'Other', 0)" },
	]);
	const cola = await shop.add("cola", { stock: 5 });
	const mine = await shop.pos.start(tenantId);
	const theirs = await shop.pos.start("other");
	await expect(shop.pos.session("other", mine.id)).rejects.toMatchObject({ status: 404 });
	await expect(shop.pos.scan("other", mine.id, "cola", 1)).rejects.toMatchObject({ status: 404 });
	const strange = await shop.pos.scan("other", theirs.id, "cola", 1);
	expect(strange.product).toBeNull();
	await expect(shop.pos.assign("other", theirs.id, strange.id, cola)).rejects.toMatchObject({ status: 404 });
});
