import { afterEach, expect, test } from "vitest";
import { type Caller, type TestTenant, TwoTenants } from "../../test/two-tenants.ts";
import type { Cloud } from "../index.ts";

let world: TwoTenants;

afterEach(() => world.close());

/** A listener that reads what comes while time passes. */
class Listener {
	text = "";
	ended = false;
	readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

	private constructor(body: ReadableStream<Uint8Array>) {
		this.#reader = body.getReader();
		void this.#read();
	}

	static async open(
		caller: Exclude<Caller, "anonymous">,
		tenant: TestTenant,
		headers: Record<string, string> = {},
		cloud: Cloud = world.cloud,
	): Promise<Listener> {
		return Listener.with(await world.credential(caller, tenant), headers, cloud);
	}

	static async with(token: string, headers: Record<string, string>, cloud: Cloud): Promise<Listener> {
		const authorization = `Bearer ${token}`;
		const response = await cloud.app.request("/api/v1/events", { headers: { authorization, ...headers } });
		expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
		if (!response.body) throw new Error("no body");
		return new Listener(response.body);
	}

	/** Names of the events that came, in their order. */
	get events(): string[] {
		return [...this.text.matchAll(/^event: (.*)$/gm)].map(([, name = ""]) => name);
	}

	get lastId(): string {
		return [...this.text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? "";
	}

	leave(): Promise<void> {
		return this.#reader.cancel();
	}

	async #read(): Promise<void> {
		const decoder = new TextDecoder();
		for (;;) {
			const { done, value } = await this.#reader.read();
			if (done) break;
			this.text += decoder.decode(value, { stream: true });
		}
		this.ended = true;
	}
}

let alarms = 0;

async function openAlarm(tenant: TestTenant): Promise<string> {
	alarms += 1;
	const id = `${tenant.id}-alarm-${alarms}`;
	await world.database.write([
		{
			sql: `INSERT INTO alarm (id, tenant_id, rule, machine_id, subject, severity, state, summary, source, details,
					opened_at_ms, noticed_at_ms)
				VALUES (?1, ?2, 'temperature', ?3, ?1, 'critical', 'open', 'It is warm', 'Lobby', '{}', ?4, ?4)`,
			args: [id, tenant.id, tenant.machineId, world.clock.now()],
		},
	]);
	return id;
}

test("2.33 alarms, devices and stock are told to their tenant within a second, and to no other", async () => {
	world = await TwoTenants.open();
	const own = await Listener.open("viewer", world.alpha);
	const other = await Listener.open("apiKey", world.beta);
	await world.pass(1_000);
	const id = await openAlarm(world.alpha);
	await world.request("operator", "POST", `/api/v1/alarms/${id}/acknowledge`, {});
	await world.request("operator", "POST", `/api/v1/alarms/${id}/resolve`, {});
	const product = { sku: "tea", name: "Tea", priceCents: 200, currency: "usd", lowAt: 5 };
	const made = await world.request("admin", "POST", "/api/v1/products", product);
	const productId = made.body.data.id;
	for (const movement of [
		{ productId, change: 9, reason: "restock" },
		{ productId, change: -6, reason: "waste" },
	]) {
		const { status } = await world.request("operator", "POST", "/api/v1/stock/movements", { movements: [movement] });
		expect(status).toBe(201);
	}
	await world.request("device", "POST", `/api/v1/devices/${world.alpha.machineId}-controller/status`, {});
	await world.pass(1_000);
	expect([...own.events].sort()).toEqual(
		["ready", "alarm.opened", "alarm.acknowledged", "alarm.resolved", "stock.low", "device.online"].sort(),
	);
	expect(own.text).toContain(`"alarmId":"${id}"`);
	expect(other.events).toEqual(["ready"]);
});

test("2.33 who comes again with the last id, at whichever instance, is told what came meanwhile, once", async () => {
	world = await TwoTenants.open();
	const first = await Listener.open("viewer", world.alpha);
	await openAlarm(world.alpha);
	await world.pass(1_000);
	await first.leave();
	expect(first.events).toEqual(["ready", "alarm.opened"]);
	await openAlarm(world.beta);
	const missed = await openAlarm(world.alpha);
	const another = await world.another({}, {});
	const again = await Listener.open("viewer", world.alpha, { "last-event-id": first.lastId }, another);
	for (let looks = 0; looks < 3; looks += 1) {
		await another.idle();
		await world.pass(1_000);
	}
	await another.idle();
	await world.quiet();
	expect(again.events).toEqual(["ready", "alarm.opened"]);
	expect(again.text).toContain(missed);
	await another.close();
	await world.pass(0);
	expect(again.ended).toBe(true);
});

test("2.33 a stream says something every fifteen seconds, and ends when the login ends or the token is too old", async () => {
	world = await TwoTenants.open();
	const listener = await Listener.open("viewer", world.alpha);
	const program = await Listener.open("apiKey", world.alpha);
	await world.pass(46_000);
	expect(listener.text.match(/^: /gm)).toHaveLength(3);
	expect(listener.ended).toBe(false);
	await world.database.write([
		{ sql: "UPDATE login_session SET ended_at_ms = 1 WHERE user_id = ?", args: [world.alpha.userIds.viewer] },
	]);
	await openAlarm(world.alpha);
	await world.pass(1_000);
	expect([listener.ended, listener.events]).toEqual([true, ["ready"]]);
	expect([program.ended, program.events]).toEqual([false, ["ready", "alarm.opened"]]);
	await program.leave();
	const token = await world.credential("admin", world.alpha);
	await world.pass(898_000);
	const late = await Listener.with(token, {}, world.cloud);
	await world.pass(3_000);
	expect(late.ended).toBe(true);
});

test("2.33 a position of another time is told as a gap, and one that is none is refused", async () => {
	world = await TwoTenants.open();
	const lost = await Listener.open("viewer", world.alpha, { "last-event-id": "9.9.9.9" });
	await world.pass(0);
	expect(lost.events).toEqual(["ready", "gap"]);
	const headers = { "last-event-id": "1.2.3" };
	expect(await world.request("viewer", "GET", "/api/v1/events", undefined, { headers })).toMatchObject({ status: 400 });
});

test("2.33 a tenant has fifty streams at most, and closing the cloud ends them", async () => {
	world = await TwoTenants.open();
	const listeners = await Promise.all(Array.from({ length: 50 }, () => Listener.open("viewer", world.alpha)));
	expect(await world.request("viewer", "GET", "/api/v1/events")).toMatchObject({
		status: 429,
		body: { code: "too_many_streams" },
	});
	await Listener.open("viewer", world.beta);
	await listeners[0]?.leave();
	await world.pass(1_000);
	await Listener.open("viewer", world.alpha);
	world.cloud.endStreams();
	await world.pass(0);
	expect(listeners.slice(1).every(({ ended }) => ended)).toBe(true);
});

test("2.32 2.33 with live events off, the route says so", async () => {
	world = await TwoTenants.open({}, { liveEvents: false });
	expect(await world.request("viewer", "GET", "/api/v1/events")).toMatchObject({
		status: 503,
		body: { code: "events_off" },
	});
});
