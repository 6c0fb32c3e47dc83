import { afterEach, expect, test } from "vitest";
import { generateVAPIDKeys } from "web-push";
import { PushService } from "../../../hardware-sim/src/notify/push-service.ts";
import { WebhookReceiver } from "../../../hardware-sim/src/notify/webhook-receiver.ts";
import { Outside } from "../../test/outside.ts";
import { ownerOf } from "../../test/owner.ts";
import { countingRandom, shopperId, World } from "../../test/world.ts";

let world: World | undefined;

afterEach(async () => {
	await world?.close();
	world = undefined;
});

/** A world whose cloud tells a webhook and a browser. */
async function open() {
	const opened = await World.create();
	world = opened;
	const vapid = { ...generateVAPIDKeys(), subject: "mailto:owner@example.com" };
	const push = new PushService({
		origin: "https://push.example",
		clock: opened.clock,
		random: countingRandom(3),
		vapidPublicKey: vapid.publicKey,
	});
	const hook = { secret: "" };
	const receiver = new WebhookReceiver(opened.clock, () => hook.secret);
	const outside = new Outside({ "push.example": push.app, "erp.example": receiver.app });
	await opened.cloud.close();
	const start = () =>
		opened.startCloud(() => ({ send: outside.send }), { notify: { vapid, pushHosts: ["push.example"] } });
	await start();
	const ask = await ownerOf(opened);
	hook.secret = (
		await ask("POST", "/api/v1/webhooks", { url: "https://erp.example/hooks", eventTypes: ["sale.*"] })
	).body.data.secret;
	return { world: opened, push, receiver, vapid, start };
}

function types(receiver: WebhookReceiver): string[] {
	return receiver.events.map(({ body }) => JSON.parse(JSON.stringify(body)).type);
}

test("3.10 a shopper's browser shows what was charged, and that nothing was", async () => {
	const { world, push, vapid } = await open();
	expect((await world.request("GET", "/api/v1/push/key")).body.data).toEqual({ publicKey: vapid.publicKey });
	const browser = push.subscribe();
	const added = await world.post("/api/v1/push/subscriptions", browser.subscription);
	expect(added.status).toBe(201);
	world.machine.behaviour = { take: ["cola", "chips"] };
	await world.unlock("sale-1");
	await world.pass(5_000);
	world.machine.behaviour = { take: [] };
	await world.unlock("sale-2");
	await world.pass(5_000);
	expect(push.refusals).toEqual([]);
	expect(browser.messages).toEqual([
		{ type: "receipt", saleId: "sale-1", outcome: "charged", amountCents: 350, currency: "usd" },
		{ type: "receipt", saleId: "sale-2", outcome: "not_charged", amountCents: 0, currency: "usd" },
	]);
	const removed = await world.request("DELETE", `/api/v1/push/subscriptions/${added.body.data.id}`);
	expect(removed.status).toBe(200);
	expect(await world.cloud.database.read("SELECT id FROM push_subscription")).toEqual([]);
});

test("a subscription anywhere but at a browser's push service is refused, and nobody removes another's", async () => {
	const { world, push } = await open();
	const { subscription } = push.subscribe();
	for (const endpoint of ["https://169.254.169.254/push", "https://evil.example/push/1"]) {
		expect(await world.post("/api/v1/push/subscriptions", { ...subscription, endpoint })).toMatchObject({
			status: 422,
			body: { code: "push_service_unknown" },
		});
	}
	const broken = { ...subscription, keys: { ...subscription.keys, auth: "c2hvcnQ" } };
	expect((await world.post("/api/v1/push/subscriptions", broken)).status).toBe(422);
	const added = await world.post("/api/v1/push/subscriptions", subscription);
	const eve = { authorization: `Bearer ${await world.cloud.issueShopperToken("eve")}` };
	const path = `/api/v1/push/subscriptions/${added.body.data.id}`;
	expect((await world.request("DELETE", path, undefined, eve)).status).toBe(404);
	expect(shopperId).not.toBe("eve");
});

test("a webhook is told each step of a sale once, in its order, also over a restart of the cloud", async () => {
	const { world, receiver, start } = await open();
	world.machine.behaviour = { take: ["cola"] };
	await world.unlock("sale-1");
	await world.pass(5_000);
	const steps = ["sale.authorised", "sale.opened", "sale.closed", "sale.captured"];
	expect(types(receiver)).toEqual(steps);
	expect(receiver.events.at(-1)?.body).toMatchObject({
		data: { saleId: "sale-1", machineId: "fridge-1", capturedCents: 200, currency: "usd" },
	});
	await world.cloud.close();
	await start();
	await world.pass(5_000);
	expect(types(receiver)).toEqual(steps);
});
