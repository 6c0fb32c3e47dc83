import { afterEach, expect, test } from "vitest";
import { ownerOf } from "../../test/owner.ts";
import { machineId, World } from "../../test/world.ts";

const hourMs = 3_600_000;
let world: World;
let owner: Awaited<ReturnType<typeof ownerOf>>;

async function open(options: Parameters<typeof World.create>[0] = {}) {
	world = await World.create(options);
	owner = await ownerOf(world);
}

async function buy(id: string, take: readonly string[] = ["cola"]) {
	world.machine.behaviour = { take };
	world.token = await world.cloud.issueShopperToken("ada");
	await world.unlock(id);
	await world.pass(1_000);
}

/** A shop in which the bank has declined the last 50 cents of `sale-1`. */
async function openWithDebt() {
	await open({ holdCents: 370 });
	world.machine.pause = true;
	await buy("sale-1", ["cola", "cola"]);
	world.stripe.faults.declineOffSession = () => true;
	await world.machine.finish();
	await world.pass(1_000);
}

async function booksAgree() {
	const rows = await world.cloud.ledgerRows();
	expect(rows.reduce((sum, { amountCents }) => sum + amountCents, 0)).toBe(0);
	const net = world.stripe.balanceTransactions().reduce((sum, { amount }) => sum + amount, 0);
	const fees = await world.balance("fee");
	expect((await world.balance("cash_in_transit")) + fees).toBe(net);
}

afterEach(() => world.close());

test("2.20 orders are listed newest first, by page, device, time, payment method and status", async () => {
	await open();
	await buy("sale-1");
	await world.pass(hourMs);
	await buy("sale-2", []);
	await world.machine.force();
	await world.quiet();
	const { body } = await owner("GET", "/api/v1/orders?page=1&limit=2");
	expect(body.meta).toEqual({ nextCursor: expect.any(String), page: 1, total: 3 });
	expect(body.data.map(({ status }: { status: string }) => status)).toEqual(["review", "cancelled"]);
	const ids = async (query: string) =>
		(await owner("GET", `/api/v1/orders?${query}`)).body.data.map(({ id }: { id: string }) => id);
	expect(await ids("status=paid")).toEqual(["sale-1"]);
	expect(await ids("payment_method=card")).toEqual(["sale-2", "sale-1"]);
	expect(await ids(`device_id=${machineId}&query=sale`)).toEqual(["sale-2", "sale-1"]);
	expect(await ids("device_id=another")).toEqual([]);
	expect(await ids("from=2026-01-01T09:30:00Z&query=sale")).toEqual(["sale-2"]);
	expect(await ids("to=2026-01-01T09:30:00Z")).toEqual(["sale-1"]);
	expect((await owner("GET", "/api/v1/orders/sale-1")).body.data).toMatchObject({
		deviceName: "Lobby fridge",
		customer: "ada",
		totalCents: 200,
		capturedCents: 200,
		items: [{ sku: "cola", quantity: 1, unitPriceCents: 200 }],
	});
});

test("2.2 what was asked of the provider is listed, payments and refunds each for themselves", async () => {
	await open();
	await buy("sale-1");
	await buy("sale-2", []);
	await owner("POST", "/api/v1/orders/sale-1/manual_refund", { amountCents: 50, reason: "stale" });
	await world.pass(5_000);
	const listed = async (path: string) =>
		(await owner("GET", path)).body.data.map(
			({ orderId, kind, amountCents, state }: Record<string, unknown>) => `${orderId} ${kind} ${amountCents} ${state}`,
		);
	expect(await listed("/api/v1/payments?order_id=sale-1")).toEqual([
		"sale-1 capture 200 succeeded",
		"sale-1 auth 500 succeeded",
	]);
	expect(await listed("/api/v1/payments?order_id=sale-2")).toContain("sale-2 cancel 500 succeeded");
	expect(await listed("/api/v1/refunds")).toEqual(["sale-1 refund 50 succeeded"]);
	expect(await listed("/api/v1/refunds?state=failed")).toEqual([]);
});

test("4.7 orders have numbers that count up, and a paid one has a receipt for its shopper alone", async () => {
	await open();
	await buy("sale-1");
	await buy("sale-2", []);
	await buy("sale-3", ["cola", "chips"]);
	const found = (await owner("GET", "/api/v1/orders?query=3")).body.data;
	expect(found.map(({ id, number }: { id: string; number: number }) => [id, number])).toEqual([["sale-3", 3]]);
	const receipt = await world.request("GET", "/api/v1/sales/sale-3/receipt");
	expect(receipt.body.data).toMatchObject({ number: 3, seller: "Lobby fridge", paidCents: 350, refundedCents: 0 });
	expect(receipt.body.data.items).toHaveLength(2);
	expect((await world.request("GET", "/api/v1/sales/sale-2/receipt")).body.code).toBe("not_paid");
	world.token = await world.cloud.issueShopperToken("eve");
	expect((await world.request("GET", "/api/v1/sales/sale-3/receipt")).status).toBe(404);
});

test("2.20 a date that is none is refused, and nobody without the right sees orders", async () => {
	await open();
	expect((await owner("GET", "/api/v1/orders?from=yesterday")).status).toBe(400);
	expect((await world.request("GET", "/api/v1/orders", undefined, { authorization: "" })).status).toBe(401);
	expect((await world.request("GET", "/api/v1/orders")).status).toBe(403);
	expect((await owner("GET", "/api/v1/orders/none")).status).toBe(404);
});

test("2.28 orders come as CSV in which no cell is a formula", async () => {
	await open();
	await buy("sale-1");
	const { type, body } = await owner("GET", "/api/v1/exports/orders");
	expect(type).toContain("text/csv");
	const [header, row] = body.replace("\uFEFF", "").split("\r\n");
	expect(header).toBe(
		"number,order,created_at,device,device_name,customer,payment_method,status,total_cents,captured_cents,refunded_cents,currency,items",
	);
	expect(row).toBe("1,sale-1,2026-01-01T09:00:00.000Z,fridge-1,Lobby fridge,ada,card,paid,200,200,0,USD,1 Cola");
});

test("2.21 manual refund: part of it, then the rest, never more than was taken, across both payments", async () => {
	await open({ holdCents: 300 });
	await buy("sale-1", ["cola", "cola"]);
	const refund = (amountCents: number | undefined, key?: string) =>
		owner(
			"POST",
			"/api/v1/orders/sale-1/manual_refund",
			{ ...(amountCents === undefined ? {} : { amountCents }), reason: "warm" },
			key === undefined ? {} : { "idempotency-key": key },
		);
	const first = await refund(150, "once");
	expect(first.status).toBe(202);
	expect(first.body.data).toMatchObject({ refundingCents: 150, refundedCents: 0 });
	expect((await refund(150, "once")).status).toBe(202);
	expect((await refund(100, "once")).status).toBe(409);
	await world.pass(1_000);
	const order = async () => (await owner("GET", "/api/v1/orders/sale-1")).body.data;
	expect(await order()).toMatchObject({ status: "part_refunded", refundingCents: 0, refundedCents: 150 });
	expect((await refund(251)).body.error.details).toEqual({ refundableCents: 250 });
	expect((await refund(undefined)).status).toBe(202);
	await world.pass(1_000);
	expect(await order()).toMatchObject({ status: "refunded", refundedCents: 400, capturedCents: 400 });
	expect((await refund(1)).status).toBe(409);
	expect(world.stripe.refunds().reduce((sum, { amount }) => sum + amount, 0)).toBe(400);
	await booksAgree();
});

test("2.21 manual refund: lost and repeated calls give money back once", async () => {
	await open();
	await buy("sale-1");
	let failures = 0;
	world.stripe.faults.dropResponse = (_method, path) => path === "/v1/refunds" && failures++ < 2;
	await owner("POST", "/api/v1/orders/sale-1/manual_refund", { reason: "empty can" });
	await world.pass(60_000);
	expect(world.stripe.refunds()).toHaveLength(1);
	expect((await owner("GET", "/api/v1/orders/sale-1")).body.data.refundedCents).toBe(200);
	await booksAgree();
});

test("2.21 manual refund: a shopper may not, and without a reason nobody may", async () => {
	await open();
	await buy("sale-1");
	expect((await world.post("/api/v1/orders/sale-1/manual_refund", { reason: "mine" })).status).toBe(403);
	expect((await owner("POST", "/api/v1/orders/sale-1/manual_refund", {})).status).toBe(400);
	expect((await owner("POST", "/api/v1/orders/sale-9/manual_refund", { reason: "x" })).status).toBe(404);
	expect(world.stripe.refunds()).toEqual([]);
});

test("2.2 a sale in review is charged what people say, at the price at unlock, or let go", async () => {
	await open();
	world.machine.behaviour = { take: ["cola"], foreignMilligrams: 100_000 };
	await world.unlock("sale-1");
	await world.pass(1_000);
	const review = (await owner("GET", "/api/v1/orders?status=review")).body.data[0];
	expect(review).toMatchObject({ id: "sale-1", state: "review", decideBefore: "2026-01-08T08:00:00.000Z" });
	const resolve = (items: unknown) => owner("POST", "/api/v1/orders/sale-1/resolve", { items, note: "on the picture" });
	expect((await resolve([{ sku: "gold", quantity: 1 }])).status).toBe(422);
	expect((await resolve([{ sku: "cola", quantity: 1 }])).status).toBe(202);
	await world.pass(1_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 200 });
	expect((await resolve([])).status).toBe(409);
	world.token = await world.cloud.issueShopperToken("ada");
	await world.unlock("sale-2");
	await world.pass(1_000);
	expect((await owner("POST", "/api/v1/orders/sale-2/resolve", { items: [] })).status).toBe(202);
	await world.pass(1_000);
	expect(await world.sale("sale-2")).toMatchObject({ state: "cancelled", capturedCents: 0 });
	expect(world.heldAtProvider()).toBe(0);
	await booksAgree();
});

test("2.2 a sale in review that nobody decides is let go before the hold ends", async () => {
	await open();
	world.machine.behaviour = { take: ["cola"], foreignMilligrams: 100_000 };
	await world.unlock("sale-1");
	await world.pass(7 * 24 * hourMs);
	expect(world.events()).toContain("hold.expiring");
	expect(await world.sale("sale-1")).toMatchObject({ state: "cancelled", capturedCents: 0 });
});

test("2.2 a shopper objects to a price before it is taken, and a correction lowers what is taken", async () => {
	await open({ captureDelayMs: hourMs });
	await buy("sale-1", ["cola", "cola"]);
	const dispute = () => world.post("/api/v1/sales/sale-1/dispute", { reason: "I put one back" });
	world.token = await world.cloud.issueShopperToken("eve");
	expect((await dispute()).status).toBe(404);
	world.token = await world.cloud.issueShopperToken("ada");
	expect((await dispute()).status).toBe(202);
	await world.pass(2 * hourMs);
	expect(await world.sale("sale-1")).toMatchObject({ state: "review", cause: "price_disputed", capturedCents: 0 });
	await owner("POST", "/api/v1/orders/sale-1/resolve", { items: [{ sku: "cola", quantity: 1 }] });
	await world.pass(1_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 200 });
	world.token = await world.cloud.issueShopperToken("ada");
	expect((await dispute()).body.code).toBe("too_late");
	await booksAgree();
});

test("2.2 a shopper pays a debt with another card, and only then buys again", async () => {
	await openWithDebt();
	expect((await world.request("GET", "/api/v1/debts")).body.data).toMatchObject([
		{ saleId: "sale-1", amountCents: 50 },
	]);
	expect((await world.unlock("sale-2")).status).toBe(402);
	await world.post("/save-payment", { payment_method: "pm_card_mastercard" });
	expect((await world.post("/api/v1/debts/sale-1/pay")).status).toBe(202);
	await world.pass(1_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 400 });
	expect((await world.request("GET", "/api/v1/debts")).body.data).toEqual([]);
	expect((await world.unlock("sale-2")).status).toBe(200);
	await booksAgree();
});

test("2.2 a bank that asks before a debt is paid is answered on the phone", async () => {
	await openWithDebt();
	await world.post("/save-payment", { payment_method: "pm_card_authenticationRequired" });
	await world.post("/api/v1/debts/sale-1/pay");
	await world.pass(1_000);
	const waiting = world.stripe.paymentIntents().find(({ status }) => status === "requires_action");
	world.stripe.authenticate(waiting?.id ?? "", true);
	await world.pass(10_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 400 });
	await owner("POST", "/api/v1/orders/sale-1/manual_refund", { reason: "all of it" });
	await world.pass(1_000);
	expect((await owner("GET", "/api/v1/orders/sale-1")).body.data.status).toBe("refunded");
	await booksAgree();
});

test("2.2 an owner writes a debt off, and the shopper buys again", async () => {
	await openWithDebt();
	expect((await owner("POST", "/api/v1/orders/sale-1/forgive_debt", { note: "regular" })).status).toBe(200);
	await world.pass(1_000);
	expect(await world.balance("write_off")).toBe(50);
	expect(await world.balance("shopper_debt")).toBe(0);
	expect((await world.unlock("sale-2")).status).toBe(200);
	await booksAgree();
});
