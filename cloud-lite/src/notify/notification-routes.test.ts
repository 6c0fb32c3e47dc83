import { afterAll, beforeAll, expect, test } from "vitest";
import { SlackWebhook } from "../../../hardware-sim/src/notify/slack-webhook.ts";
import { WebhookReceiver } from "../../../hardware-sim/src/notify/webhook-receiver.ts";
import { Outside } from "../../test/outside.ts";
import { TwoTenants } from "../../test/two-tenants.ts";

let world: TwoTenants;
let receiver: WebhookReceiver;
let secret = "";
const slack = new SlackWebhook();

beforeAll(async () => {
	const outside = new Outside({ "hooks.slack.com": slack.app });
	world = await TwoTenants.open({ send: outside.send });
	receiver = new WebhookReceiver(world.clock, () => secret);
	outside.put("erp.example", receiver.app);
});

afterAll(() => world.close());

const channel = { name: "operations", target: { kind: "slack", url: "https://hooks.slack.com/services/T0/B0/secret" } };

test("4.34 a channel is added, tested, changed over its version, and removed; its secret is never shown", async () => {
	const added = await world.request("admin", "POST", "/api/v1/notification-channels", channel);
	expect(added.status).toBe(201);
	expect(added.body.data).toMatchObject({ kind: "slack", to: "hooks.slack.com/…", enabled: true, version: 1 });
	const { id } = added.body.data;
	expect(await world.request("admin", "POST", `/api/v1/notification-channels/${id}/test`)).toMatchObject({
		status: 202,
	});
	await world.pass(0);
	expect(slack.messages.map(({ text }) => text)).toEqual(["Note: This is a test of channel operations"]);
	const change = (version: string) =>
		world.request(
			"admin",
			"PUT",
			`/api/v1/notification-channels/${id}`,
			{ ...channel, target: { kind: "sms", numbers: ["+14155550123"] }, minimumSeverity: "critical" },
			{ headers: { "if-match": version } },
		);
	expect((await change('"1"')).body.data).toMatchObject({ kind: "sms", to: "+14155550123", version: 2 });
	expect(await change('"1"')).toMatchObject({ status: 412 });
	const list = await world.request("viewer", "GET", "/api/v1/notification-channels");
	expect(list.body.data).toHaveLength(1);
	expect(JSON.stringify(list.body)).not.toContain("secret");
	expect((await world.request("admin", "DELETE", `/api/v1/notification-channels/${id}`)).status).toBe(200);
	expect((await world.request("admin", "DELETE", `/api/v1/notification-channels/${id}`)).status).toBe(404);
});

test.each([
	{ kind: "slack", url: "not an address" },
	{ kind: "pagerduty", routingKey: "short" },
	{ kind: "sms", numbers: ["0800 123"] },
	{ kind: "email", addresses: [] },
	{ kind: "pigeon", loft: 3 },
])("a target that cannot be reached is refused: %o", async (target) => {
	const { status, body } = await world.request("admin", "POST", "/api/v1/notification-channels", {
		...channel,
		target,
	});
	expect(status).toBe(400);
	expect(body.detail).toContain("target");
});

test("channels, webhooks and deliveries of another tenant do not exist, and only admins change them", async () => {
	const added = await world.request("admin", "POST", "/api/v1/notification-channels", channel);
	const hook = await world.request("admin", "POST", "/api/v1/webhooks", { url: "https://erp.example/hooks" });
	await world.request("admin", "POST", `/api/v1/notification-channels/${added.body.data.id}/test`);
	const [delivery] = (await world.request("viewer", "GET", "/api/v1/deliveries?limit=1")).body.data;
	const other = { tenant: world.beta };
	for (const [method, path, body] of [
		["PUT", `/api/v1/notification-channels/${added.body.data.id}`, channel],
		["DELETE", `/api/v1/notification-channels/${added.body.data.id}`, undefined],
		["POST", `/api/v1/notification-channels/${added.body.data.id}/test`, undefined],
		["PUT", `/api/v1/webhooks/${hook.body.data.id}`, { url: "https://evil.example/" }],
		["POST", `/api/v1/webhooks/${hook.body.data.id}/rotate-secret`, undefined],
		["POST", `/api/v1/webhooks/${hook.body.data.id}/test`, undefined],
		["DELETE", `/api/v1/webhooks/${hook.body.data.id}`, undefined],
		["POST", `/api/v1/deliveries/${delivery.id}/replay`, undefined],
	] as const) {
		expect([path, (await world.request("admin", method, path, body, other)).status]).toEqual([path, 404]);
		const lesser = path.includes("deliveries") ? "viewer" : "operator";
		expect([path, (await world.request(lesser, method, path, body)).status]).toEqual([path, 403]);
	}
	for (const path of ["/api/v1/notification-channels", "/api/v1/webhooks", "/api/v1/deliveries"]) {
		expect((await world.request("viewer", "GET", path, undefined, other)).body.data).toEqual([]);
	}
	await world.request("admin", "DELETE", `/api/v1/webhooks/${hook.body.data.id}`);
});

test("a webhook shows its secret once, is tested, gets a new secret, and what failed is replayed", async () => {
	const added = await world.request("admin", "POST", "/api/v1/webhooks", {
		url: "https://erp.example/hooks",
		eventTypes: ["sale.*", "alarm.opened"],
	});
	expect(added.status).toBe(201);
	const { id } = added.body.data;
	secret = added.body.data.secret;
	expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
	expect(JSON.stringify((await world.request("viewer", "GET", "/api/v1/webhooks")).body)).not.toContain("whsec_");
	await world.request("admin", "POST", `/api/v1/webhooks/${id}/test`);
	await world.pass(0);
	expect(receiver.events).toMatchObject([{ body: { type: "test" } }]);
	const rotated = await world.request("admin", "POST", `/api/v1/webhooks/${id}/rotate-secret`);
	secret = rotated.body.data.secret;
	receiver.answer = 410;
	await world.request("admin", "POST", `/api/v1/webhooks/${id}/test`);
	await world.pass(0);
	const dead = await world.request("viewer", "GET", `/api/v1/deliveries?state=dead&destination_id=${id}`);
	expect(dead.body.data).toMatchObject([
		{ kind: "webhook", subject: "test", attempts: 1, lastError: "status 410: no" },
	]);
	const [hook] = (await world.request("viewer", "GET", "/api/v1/webhooks")).body.data;
	expect(hook).toMatchObject({ enabled: false, disabledReason: "the receiver answered 410 Gone" });
	receiver.answer = undefined;
	await world.request("admin", "PUT", `/api/v1/webhooks/${id}`, { url: "https://erp.example/hooks" });
	const replayed = await world.request("operator", "POST", `/api/v1/deliveries/${dead.body.data[0].id}/replay`);
	expect(replayed.status).toBe(202);
	await world.pass(0);
	expect(receiver.events).toHaveLength(2);
	expect(receiver.refusals).toEqual([]);
});

test("a webhook's address must be a web address, and its event types known", async () => {
	for (const body of [
		{ url: "ftp://erp.example/" },
		{ url: "https://erp.example/", eventTypes: ["sale.unknown"] },
		{},
	]) {
		expect((await world.request("admin", "POST", "/api/v1/webhooks", body)).status).toBe(400);
	}
});

test("without VAPID keys push is off and says so", async () => {
	expect(await world.request("anonymous", "GET", "/api/v1/push/key")).toMatchObject({
		status: 503,
		body: { code: "push_off" },
	});
});
