import { afterEach, expect, test } from "vitest";
import { World, webhookSecret } from "../../test/world.ts";

let world: World | undefined;

afterEach(async () => {
	await world?.close();
	world = undefined;
});

async function open(): Promise<World> {
	world = await World.create();
	return world;
}

function event(id: string, type = "payment_intent.succeeded", intent = "pi_unknown"): string {
	return JSON.stringify({ id, object: "event", type, data: { object: { id: intent, object: "payment_intent" } } });
}

function deliver(world: World, payload: string, signed: { secret?: string; ageSeconds?: number; as?: string } = {}) {
	const signature = world.stripeClient().webhooks.generateTestHeaderString({
		payload: signed.as ?? payload,
		secret: signed.secret ?? webhookSecret,
		timestamp: Math.floor(world.clock.now() / 1000) - (signed.ageSeconds ?? 0),
	});
	return world.cloud.app.request("/webhooks/stripe", {
		method: "POST",
		headers: { "stripe-signature": signature },
		body: payload,
	});
}

test("an event is taken once; its repetition is taken and changes nothing", async () => {
	const world = await open();
	expect(await (await deliver(world, event("evt_1"))).json()).toEqual({ received: true, duplicate: false });
	expect(await (await deliver(world, event("evt_1"))).json()).toEqual({ received: true, duplicate: true });
	const both = await Promise.all([deliver(world, event("evt_2")), deliver(world, event("evt_2"))]);
	const answers = await Promise.all(both.map((response) => response.text()));
	expect(answers.sort()).toEqual(['{"received":true,"duplicate":false}', '{"received":true,"duplicate":true}']);
	expect(world.events().filter((name) => name === "webhook.duplicate")).toHaveLength(2);
});

test.each([
	["another secret", { secret: "whsec_forged" }],
	["a signature of another body", { as: event("evt_2") }],
	["301 seconds old", { ageSeconds: 301 }],
	["301 seconds in the future", { ageSeconds: -301 }],
	["a day in the future", { ageSeconds: -86_400 }],
])("refused: %s", async (_what, signed) => {
	const world = await open();
	const response = await deliver(world, event("evt_1"), signed);
	expect(response.status).toBe(400);
	expect(await response.json()).toMatchObject({ code: "webhook_refused" });
	expect(await world.cloud.database.read("SELECT * FROM provider_event")).toEqual([]);
});

test.each([300, -300])("taken: %d seconds old", async (ageSeconds) => {
	const world = await open();
	expect((await deliver(world, event("evt_1"), { ageSeconds })).status).toBe(200);
});

test("refused: no signature, or the body written anew", async () => {
	const world = await open();
	expect((await world.post("/webhooks/stripe", { id: "evt_1" })).status).toBe(400);
	const payload = event("evt_1");
	expect((await deliver(world, JSON.stringify(JSON.parse(payload), null, 1), { as: payload })).status).toBe(400);
});

test("all events twice, late and shuffled: the sale ends as it would without", async () => {
	const world = await open();
	world.stripe.webhookPolicy.duplicate = true;
	world.stripe.webhookPolicy.delayMs = 120_000;
	world.stripe.webhookPolicy.shuffleMs = 60_000;
	world.machine.behaviour = { take: ["cola"] };
	await world.unlock("sale-1");
	await world.pass(600_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 200 });
	expect(world.events().filter((name) => name === "webhook.received").length).toBeGreaterThan(2);
	expect(world.events().filter((name) => name === "webhook.duplicate").length).toBeGreaterThan(2);
	expect(await world.balance("cash_in_transit")).toBe(200);
});

test("what an event claims is not believed: the intent is asked for", async () => {
	const world = await open();
	world.machine.pause = true;
	world.machine.behaviour = { take: ["cola"] };
	await world.unlock("sale-1");
	await world.pass(1_000);
	const intent = world.stripe.paymentIntents()[0]?.id ?? "";
	expect((await deliver(world, event("evt_lie", "payment_intent.canceled", intent))).status).toBe(200);
	await world.machine.finish();
	await world.pass(1_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 200 });
});

test("a hold that somebody cancelled at the provider: the price is charged to the saved card", async () => {
	const world = await open();
	world.machine.pause = true;
	world.machine.behaviour = { take: ["cola"] };
	await world.unlock("sale-1");
	await world.pass(1_000);
	await world.stripeClient().paymentIntents.cancel(world.stripe.paymentIntents()[0]?.id ?? "");
	await world.pass(5_000);
	expect(world.events()).toContain("payment.hold_lost");
	expect(await world.balance("shopper_hold")).toBe(0);
	await world.machine.finish();
	await world.pass(1_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 200 });
	expect(world.stripe.paymentIntents().map(({ amount_received }) => amount_received)).toEqual([0, 200]);
});

test("while the provider cannot be asked, an event about a sale is not taken, so that it comes again", async () => {
	const world = await open();
	await world.unlock("sale-1");
	const intent = world.stripe.paymentIntents()[0]?.id ?? "";
	world.stripe.faults.dropRequest = () => true;
	expect((await deliver(world, event("evt_1", "payment_intent.canceled", intent))).status).toBe(503);
	world.stripe.faults.dropRequest = () => false;
	expect(await (await deliver(world, event("evt_1", "payment_intent.canceled", intent))).json()).toEqual({
		received: true,
		duplicate: false,
	});
});
