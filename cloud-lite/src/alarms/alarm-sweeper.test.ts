import { afterEach, expect, test } from "vitest";
import { SlackWebhook } from "../../../hardware-sim/src/notify/slack-webhook.ts";
import { Outside } from "../../test/outside.ts";
import { TwoTenants } from "../../test/two-tenants.ts";
import { World } from "../../test/world.ts";
import type { Database } from "../db/database.ts";
import type { Notice } from "../notify/notice.ts";
import type { AlarmSettings } from "./alarm-desk.ts";
import type { Usage } from "./service-watches.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const slackUrl = "https://hooks.slack.com/services/T0/B0/secret";

let world: TwoTenants | undefined;
let sales: World | undefined;
const slack = { current: new SlackWebhook() };

afterEach(async () => {
	await world?.close();
	await sales?.close();
	world = undefined;
	sales = undefined;
});

/** Two tenants that are watched; what `alpha` is told stands in Slack. */
async function open(settings: Partial<AlarmSettings> = {}, wrap = (database: Database) => database) {
	slack.current = new SlackWebhook();
	const outside = new Outside({ "hooks.slack.com": slack.current.app });
	const alarms = { everyMs: 30_000, usages: async () => [], lastResort: async () => undefined, ...settings };
	const opened = await TwoTenants.open({ send: outside.send }, { alarms });
	world = opened;
	wrap(opened.database);
	await opened.request("admin", "POST", "/api/v1/notification-channels", {
		name: "operations",
		target: { kind: "slack", url: slackUrl },
	});
	return opened;
}

function told(): string[] {
	return slack.current.messages.map(({ text }) => text);
}

/** The machine of `alpha` has said something of its health just now. */
async function health(world: TwoTenants, facts: Record<string, unknown> = {}): Promise<void> {
	const nowMs = world.clock.now();
	const body = { memoryFreeBytes: 60_000, temperatureCentidegrees: 400, faults: [], ...facts };
	await world.database.write([
		{
			sql: "UPDATE machine SET last_seen_at_ms = ?1, health = ?2, health_at_ms = ?1 WHERE id = ?3",
			args: [nowMs, JSON.stringify(body), world.alpha.machineId],
		},
	]);
}

async function alarms(world: TwoTenants, query = "") {
	const { body } = await world.request("apiKey", "GET", `/api/v1/alarms${query}`);
	return body.data;
}

test("4.32 4.34 a machine that says nothing for more than ten minutes is offline, and the alarm ends when it speaks", async () => {
	const world = await open();
	await health(world);
	await world.pass(10 * minuteMs);
	expect(await alarms(world)).toEqual([]);
	await world.pass(minuteMs / 2);
	expect(await alarms(world)).toMatchObject([
		{ rule: "device_offline", machineId: "alpha-fridge", severity: "critical", state: "open", notices: 1 },
	]);
	expect(told()).toEqual(["Critical: alpha fridge has been offline for 10 minutes"]);
	expect((await world.request("anonymous", "GET", "/metrics")).body).toContain(
		'visionvend_alarms_open{rule="device_offline",severity="critical"} 1',
	);
	await health(world);
	await world.pass(minuteMs);
	expect(await alarms(world)).toMatchObject([{ state: "resolved", resolvedBy: null }]);
	expect(told()[1]).toBe("Over: alpha fridge has been offline for 10 minutes");
});

test("4.34 no alarm tells of the silence of a machine in maintenance, nor of one that is out of service for good", async () => {
	const world = await open();
	await health(world);
	const path = "/api/v1/machines/alpha-fridge";
	expect((await world.request("admin", "PATCH", path, { maintenance: true })).status).toBe(200);
	await world.pass(hourMs);
	expect(await alarms(world)).toEqual([]);
	expect((await world.request("admin", "PATCH", path, { maintenance: false })).status).toBe(200);
	await world.pass(minuteMs);
	expect(await alarms(world)).toMatchObject([{ rule: "device_offline", state: "open" }]);
	expect((await world.request("admin", "DELETE", `${path}/decommission`)).status).toBe(200);
	await world.pass(minuteMs);
	expect(await alarms(world)).toMatchObject([{ rule: "device_offline", state: "resolved" }]);
	expect(told()).toHaveLength(2);
});

test("a machine that never spoke is not offline, and one tenant hears nothing of the other's", async () => {
	const world = await open();
	await world.database.write([
		{ sql: "UPDATE machine SET last_seen_at_ms = ? WHERE id = 'beta-fridge'", args: [world.clock.now()] },
	]);
	await world.pass(hourMs);
	expect(await alarms(world)).toEqual([]);
	expect(told()).toEqual([]);
	const { body } = await world.request("apiKey", "GET", "/api/v1/alarms", undefined, { tenant: world.beta });
	expect(body.data).toHaveLength(1);
	const id = body.data[0].id;
	expect((await world.request("apiKey", "GET", `/api/v1/alarms/${id}`)).status).toBe(404);
	expect((await world.request("apiKey", "POST", `/api/v1/alarms/${id}/resolve`)).status).toBe(404);
});

test("2.6 an alarm that nobody takes on is told again after its interval; one that is taken on is not", async () => {
	const world = await open();
	await health(world);
	await world.pass(4 * hourMs + 11 * minuteMs);
	expect(told()).toHaveLength(2);
	const [alarm] = await alarms(world, "?state=open");
	expect(alarm).toMatchObject({ notices: 2, summary: "alpha fridge has been offline for 250 minutes" });
	const { status, body } = await world.request("apiKey", "POST", `/api/v1/alarms/${alarm.id}/acknowledge`, {
		note: "driving there",
	});
	expect(status).toBe(200);
	expect(body.data).toMatchObject({
		state: "acknowledged",
		acknowledgedBy: expect.stringMatching(/^apiKey:/),
		note: "driving there",
	});
	await world.pass(9 * hourMs);
	expect(told()).toHaveLength(2);
	const again = await world.request("apiKey", "POST", `/api/v1/alarms/${alarm.id}/acknowledge`);
	expect(again).toMatchObject({ status: 409, body: { code: "alarm_state" } });
	const resolved = await world.request("apiKey", "POST", `/api/v1/alarms/${alarm.id}/resolve`);
	expect(resolved.body.data).toMatchObject({
		state: "resolved",
		resolvedBy: expect.stringMatching(/^apiKey:/),
		note: "driving there",
	});
	// The cause is still there.
	await world.pass(minuteMs);
	expect(await alarms(world, "?state=open")).toHaveLength(1);
});

test("4.34 more than 5 °C counts when it lasts 15 minutes, and not when it cools down in between", async () => {
	const world = await open();
	const warm = async (minutes: number, temperatureCentidegrees: number) => {
		for (let minute = 0; minute < minutes; minute += 1) {
			await health(world, { temperatureCentidegrees });
			await world.pass(minuteMs);
		}
	};
	await warm(14, 501);
	await warm(1, 500);
	await warm(14, 900);
	expect(await alarms(world)).toEqual([]);
	await warm(2, 900);
	expect(await alarms(world)).toMatchObject([{ rule: "temperature", summary: "alpha fridge is too warm: 9.0 °C" }]);
	await warm(1, 300);
	expect(await alarms(world)).toMatchObject([{ state: "resolved" }]);
});

test("2.3 each bin that runs low has an alarm of its own, and so has each fault", async () => {
	const world = await open();
	const bins = [
		{ name: "milk", portions: 3, low: true },
		{ name: "beans", portions: 90, low: false },
		{ name: "sugar", portions: -1, low: true },
	];
	await health(world, { bins, faults: ["scale-0", "lock", "lock"], memoryFreeBytes: 4_000 });
	await world.pass(minuteMs);
	const found = await alarms(world);
	expect(found.map(({ rule, subject }: { rule: string; subject: string }) => `${rule} ${subject}`).sort()).toEqual([
		"low_stock bin milk",
		"low_stock bin sugar",
		"machine_fault lock",
		"machine_fault scale-0",
		"resource_exhaustion memory",
	]);
	await health(world, { bins: [{ name: "milk", portions: 80, low: false }] });
	await world.pass(minuteMs);
	expect(await alarms(world, "?state=open")).toEqual([]);
});

test("4.34 a product at its low mark is an alarm of its machine, once somebody has counted it, and ends when it is filled", async () => {
	const world = await open();
	await world.database.write([{ sql: "UPDATE product SET low_at = 3 WHERE sku = 'cola'" }]);
	const move = (change: number, reason: string) =>
		world.database.write([
			{
				sql: `INSERT INTO movement (tenant_id, product_id, machine_id, change_quantity, reason, at_ms)
					SELECT tenant_id, id, 'alpha-fridge', ?, ?, ? FROM product WHERE tenant_id = 'alpha' AND sku = 'cola'`,
				args: [change, reason, world.clock.now()],
			},
		]);
	await move(-2, "sale");
	await world.pass(minuteMs);
	expect(await alarms(world)).toEqual([]);
	await move(6, "restock");
	await world.pass(minuteMs);
	expect(await alarms(world)).toEqual([]);
	await move(-1, "sale");
	await world.pass(minuteMs);
	expect(await alarms(world)).toMatchObject([
		{
			rule: "low_stock",
			subject: "product cola",
			summary: "Cola runs low in alpha fridge: 3 left",
			severity: "warning",
		},
	]);
	await move(5, "restock");
	await world.pass(minuteMs);
	expect(await alarms(world)).toMatchObject([{ state: "resolved" }]);
});

test("4.34 more than 5 % errors within 5 minutes, of at least 20 requests, and exactly 5 % is none", async () => {
	const world = await open();
	const platform = { tenant: world.alpha };
	const service = () =>
		world.database.read("SELECT state, summary FROM alarm WHERE tenant_id = 'default' AND rule = 'error_rate'");
	const ask = async (good: number, bad: number) => {
		for (let count = 0; count < good; count += 1)
			await world.request("anonymous", "GET", "/health", undefined, platform);
		// Payments are off in this world: 503.
		for (let count = 0; count < bad; count += 1) await world.request("shopper", "POST", "/unlock", { id: "a" });
	};
	await world.pass(6 * minuteMs);
	await ask(19, 1);
	await world.pass(minuteMs);
	expect(await service()).toEqual([]);
	await ask(0, 1);
	await world.pass(minuteMs);
	expect(await service()).toEqual([{ state: "open", summary: "9.5 % of requests end in an error" }]);
	await world.pass(5 * minuteMs);
	expect(await service()).toMatchObject([{ state: "resolved" }]);
});

test("4.34 a disk or memory that is used by 90 % is told to who runs the cloud", async () => {
	let usages: readonly Usage[] = [
		{ resource: "disk", used: 899, total: 1_000 },
		{ resource: "memory", used: 1, total: 2 },
	];
	const world = await open({ usages: async () => usages });
	const service = () => world.database.read("SELECT subject, state FROM alarm WHERE tenant_id = 'default'");
	await world.pass(minuteMs);
	expect(await service()).toEqual([]);
	usages = [{ resource: "disk", used: 900, total: 1_000 }];
	await world.pass(minuteMs);
	expect(await service()).toEqual([{ subject: "disk", state: "open" }]);
});

/** A world whose database can be broken, and what the operator is told without it. */
async function openBreakable() {
	const notices: Notice[] = [];
	const broken = { now: false };
	const world = await open(
		{
			lastResort: async (notice) => {
				notices.push(notice);
			},
		},
		(database) => {
			const { read, write } = database;
			const failing = <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) => {
				return (...args: Args) => (broken.now ? Promise.reject(new Error("disk I/O error")) : call(...args));
			};
			Object.assign(database, { read: failing(read), write: failing(write) });
			return database;
		},
	);
	return { world, notices, broken };
}

test("4.34 a database that fails twice in a row is told without it, and so is its return", async () => {
	const { world, notices, broken } = await openBreakable();
	broken.now = true;
	await world.pass(minuteMs / 2);
	expect(notices).toEqual([]);
	await world.pass(2 * minuteMs);
	expect(notices).toMatchObject([{ action: "trigger", rule: "database_failure", severity: "critical" }]);
	broken.now = false;
	await world.pass(minuteMs);
	expect(notices).toHaveLength(2);
	expect(notices[1]).toMatchObject({ action: "resolve", alarmId: notices[0]?.alarmId });
});

test("4.34 how often a database has to fail is what who runs the cloud has said before", async () => {
	const { world, notices, broken } = await openBreakable();
	await world.database.write([
		{
			sql: `INSERT INTO alert_rule (tenant_id, rule, machine_id, enabled, threshold, within_ms, severity, repeat_ms)
				VALUES ('default', 'database_failure', '', 1, 5, 0, 'warning', 0)`,
		},
	]);
	await world.pass(minuteMs);
	broken.now = true;
	await world.pass(2 * minuteMs);
	expect(notices).toEqual([]);
	await world.pass(minuteMs);
	expect(notices).toMatchObject([{ action: "trigger", severity: "warning" }]);
});

test("4.34 three payments that fail at one machine within 15 minutes", async () => {
	const world = await open();
	const fail = async (number: number, kind = "auth") => {
		const nowMs = world.clock.now();
		await world.database.write([
			{
				sql: `INSERT INTO sale (id, tenant_id, machine_id, state, version, cause, currency, hold_cents, language, products,
						requested_at_ms, unlock_deadline_ms, machine_busy, shopper_busy)
					VALUES (?1, 'alpha', 'alpha-fridge', 'cancelled', 1, 'payment_declined', 'usd', 500, 'en', '[]', ?2, ?2, 0, 0)`,
				args: [`sale-${number}`, nowMs],
			},
			{
				sql: `INSERT INTO payment_operation (key, sale_id, kind, amount_cents, currency, state, created_at_ms, finished_at_ms)
					VALUES (?1, ?1, ?3, 500, 'usd', 'failed', ?2, ?2)`,
				args: [`sale-${number}`, nowMs, kind],
			},
		]);
	};
	await fail(1);
	await fail(2);
	await world.pass(16 * minuteMs);
	await fail(3);
	await fail(4);
	// A bank that lets no hold grow has refused no payment.
	await fail(5, "increment");
	await world.pass(minuteMs);
	expect(await alarms(world)).toEqual([]);
	await fail(6);
	await world.pass(minuteMs);
	expect(await alarms(world)).toMatchObject([
		{ rule: "payment_failures", summary: "3 payments failed at alpha fridge" },
	]);
});

test("a rule can be changed for a tenant and for one machine, which counts more", async () => {
	const world = await open();
	const figures = { enabled: true, threshold: 0, withinMs: 2 * minuteMs, severity: "warning", repeatMs: 0 };
	const put = (path: string, body: unknown, caller: "admin" | "operator" = "admin") =>
		world.request(caller, "PUT", `/api/v1/alert-rules/${path}`, body);
	expect((await put("device_offline", figures, "operator")).status).toBe(403);
	expect((await put("device_offline", figures)).body.data).toMatchObject({
		machineId: null,
		changed: true,
		withinMs: 120_000,
	});
	expect((await put("device_offline?machine_id=beta-fridge", figures)).status).toBe(404);
	expect((await put("device_offline?machine_id=alpha-fridge", { ...figures, enabled: false })).status).toBe(200);
	expect((await put("nonsense", figures)).status).toBe(400);
	await health(world);
	await world.pass(12 * minuteMs);
	expect(await alarms(world)).toEqual([]);
	const back = await world.request("admin", "DELETE", "/api/v1/alert-rules/device_offline?machine_id=alpha-fridge");
	expect(back.body.data.filter(({ changed }: { changed: boolean }) => changed)).toHaveLength(1);
	await world.pass(minuteMs);
	expect(await alarms(world)).toMatchObject([{ severity: "warning" }]);
	const other = await world.request("apiKey", "GET", "/api/v1/alert-rules", undefined, { tenant: world.beta });
	expect(other.body.data.every(({ changed }: { changed: boolean }) => !changed)).toBe(true);
});

test("2.6 a door that is forced stays an alarm until a person ends it, and one that stands ajar ends when it closes", async () => {
	sales = await World.create();
	const world = sales;
	await world.cloud.close();
	const alarms = { everyMs: 30_000, usages: async () => [], lastResort: async () => undefined };
	await world.startCloud(() => ({}), { alarms });
	const state = async () =>
		(await world.cloud.database.read("SELECT rule, state FROM alarm ORDER BY opened_at_ms, rule")).map(
			({ rule, state }) => `${rule} ${state}`,
		);
	await world.machine.door("ajar", "");
	await world.pass(20_000);
	expect(await state()).toEqual([]);
	await world.pass(minuteMs);
	expect(await state()).toEqual(["door_ajar open"]);
	await world.machine.door("closed", "");
	await world.machine.door("forced", "");
	await world.pass(minuteMs);
	await world.machine.door("closed", "");
	await world.pass(hourMs / 2);
	expect(await state()).toContain("door_ajar resolved");
	expect(await state()).toContain("door_forced open");
});

test("two instances over one database open each alarm once and tell it once", async () => {
	const first = await open();
	const outside = new Outside({ "hooks.slack.com": slack.current.app });
	const alarmSettings = { everyMs: 30_000, usages: async () => [], lastResort: async () => undefined };
	const second = await first.another({ send: outside.send }, { alarms: alarmSettings });
	await health(first);
	await first.pass(12 * minuteMs);
	await second.idle();
	expect(await alarms(first)).toHaveLength(1);
	expect(told()).toHaveLength(1);
	await health(first);
	await first.pass(minuteMs);
	await second.idle();
	expect(await alarms(first)).toMatchObject([{ state: "resolved" }]);
	expect(told()).toHaveLength(2);
	await second.close();
});
