import { createHmac } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import { ownerOf } from "../../test/owner.ts";
import { World, webhookSecret } from "../../test/world.ts";

let world: World;
afterEach(() => world.close());

/** A shopper who is asked to pay 5.00 before the door opens, and has not paid yet. */
async function asked(take: readonly string[]): Promise<string> {
	world = await World.create({ gateway: "razorpay", card: "" });
	world.machine.behaviour = { take };
	const { status, body } = await world.unlock("sale-1");
	expect(status).toBe(200);
	expect(body).toMatchObject({
		status: "payment_required",
		transaction_id: "sale-1",
		checkout: { key_id: "rzp_test_visionvend", amount: 500, currency: "usd" },
	});
	return body.checkout.order_id;
}

/** A sale that is paid for first, and over. */
async function paid(take: readonly string[]): Promise<void> {
	const order = await asked(take);
	world.razorpay.account.pay(order, true);
	await world.pass(30_000);
}

function openFindings() {
	return world.cloud.database.read("SELECT kind, expected_cents FROM finding WHERE closed_at_ms IS NULL");
}

async function books() {
	return {
		deposit: await world.balance("shopper_deposit"),
		receivable: await world.balance("receivable"),
		cash: await world.balance("cash_in_transit"),
	};
}

test("4.5 Razorpay: the shopper pays before the door opens, and what was not used goes back at once", async () => {
	const order = await asked(["cola"]);
	await world.pass(2_000);
	expect(world.machine.openings).toBe(0);
	world.razorpay.account.pay(order, true);
	await world.pass(30_000);
	expect(world.machine.openings).toBe(1);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", heldCents: 500, capturedCents: 200 });
	const [refund] = world.razorpay.account.refunds.values();
	expect(refund).toMatchObject({ amount: 300, status: "processed", notes: { operation: "sale:sale-1:capture" } });
	expect(await books()).toEqual({ deposit: 0, receivable: 0, cash: 200 });
	expect(await world.balance("revenue")).toBe(-200);
});

test("4.5 Razorpay: without webhooks the phone asks again once the shopper has paid", async () => {
	const order = await asked(["cola"]);
	world.razorpay.webhookPolicy.delayMs = 3_600_000;
	world.razorpay.account.pay(order, true);
	expect((await world.unlock("sale-1")).body).toEqual({
		status: "success",
		transaction_id: "sale-1",
		client_secret: order,
	});
	await world.pass(30_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 200 });
	expect(world.razorpay.account.orders.size).toBe(1);
});

test("4.5 Razorpay: who takes nothing gets everything back", async () => {
	await paid([]);
	expect(await world.sale("sale-1")).toMatchObject({ state: "cancelled", capturedCents: 0 });
	const [payment] = world.razorpay.account.payments.values();
	expect(payment).toMatchObject({ status: "refunded", amount_refunded: 500 });
	expect(await books()).toEqual({ deposit: 0, receivable: 0, cash: 0 });
});

test("4.5 Razorpay: a sale that nobody pays ends after five minutes; what is paid later is never ours", async () => {
	const order = await asked(["cola"]);
	await world.pass(301_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "cancelled", cause: "payment_declined" });
	world.razorpay.account.pay(order, true);
	await world.pass(4 * 86_400_000);
	expect(world.machine.openings).toBe(0);
	const [payment] = world.razorpay.account.payments.values();
	expect(payment).toMatchObject({ status: "refunded", captured: false });
	expect(await world.balance("cash_in_transit")).toBe(0);
});

test("4.5 Razorpay: more than was paid is a debt, and the shopper pays it in Checkout", async () => {
	await paid(["cola", "cola", "cola"]);
	expect(await world.sale("sale-1")).toMatchObject({ state: "review", cause: "underpaid", capturedCents: 500 });
	expect((await world.post("/api/v1/debts/sale-1/pay")).status).toBe(202);
	await world.pass(1_000);
	const [, debt] = world.razorpay.account.orders.values();
	expect(debt).toMatchObject({ amount: 100, notes: { sale_id: "sale-1", purpose: "debt-1" } });
	expect((await world.sale("sale-1")).checkout).toEqual({
		keyId: "rzp_test_visionvend",
		orderId: debt?.id,
		amountCents: 100,
		currency: "usd",
	});
	world.razorpay.account.pay(debt?.id ?? "", true);
	await world.pass(30_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 600, checkout: null });
	expect(await books()).toEqual({ deposit: 0, receivable: 0, cash: 600 });
});

test("4.5 Razorpay: a rest that is too small for an order of its own becomes large enough", async () => {
	world = await World.create({ gateway: "razorpay", card: "", holdCents: 300 });
	world.machine.behaviour = { take: ["cola", "chips"] };
	const { body } = await world.unlock("sale-1");
	world.razorpay.account.pay(body.checkout.order_id, true);
	await world.pass(30_000);
	expect(await world.sale("sale-1")).toMatchObject({ cause: "underpaid", capturedCents: 250 });
	await world.post("/api/v1/debts/sale-1/pay");
	await world.pass(1_000);
	const [, debt] = world.razorpay.account.orders.values();
	world.razorpay.account.pay(debt?.id ?? "", true);
	await world.pass(30_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 350 });
});

test("2.21 Razorpay: a manual refund happens once although its answer is lost", async () => {
	await paid(["cola"]);
	const owner = await ownerOf(world);
	let lost = 0;
	world.razorpay.faults.dropResponse = (_, path) => path.endsWith("/refund") && lost++ === 0;
	await owner("POST", "/api/v1/orders/sale-1/manual_refund", { reason: "warm" });
	await world.pass(600_000);
	expect(lost).toBeGreaterThan(0);
	expect((await owner("GET", "/api/v1/orders/sale-1")).body.data).toMatchObject({
		status: "refunded",
		refundedCents: 200,
		refundingCents: 0,
	});
	expect([...world.razorpay.account.refunds.values()].map(({ amount }) => amount)).toEqual([300, 200]);
});

test("2.21 Razorpay: a refund that the bank sends back is owed to the shopper again, and can be given again", async () => {
	await paid(["cola"]);
	const owner = await ownerOf(world);
	world.razorpay.account.refundFails = () => true;
	await owner("POST", "/api/v1/orders/sale-1/manual_refund", { reason: "warm" });
	await world.pass(600_000);
	expect((await owner("GET", "/api/v1/orders/sale-1")).body.data).toMatchObject({ refundedCents: 200 });
	await world.pass(86_400_000);
	expect((await owner("GET", "/api/v1/orders/sale-1")).body.data).toMatchObject({ status: "paid", refundedCents: 0 });
	expect(world.events()).toContain("refund.returned");
	expect(await openFindings()).toEqual([{ kind: "refund_returned", expected_cents: 200 }]);
	expect(await books()).toMatchObject({ cash: 188 });
	world.razorpay.account.refundFails = () => false;
	await owner("POST", "/api/v1/orders/sale-1/manual_refund", { reason: "warm" });
	await world.pass(86_400_000);
	expect((await owner("GET", "/api/v1/orders/sale-1")).body.data).toMatchObject({ refundedCents: 200 });
	expect(await books()).toMatchObject({ cash: -12 });
	expect(await openFindings()).toEqual([]);
});

test.each([
	["the rest of what was paid", ["cola"], 300],
	["all of it, for nothing was taken", [], 500],
])("4.5 Razorpay: %s, sent back by the bank, can be given back by people", async (_what, take, returnedCents) => {
	const order = await asked(take);
	world.razorpay.account.refundFails = () => true;
	world.razorpay.account.pay(order, true);
	await world.pass(2 * 3_600_000);
	const owner = await ownerOf(world);
	expect((await owner("GET", "/api/v1/orders/sale-1")).body.data).toMatchObject({ capturedCents: 500 });
	world.razorpay.account.refundFails = () => false;
	await owner("POST", "/api/v1/orders/sale-1/manual_refund", { reason: "sent back", amountCents: returnedCents });
	await world.pass(600_000);
	expect((await owner("GET", "/api/v1/orders/sale-1")).body.data).toMatchObject({ refundedCents: returnedCents });
	expect(await books()).toMatchObject({ cash: 500 - returnedCents });
});

test("4.5 Razorpay: the books of the account are the ledger's; a lost dispute is written off", async () => {
	await paid(["cola"]);
	const [payment] = world.razorpay.account.payments.values();
	const { id } = world.razorpay.account.dispute(payment?.id ?? "");
	world.razorpay.account.decideDispute(id, false);
	await world.pass(2 * 86_400_000);
	expect(await world.balance("write_off")).toBe(200);
	expect(await world.balance("fee")).toBe(12);
	expect(await world.balance("cash_in_transit")).toBe(world.razorpay.account.balance());
	expect(await openFindings()).toEqual([]);
});

test("2.2 4.5 Razorpay: what speaks for us is handed in as a document, once, also when the answer is lost", async () => {
	await paid(["cola"]);
	const [payment] = world.razorpay.account.payments.values();
	const { id } = world.razorpay.account.dispute(payment?.id ?? "");
	await world.pass(1_000);
	const owner = await ownerOf(world);
	const chargeback = async () => (await owner("GET", "/api/v1/chargebacks")).body.data[0];
	expect(await chargeback()).toMatchObject({ id, orderId: "sale-1", status: "open", submission: "none" });
	let lost = 1;
	world.razorpay.faults.dropResponse = (_method, path) => path.endsWith("/contest") && lost-- > 0;
	expect((await owner("POST", `/api/v1/chargebacks/${id}/submit`)).status).toBe(202);
	await world.pass(120_000);
	expect(await chargeback()).toMatchObject({ status: "under_review", submission: "done" });
	const documents = [...world.razorpay.account.documents.values()].map((bytes) =>
		Buffer.from(bytes).toString("latin1"),
	);
	expect(documents).toHaveLength(1);
	expect(documents[0]).toMatch(/^%PDF-1\.4[\s\S]*1 Cola[\s\S]*door\.opened|^%PDF-1\.4[\s\S]*1 Cola[\s\S]*captured/);
	expect(world.razorpay.account.disputes.get(id)?.evidence).toMatchObject({ amount: 200, action: "submit" });
});

test("4.24 Razorpay that fails five times in a row is left alone for half a minute", async () => {
	const order = await asked(["cola"]);
	world.razorpay.account.pay(order, true);
	let requests = 0;
	world.razorpay.faults.dropRequest = () => {
		requests += 1;
		return true;
	};
	for (let times = 0; times < 8; times += 1) expect((await world.unlock("sale-1")).status).toBe(200);
	expect(requests).toBe(5);
	world.razorpay.faults.dropRequest = undefined;
	await world.pass(60_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 200 });
});

test("4.5 Razorpay: an event whose signature does not fit is refused", async () => {
	await asked([]);
	const body = JSON.stringify({ event: "payment.captured", payload: {} });
	const send = (secret: string, text = body) =>
		world.cloud.app.request("/webhooks/razorpay", {
			method: "POST",
			headers: {
				"x-razorpay-event-id": "event-1",
				"x-razorpay-signature": createHmac("sha256", secret).update(body).digest("hex"),
			},
			body: text,
		});
	expect((await send("other")).status).toBe(400);
	expect((await send(webhookSecret, `${body} `)).status).toBe(400);
	expect(await (await send(webhookSecret)).json()).toEqual({ received: true, duplicate: false });
	expect(await (await send(webhookSecret)).json()).toEqual({ received: true, duplicate: true });
});
