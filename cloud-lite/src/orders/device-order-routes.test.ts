import { afterEach, beforeEach, expect, test } from "vitest";
import { fillStock } from "../../test/fill-stock.ts";
import { ownerOf } from "../../test/owner.ts";
import { machineId, World } from "../../test/world.ts";

const path = `/api/v1/devices/${machineId}-controller/orders/create`;
let world: World;
let productIds: Record<string, string>;

beforeEach(async () => {
	world = await World.create({ kind: "vending" });
	const rows = await world.cloud.database.read("SELECT sku, id FROM product");
	productIds = Object.fromEntries(rows.map(({ sku, id }) => [String(sku), String(id)]));
});
afterEach(() => world.close());

function order(items: Record<string, number>, more: object = {}, headers: Record<string, string> = {}) {
	const list = Object.entries(items).map(([sku, quantity]) => ({ productId: productIds[sku] ?? sku, quantity }));
	return world.post(path, { items: list, ...more }, headers);
}

test("2.24 an order at a vending machine is reserved, held at its exact price, delivered and paid", async () => {
	await fillStock(world, "cola", 2);
	const customer = { customerName: "Ada", customerPhone: "+4930123456" };
	const made = await order({ cola: 2, chips: 1 }, customer);
	expect(made.status).toBe(201);
	expect(made.body.data).toMatchObject({ checkout: null, order: { heldCents: 550, status: "open", ...customer } });
	const reserved = "SELECT SUM(quantity) AS units FROM reservation WHERE state = 'held'";
	expect(await world.cloud.database.read(reserved)).toEqual([{ units: 3 }]);
	await world.pass(2_000);
	const owner = await ownerOf(world);
	expect((await owner("GET", `/api/v1/orders/${made.body.data.order.id}`)).body.data).toMatchObject({
		status: "paid",
		capturedCents: 550,
		...customer,
	});
	expect(await world.cloud.database.read(reserved)).toEqual([{ units: null }]);
});

test("2.24 when nothing fell, all of the money goes back: what was held, and what was paid first", async () => {
	world.machine.slotFailures = { 0: "failed" };
	await order({ cola: 1 });
	await world.pass(2_000);
	expect(world.received() + world.heldAtProvider()).toBe(0);
	await world.payWith("razorpay");
	const key = { "idempotency-key": "order-1" };
	const { body } = await order({ cola: 1 }, {}, key);
	expect(body.data.checkout).toMatchObject({ amountCents: 200, currency: "usd" });
	world.razorpay.account.pay(body.data.checkout.orderId, true);
	const again = await order({ cola: 1 }, {}, key);
	expect(again.body.data).toMatchObject({ checkout: null, order: { id: body.data.order.id, heldCents: 200 } });
	await world.pass(30_000);
	expect([...world.razorpay.account.payments.values()]).toMatchObject([{ status: "refunded", amount_refunded: 200 }]);
	expect(await world.balance("shopper_deposit")).toBe(0);
});

test("2.24 forty buyers on five units: exactly five are sold, and nobody else's money is held", async () => {
	await fillStock(world, "cola", 5);
	const outcomes = new Map<string, string>();
	const buyers = Array.from({ length: 40 }, (_, index) => `buyer-${index}`);
	const tokens = new Map<string, string>();
	for (const buyer of buyers) {
		world.token = await world.cloud.issueShopperToken(buyer);
		tokens.set(buyer, world.token);
		await world.post("/save-payment", { payment_method: "pm_card_visa" });
	}
	while (outcomes.size < buyers.length) {
		const waiting = buyers.filter((buyer) => !outcomes.has(buyer));
		const answers = await Promise.all(
			waiting.map((buyer) => order({ cola: 1 }, {}, { authorization: `Bearer ${tokens.get(buyer)}` })),
		);
		// Who came while another was served asks again.
		for (const [index, { status, body }] of answers.entries()) {
			const outcome = status === 201 ? "sold" : body.code;
			if (outcome !== "machine_busy") outcomes.set(waiting[index] ?? "", outcome);
		}
		await world.pass(2_000);
	}
	const count = (wanted: string) => [...outcomes.values()].filter((outcome) => outcome === wanted).length;
	expect({ sold: count("sold"), soldOut: count("sold_out") }).toEqual({ sold: 5, soldOut: 35 });
	expect(world.received()).toBe(1_000);
	expect(world.heldAtProvider()).toBe(0);
});

test.each([
	["no items", { items: [] }],
	["a quantity of 0", { items: [{ productId: "x", quantity: 0 }] }],
	["a quantity of 11", { items: [{ productId: "x", quantity: 11 }] }],
	["half a unit", { items: [{ productId: "x", quantity: 1.5 }] }],
	["a phone number without digits", { items: [{ productId: "x", quantity: 1 }], customerPhone: "call me" }],
	["a phone number that begins with 0", { items: [{ productId: "x", quantity: 1 }], customerPhone: "030123456" }],
	["17 digits", { items: [{ productId: "x", quantity: 1 }], customerPhone: "+12345678901234567" }],
])("4.27 an order with %s is refused before anything is held", async (_what, body) => {
	expect((await world.post(path, body)).status).toBe(400);
	expect(world.stripe.paymentIntents()).toEqual([]);
});

test("4.27 an order of more than a machine delivers at once, or of what it does not sell, is refused", async () => {
	expect(await order({ cola: 6, chips: 5 })).toMatchObject({ status: 400, body: { code: "order_too_large" } });
	expect(await order({ nothing: 1 })).toMatchObject({ status: 409, body: { code: "not_on_sale" } });
	const other = await world.post("/api/v1/devices/other/orders/create", { items: [{ productId: "x", quantity: 1 }] });
	expect(other).toMatchObject({ status: 404, body: { code: "device_unknown" } });
});

test("2.24 only shoppers order", async () => {
	const owner = await ownerOf(world);
	expect((await owner("POST", path, { items: [{ productId: productIds.cola, quantity: 1 }] })).status).toBe(403);
	world.token = "";
	expect((await order({ cola: 1 })).status).toBe(401);
});
