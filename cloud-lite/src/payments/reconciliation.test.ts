import { afterEach, expect, test } from "vitest";
import { ownerOf } from "../../test/owner.ts";
import { World } from "../../test/world.ts";

const dayMs = 86_400_000;
let world: World;
afterEach(() => world.close());

async function shop() {
	world = await World.create();
	const owner = await ownerOf(world, ["*:read", "*:write", "*:platform"]);
	world.machine.behaviour = { take: ["cola"] };
	await world.unlock("sale-1");
	await world.pass(1_000);
	return owner;
}

function gatewayNet(): number {
	return world.stripe.balanceTransactions().reduce((sum, { net }) => sum + net, 0);
}

test("2.2 the night's look at the provider's books brings the fees into the ledger, and then both agree", async () => {
	const owner = await shop();
	expect(await world.balance("fee")).toBe(0);
	await world.pass(dayMs);
	expect(await world.balance("fee")).toBe(36);
	expect(await world.balance("cash_in_transit")).toBe(gatewayNet());
	await world.pass(2 * dayMs);
	expect(await world.balance("fee")).toBe(36);
	expect((await owner("GET", "/api/v1/reconciliation/findings")).body.data).toEqual([]);
});

test("2.2 a refund made by hand at the provider is a finding", async () => {
	const owner = await shop();
	const [intent] = world.stripe.paymentIntents();
	await world.stripeClient().refunds.create({ payment_intent: intent?.id ?? "", amount: 70 });
	await world.pass(dayMs);
	expect((await owner("GET", "/api/v1/reconciliation/findings")).body.data).toMatchObject([
		{ kind: "refund_differs", subject: "sale-1", expectedCents: 0, foundCents: -70, closedAt: null },
	]);
	expect(world.events()).toContain("books.compared");
});

test("2.21 a refund that the bank sends back is owed to the shopper again, told once, and can be given again", async () => {
	const owner = await shop();
	const refund = () => owner("POST", "/api/v1/orders/sale-1/manual_refund", { reason: "warm", amountCents: 70 });
	const order = async () => (await owner("GET", "/api/v1/orders/sale-1")).body.data;
	await refund();
	await world.pass(60_000);
	expect(await order()).toMatchObject({ status: "part_refunded", refundedCents: 70 });
	world.stripe.failRefund(world.stripe.refunds()[0]?.id ?? "");
	await world.pass(dayMs);
	expect(await order()).toMatchObject({ status: "paid", refundedCents: 0, refundingCents: 0 });
	expect(world.events().filter((event) => event === "refund.returned")).toHaveLength(1);
	expect(await world.balance("cash_in_transit")).toBe(gatewayNet());
	const findings = async () => (await owner("GET", "/api/v1/reconciliation/findings")).body.data;
	expect(await findings()).toMatchObject([{ kind: "refund_returned", subject: "sale-1", expectedCents: 70 }]);
	await refund();
	await world.pass(dayMs);
	expect(await order()).toMatchObject({ status: "part_refunded", refundedCents: 70 });
	expect(await world.balance("cash_in_transit")).toBe(gatewayNet());
	expect(await findings()).toEqual([]);
});

test("2.2 a payment that no sale knows is a finding", async () => {
	const owner = await shop();
	await world.stripeClient().paymentIntents.create({
		amount: 500,
		currency: "usd",
		payment_method: "pm_card_visa",
		confirm: true,
		automatic_payment_methods: { enabled: true, allow_redirects: "never" },
	});
	const run = await owner("POST", "/api/v1/reconciliation/runs");
	expect(run.body.data).toEqual({ findings: 1 });
	expect((await owner("GET", "/api/v1/reconciliation/findings")).body.data).toMatchObject([
		{ kind: "unknown_payment", foundCents: 500 },
	]);
});

test("2.2 books that cannot be read are read an hour later", async () => {
	const owner = await shop();
	world.stripe.faults.dropRequest = (_method, path) => path === "/v1/balance_transactions";
	expect((await owner("POST", "/api/v1/reconciliation/runs")).status).toBe(503);
	await world.pass(18.5 * 3_600_000);
	expect(await world.balance("fee")).toBe(0);
	world.stripe.faults.dropRequest = () => false;
	await world.pass(3_600_000);
	expect(await world.balance("fee")).toBe(36);
});

test("2.2 owners do not see the installation's books", async () => {
	await shop();
	expect((await world.request("GET", "/api/v1/reconciliation/findings")).status).toBe(403);
	expect((await world.request("GET", "/api/v1/chargebacks")).status).toBe(403);
});

test("2.2 a chargeback freezes what is known, takes the money out of the ledger, and a won one brings it back", async () => {
	const owner = await shop();
	world.stripe.webhookPolicy.duplicate = true;
	world.stripe.webhookPolicy.shuffleMs = 5_000;
	const [intent] = world.stripe.paymentIntents();
	const { id } = world.stripe.dispute(intent?.id ?? "");
	await world.pass(60_000);
	expect((await owner("GET", "/api/v1/orders/sale-1")).body.data.status).toBe("disputed");
	expect((await owner("GET", "/api/v1/chargebacks")).body.data).toMatchObject([
		{ id, orderId: "sale-1", status: "needs_response", withdrawnCents: 200, submission: "none" },
	]);
	expect(await world.balance("dispute")).toBe(200);
	expect((await owner("POST", "/api/v1/orders/sale-1/manual_refund", { reason: "x" })).status).toBe(409);
	expect((await owner("POST", `/api/v1/chargebacks/${id}/submit`)).status).toBe(202);
	await world.pass(60_000);
	expect(world.stripe.disputes()[0]?.evidence).toMatchObject({ product_description: "1 Cola" });
	expect((await owner("POST", `/api/v1/chargebacks/${id}/submit`)).status).toBe(409);
	world.stripe.decideDispute(id, true);
	await world.pass(2 * dayMs);
	expect(await world.balance("dispute")).toBe(0);
	expect((await owner("GET", "/api/v1/orders/sale-1")).body.data.status).toBe("paid");
	// 36 for the payment and 1,500 for the dispute.
	expect(await world.balance("fee")).toBe(1_536);
	expect(await world.balance("cash_in_transit")).toBe(gatewayNet());
	expect((await owner("GET", "/api/v1/reconciliation/findings")).body.data).toEqual([]);
});

test("2.2 a chargeback that is lost is written off", async () => {
	const owner = await shop();
	const [intent] = world.stripe.paymentIntents();
	const { id } = world.stripe.dispute(intent?.id ?? "");
	world.stripe.decideDispute(id, false);
	await world.pass(2 * dayMs);
	expect(await world.balance("write_off")).toBe(200);
	expect(await world.balance("cash_in_transit")).toBe(gatewayNet());
	expect((await owner("GET", "/api/v1/chargebacks")).body.data).toMatchObject([{ id, status: "lost" }]);
	expect((await owner("GET", "/api/v1/reconciliation/findings")).body.data).toEqual([]);
});
