import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogEntry } from "@visionvend/sdk/log";
import { TaskTracker } from "@visionvend/sdk/task-tracker";
import { afterEach, expect, test } from "vitest";
import { generateVAPIDKeys } from "web-push";
import { type MailServer, startMailServer } from "../../../hardware-sim/src/notify/mail-server.ts";
import { PagerDutyEvents } from "../../../hardware-sim/src/notify/pagerduty-events.ts";
import { PushService } from "../../../hardware-sim/src/notify/push-service.ts";
import { SlackWebhook } from "../../../hardware-sim/src/notify/slack-webhook.ts";
import { SmsGateway } from "../../../hardware-sim/src/notify/sms-gateway.ts";
import { WebhookReceiver } from "../../../hardware-sim/src/notify/webhook-receiver.ts";
import { Outside } from "../../test/outside.ts";
import { TestClock } from "../../test/test-clock.ts";
import { countingRandom } from "../../test/world.ts";
import { type Database, openDatabase } from "../db/database.ts";
import { migrate } from "../db/migrate.ts";
import { AlarmCourier } from "./alarm-courier.ts";
import type { Target } from "./channel.ts";
import { ChannelStore } from "./channel-store.ts";
import { Deliveries } from "./deliveries.ts";
import { type Delivery, deliverLater, deliveryOf } from "./delivery.ts";
import { MailCourier } from "./mail-courier.ts";
import { Mailer } from "./mailer.ts";
import type { Notice } from "./notice.ts";
import { PushCourier } from "./push-courier.ts";
import { PushSubscriptions } from "./push-subscription.ts";
import { WebhookCourier } from "./webhook-courier.ts";
import { type WebhookEndpoint, WebhookEndpoints } from "./webhook-endpoint.ts";

const tenantId = "shop";
const routingKey = "R0".padEnd(32, "a");
const slackUrl = "https://hooks.slack.com/services/T0/B0/secret";
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

const notice: Notice = {
	action: "trigger",
	alarmId: "alarm-1",
	severity: "critical",
	summary: "Lobby <fridge> has been offline for 11 minutes",
	source: "Lobby <fridge>",
	rule: "device_offline",
	atMs: Date.UTC(2026, 0, 1, 9),
	details: { Minutes: 11 },
};

/** Deliveries with everybody they can go to. */
class Desk {
	readonly clock = new TestClock();
	readonly log: LogEntry[] = [];
	readonly slack = new SlackWebhook();
	readonly pagerDuty = new PagerDutyEvents(routingKey);
	readonly sms = new SmsGateway("AC1", "token");
	readonly receiver = new WebhookReceiver(this.clock, () => this.endpoint?.secret ?? "");
	readonly vapid = { ...generateVAPIDKeys(), subject: "mailto:owner@example.com" };
	readonly push = new PushService({
		origin: "https://push.example",
		clock: this.clock,
		random: countingRandom(3),
		vapidPublicKey: this.vapid.publicKey,
	});
	readonly outside = new Outside({
		"hooks.slack.com": this.slack.app,
		"events.pagerduty.com": this.pagerDuty.app,
		"sms.example": this.sms.app,
		"erp.example": this.receiver.app,
		"push.example": this.push.app,
	});
	readonly channels: ChannelStore;
	readonly endpoints: WebhookEndpoints;
	readonly subscriptions: PushSubscriptions;
	readonly errors: unknown[] = [];
	endpoint: WebhookEndpoint | undefined;
	readonly database: Database;
	readonly #folder: string;
	readonly #instances: { deliveries: Deliveries; tracker: TaskTracker }[] = [];
	readonly #mailer: Mailer | undefined;

	private constructor(database: Database, folder: string, mail: MailServer | undefined) {
		this.database = database;
		this.#folder = folder;
		this.#mailer = mail && new Mailer({ url: mail.url, from: "shop@example.com" });
		const options = { database, clock: this.clock, random: countingRandom(5) };
		this.channels = new ChannelStore(options);
		this.endpoints = new WebhookEndpoints(options);
		this.subscriptions = new PushSubscriptions({ ...options, moreHosts: ["push.example"] });
		this.addInstance();
	}

	static async open(mail?: MailServer): Promise<Desk> {
		const folder = mkdtempSync(join(tmpdir(), "visionvend-notify-"));
		const database = await openDatabase(`file:${join(folder, "test.db")}`);
		desk = new Desk(database, folder, mail);
		await migrate(database, desk.clock);
		return desk;
	}

	get deliveries(): Deliveries {
		return this.#instances[0]!.deliveries;
	}

	addInstance(): Deliveries {
		const tracker = new TaskTracker();
		const { clock } = this;
		const { send } = this.outside;
		const services = {
			mailer: this.#mailer,
			sms: { baseUrl: "https://sms.example", accountSid: "AC1", authToken: "token", from: "+15005550006" },
			pagerDutyBaseUrl: "https://events.pagerduty.com",
		};
		const deliveries = new Deliveries({
			database: this.database,
			clock,
			random: countingRandom(11),
			couriers: {
				alarm: new AlarmCourier({ channels: this.channels, services, send, clock }),
				webhook: new WebhookCourier({ endpoints: this.endpoints, send, clock }),
				push: new PushCourier({ subscriptions: this.subscriptions, vapid: this.vapid, send, clock }),
				mail: new MailCourier(this.#mailer),
			},
			tracker,
			log: (entry) => this.log.push(entry),
			onError: (error) => this.errors.push(error),
		});
		this.#instances.push({ deliveries, tracker });
		return deliveries;
	}

	/** Writes a delivery; it leaves with the next `pass`. */
	async put(delivery: Omit<Parameters<typeof deliverLater>[0], "tenantId" | "subject">): Promise<void> {
		await this.database.write([deliverLater({ tenantId, subject: "test", ...delivery }, this.clock.now())]);
	}

	async alarm(target: Target, messageId = "notice-1", told: Notice = notice): Promise<void> {
		const settings = { name: "people", minimumSeverity: "info" as const, rules: [], enabled: true };
		const [known] = await this.channels.list(tenantId);
		const { id } = known ?? (await this.channels.add(tenantId, { ...settings, target }));
		await this.put({ kind: "alarm", destinationId: id, messageId, payload: told });
		await this.pass(0);
	}

	async event(messageId: string): Promise<void> {
		const event = { id: messageId, type: "sale.captured", atMs: this.clock.now(), data: { saleId: "s1", cents: 200 } };
		await this.database.write(await this.endpoints.statementsOf(tenantId, event));
		await this.pass(0);
	}

	async addEndpoint(): Promise<WebhookEndpoint> {
		const settings = { url: "https://erp.example/hooks", description: "", eventTypes: ["sale.*"], enabled: true };
		this.endpoint = await this.endpoints.add(tenantId, settings);
		return this.endpoint;
	}

	async states() {
		return (await this.all()).map(({ state, attempts, lastError }) => ({ state, attempts, lastError }));
	}

	/** Deliveries of the tenant, newest first. */
	async all(): Promise<Delivery[]> {
		const rows = await this.database.read("SELECT * FROM delivery WHERE tenant_id = ? ORDER BY id DESC", [tenantId]);
		return rows.map(deliveryOf);
	}

	/** Lets time pass, stopping at everything that is due. */
	async pass(milliseconds: number): Promise<void> {
		const untilMs = this.clock.now() + milliseconds;
		for (const { deliveries } of this.#instances) deliveries.kick();
		await this.quiet();
		while (this.clock.step(untilMs)) await this.quiet();
		this.clock.jump(untilMs);
	}

	async quiet(): Promise<void> {
		for (let round = 0; round < 3; round += 1) {
			for (const { tracker } of this.#instances) await tracker.idle();
			await new Promise((resolve) => setImmediate(resolve));
		}
	}

	async close(): Promise<void> {
		for (const { deliveries } of this.#instances) deliveries.close();
		await this.quiet();
		this.#mailer?.close();
		this.database.close();
		rmSync(this.#folder, { recursive: true, force: true });
	}
}

let desk: Desk | undefined;
let mail: MailServer | undefined;

afterEach(async () => {
	const errors = desk?.errors ?? [];
	await desk?.close();
	await mail?.close();
	desk = undefined;
	mail = undefined;
	expect(errors).toEqual([]);
});

test("0.32 an alarm stands in the Slack channel, with what came from outside escaped", async () => {
	const desk = await Desk.open();
	await desk.alarm({ kind: "slack", url: slackUrl });
	expect(desk.slack.messages).toMatchObject([
		{ text: "Critical: Lobby &lt;fridge&gt; has been offline for 11 minutes", attachments: [{ color: "#c9302c" }] },
	]);
	expect(await desk.states()).toEqual([{ state: "delivered", attempts: 1, lastError: null }]);
});

test("Slack that limits the rate is asked again when it said, and a removed webhook ends the delivery with its reason", async () => {
	const desk = await Desk.open();
	desk.slack.refuse = { status: 429, body: "rate_limited" };
	await desk.alarm({ kind: "slack", url: slackUrl });
	desk.slack.refuse = undefined;
	await desk.pass(29_000);
	expect(desk.slack.messages).toHaveLength(0);
	await desk.pass(1_000);
	expect(desk.slack.messages).toHaveLength(1);
	desk.slack.refuse = { status: 404, body: "no_service" };
	await desk.alarm({ kind: "slack", url: slackUrl }, "notice-2");
	expect((await desk.states())[0]).toEqual({ state: "dead", attempts: 1, lastError: "status 404: no_service" });
	expect(desk.log).toMatchObject([{ event: "delivery.dead", reason: "status 404: no_service" }]);
});

test("0.32 the repetition and the end of an alarm find their incident at PagerDuty", async () => {
	const desk = await Desk.open();
	const target: Target = { kind: "pagerduty", routingKey };
	await desk.alarm(target, "n1");
	await desk.alarm(target, "n2");
	await desk.alarm(target, "n3", { ...notice, action: "acknowledge" });
	expect(desk.pagerDuty.incidents.get("alarm-1")).toMatchObject({ state: "acknowledged", severity: "critical" });
	await desk.alarm(target, "n4", { ...notice, action: "resolve" });
	expect(desk.pagerDuty.incidents.size).toBe(1);
	expect(desk.pagerDuty.incidents.get("alarm-1")).toMatchObject({ state: "resolved", events: 4 });
});

test("0.12 4.5 an alarm comes as a short message to each number, and a wrong number is named", async () => {
	const desk = await Desk.open();
	await desk.alarm({ kind: "sms", numbers: ["+14155550123", "+34600000000"] });
	expect(desk.sms.messages.map(({ to }) => to)).toEqual(["+14155550123", "+34600000000"]);
	expect(desk.sms.messages[0]?.body.length).toBeLessThanOrEqual(134);
	expect(desk.sms.messages[0]?.body).toContain("offline for 11 minutes");
});

test("0.12 4.5 an alarm comes as a letter, and is recognised by its Message-ID", async () => {
	mail = await startMailServer({ user: "shop", password: "p@ss:word" });
	const desk = await Desk.open(mail);
	await desk.alarm({ kind: "email", addresses: ["owner@example.com", "deputy@example.com"] });
	expect(mail.letters).toMatchObject([
		{
			to: ["owner@example.com", "deputy@example.com"],
			from: "shop@example.com",
			subject: "Critical: Lobby <fridge> has been offline for 11 minutes",
			text: expect.stringContaining("Rule: device_offline"),
			messageId: "<notice-1@visionvend>",
		},
	]);
});

test("a letter with an attachment arrives whole; a mailbox that does not exist ends it, a busy server does not", async () => {
	mail = await startMailServer({ user: "shop", password: "secret" });
	const desk = await Desk.open(mail);
	const attachments = [{ filename: "sales.csv", contentType: "text/csv", content: "day;units\r\n2026-01-01;3\r\n" }];
	const letter = { to: ["owner@example.com"], subject: "Report", text: "Attached.", attachments };
	await desk.put({ kind: "mail", destinationId: "owner@example.com", messageId: "m1", payload: letter });
	await desk.pass(0);
	expect(mail.letters[0]?.attachments).toEqual([{ filename: "sales.csv", content: attachments[0]?.content }]);
	mail.unknown.add("nobody@example.com");
	const lost = { ...letter, to: ["nobody@example.com"] };
	await desk.put({ kind: "mail", destinationId: "nobody@example.com", messageId: "m2", payload: lost });
	await desk.pass(0);
	expect((await desk.states())[0]).toMatchObject({
		state: "dead",
		lastError: expect.stringContaining("no such mailbox"),
	});
	mail.busy = true;
	await desk.put({ kind: "mail", destinationId: "owner@example.com", messageId: "m3", payload: letter });
	await desk.pass(0);
	mail.busy = false;
	await desk.pass(2 * minuteMs);
	expect((await desk.states())[0]).toMatchObject({ state: "delivered", attempts: 2 });
});

test("without a mail server letters end as dead and say which setting is missing", async () => {
	const desk = await Desk.open();
	await desk.alarm({ kind: "email", addresses: ["owner@example.com"] });
	expect((await desk.states())[0]).toMatchObject({ state: "dead", lastError: expect.stringContaining("SMTP_URL") });
});

test("a webhook is signed as Standard Webhooks asks, and a repetition has the same id and a fresh time", async () => {
	const desk = await Desk.open();
	await desk.addEndpoint();
	desk.receiver.losesAnswers = true;
	await desk.event("evt-1");
	desk.receiver.losesAnswers = false;
	await desk.pass(10 * minuteMs);
	expect(desk.receiver.refusals).toEqual([]);
	expect(desk.receiver.requests).toBe(2);
	expect(desk.receiver.events).toEqual([
		{
			id: "evt-1",
			body: { type: "sale.captured", timestamp: "2026-01-01T09:00:00.000Z", data: { saleId: "s1", cents: 200 } },
		},
	]);
	expect(await desk.states()).toEqual([{ state: "delivered", attempts: 2, lastError: null }]);
});

test("an event is put on its way once, however often it is told", async () => {
	const desk = await Desk.open();
	await desk.addEndpoint();
	await desk.event("evt-1");
	await desk.event("evt-1");
	expect(desk.receiver.requests).toBe(1);
	expect(await desk.states()).toHaveLength(1);
});

test("4.17 a webhook that fails for three days is dead, visible, and arrives when it is replayed", async () => {
	const desk = await Desk.open();
	await desk.addEndpoint();
	desk.receiver.answer = 500;
	await desk.event("evt-1");
	await desk.pass(100 * hourMs);
	expect(desk.receiver.requests).toBe(10);
	expect(await desk.states()).toEqual([{ state: "dead", attempts: 10, lastError: "status 500: no" }]);
	desk.receiver.answer = undefined;
	const [dead] = await desk.all();
	expect(await desk.deliveries.replay("another", dead!.id)).toBe(false);
	expect(await desk.deliveries.replay(tenantId, dead!.id)).toBe(true);
	expect(await desk.deliveries.replay(tenantId, dead!.id)).toBe(false);
	await desk.pass(0);
	expect(desk.receiver.events.map(({ id }) => id)).toEqual(["evt-1"]);
	expect(await desk.states()).toEqual([{ state: "delivered", attempts: 1, lastError: null }]);
});

test("a receiver that is gone is not called again, and a redirect is a failure", async () => {
	const desk = await Desk.open();
	const { id } = await desk.addEndpoint();
	desk.receiver.answer = 301;
	await desk.event("evt-1");
	expect((await desk.states())[0]).toMatchObject({ state: "pending", attempts: 1 });
	desk.receiver.answer = 410;
	await desk.pass(minuteMs);
	expect(await desk.endpoints.find(tenantId, id)).toMatchObject({
		enabled: false,
		disabledReason: expect.stringContaining("410"),
	});
	await desk.event("evt-2");
	expect(desk.receiver.requests).toBe(2);
});

test("after a change of the secret both sign for a day, then only the new one", async () => {
	const desk = await Desk.open();
	const old = await desk.addEndpoint();
	const changed = await desk.endpoints.rotateSecret(tenantId, old.id, old.version);
	expect(changed?.secret).not.toBe(old.secret);
	await desk.event("evt-1");
	desk.endpoint = changed;
	await desk.event("evt-2");
	await desk.pass(25 * hourMs);
	await desk.event("evt-3");
	desk.endpoint = old;
	await desk.event("evt-4");
	expect(desk.receiver.events.map(({ id }) => id)).toEqual(["evt-1", "evt-2", "evt-3"]);
	expect(desk.receiver.refusals).toEqual(["no signature fits"]);
	expect(await desk.endpoints.rotateSecret(tenantId, old.id, old.version)).toBeUndefined();
});

test("4.24 after five failures in a row a service is left alone for half a minute, then one attempt decides", async () => {
	const desk = await Desk.open();
	await desk.addEndpoint();
	desk.receiver.answer = 503;
	for (let number = 1; number <= 8; number += 1) await desk.event(`evt-${number}`);
	expect(desk.receiver.requests).toBe(5);
	expect(desk.deliveries.openCircuits).toEqual(["webhook erp.example"]);
	// What was not attempted has not failed.
	expect((await desk.states()).filter(({ attempts }) => attempts === 0)).toHaveLength(3);
	desk.receiver.answer = undefined;
	await desk.pass(29_000);
	expect(desk.receiver.requests).toBe(5);
	await desk.pass(10 * minuteMs);
	expect(desk.deliveries.openCircuits).toEqual([]);
	expect(desk.receiver.events).toHaveLength(8);
});

test("4.24 a gateway for short messages that is overloaded opens its circuit and stops no other channel", async () => {
	const desk = await Desk.open();
	desk.sms.overloaded = true;
	for (let number = 1; number <= 6; number += 1)
		await desk.alarm({ kind: "sms", numbers: ["+14155550123"] }, `n${number}`);
	expect(desk.outside.requests).toHaveLength(5);
	expect(desk.deliveries.openCircuits).toEqual(["sms"]);
	await desk.addEndpoint();
	await desk.event("evt-1");
	expect(desk.receiver.events).toHaveLength(1);
	desk.sms.overloaded = false;
	await desk.pass(10 * minuteMs);
	expect(desk.sms.messages).toHaveLength(6);
});

test("0.5 two instances over one database deliver each message once", async () => {
	const desk = await Desk.open();
	desk.addInstance();
	await desk.addEndpoint();
	for (let number = 1; number <= 10; number += 1) await desk.event(`evt-${number}`);
	await desk.pass(minuteMs);
	expect(desk.receiver.requests).toBe(10);
	expect((await desk.states()).every(({ state, attempts }) => state === "delivered" && attempts === 1)).toBe(true);
});

test("a delivery whose carrier died in between is taken up again after its lease", async () => {
	const desk = await Desk.open();
	await desk.addEndpoint();
	desk.receiver.answer = 500;
	await desk.event("evt-1");
	desk.receiver.answer = undefined;
	await desk.database.write([{ sql: "UPDATE delivery SET leased_until_ms = ?", args: [desk.clock.now() + minuteMs] }]);
	await desk.pass(59_000);
	expect(desk.receiver.events).toHaveLength(0);
	await desk.pass(1_000);
	expect(desk.receiver.events).toHaveLength(1);
});

test("3.10 a receipt is shown by the shopper's browser alone, and who has unsubscribed is forgotten", async () => {
	const desk = await Desk.open();
	const browser = desk.push.subscribe();
	expect(desk.subscriptions.isKnown(browser.subscription.endpoint)).toBe(true);
	expect(desk.subscriptions.isKnown("https://evil.example/push/1")).toBe(false);
	expect(desk.subscriptions.isKnown("https://db5p.notify.windows.com/w/1")).toBe(true);
	const id = await desk.subscriptions.add(tenantId, "ada", browser.subscription);
	const receipt = { type: "receipt", outcome: "charged", amountCents: 200 };
	await desk.put({ kind: "push", destinationId: id, messageId: "r1", payload: receipt });
	await desk.pass(0);
	expect(desk.push.refusals).toEqual([]);
	expect(browser.messages).toEqual([receipt]);
	desk.push.unsubscribe(browser);
	await desk.put({ kind: "push", destinationId: id, messageId: "r2", payload: receipt });
	await desk.pass(0);
	expect((await desk.states())[0]).toMatchObject({ state: "dead", lastError: expect.stringContaining("410") });
	expect(await desk.subscriptions.of(tenantId, "ada")).toEqual([]);
});

test("a shopper keeps ten browsers, and a browser belongs to who signed in last", async () => {
	const desk = await Desk.open();
	for (let number = 0; number < 12; number += 1) {
		await desk.subscriptions.add(tenantId, "ada", desk.push.subscribe().subscription);
	}
	expect(await desk.subscriptions.of(tenantId, "ada")).toHaveLength(10);
	const shared = desk.push.subscribe().subscription;
	await desk.subscriptions.add(tenantId, "ada", shared);
	await desk.subscriptions.add(tenantId, "eve", shared);
	expect((await desk.subscriptions.of(tenantId, "ada")).map(({ endpoint }) => endpoint)).not.toContain(shared.endpoint);
	expect(await desk.subscriptions.of(tenantId, "eve")).toHaveLength(1);
});
