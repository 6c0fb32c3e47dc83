import type { LogEntry } from "@visionvend/sdk/log";
import { afterEach, expect, test } from "vitest";
import { shopperId, World } from "../../test/world.ts";

let world: World | undefined;

afterEach(async () => {
	await world?.close();
	world = undefined;
});

async function open(): Promise<World> {
	world = await World.create();
	return world;
}

test("0.22 1.11 /health says ok, and with deep=1 what it can reach", async () => {
	const world = await open();
	expect(await world.request("GET", "/health")).toMatchObject({ status: 200, body: { status: "ok" } });
	expect((await world.request("GET", "/health?deep=1")).body).toEqual({
		status: "ok",
		checks: { database: "ok", broker: "ok", payments: "ok", redis: "not_used", cameras: "not_used" },
	});
	world.broker.up = false;
	expect((await world.request("GET", "/health?deep=1")).body).toMatchObject({
		status: "degraded",
		checks: { broker: "down" },
	});
});

test("0.21 0.30 2.35 4.32 /metrics counts requests, devices, orders, revenue, sales, rejected messages, payments and what waits to leave", async () => {
	const world = await open();
	await world.cloud.close();
	await world.startCloud(() => ({}), { metricsToken: "prometheus-may-read" });
	world.machine.behaviour = { take: ["cola"] };
	await world.unlock("sale-1");
	await world.pass(2_000);
	await world.request("GET", "/nowhere/at/all");
	await world.broker.client("intruder").publish("devices/fridge-1/status/door", "junk");
	await world.quiet();
	const headers = { authorization: "Bearer prometheus-may-read" };
	const { body, type } = await world.request("GET", "/metrics", undefined, headers);
	expect(type).toContain("text/plain");
	for (const line of [
		'visionvend_http_requests_total{method="POST",route="/unlock",status="200"} 1',
		'visionvend_http_requests_total{method="GET",route="other",status="404"} 1',
		'visionvend_sales_ended_total{state="captured",cause=""} 1',
		'visionvend_messages_rejected_total{reason="malformed"} 1',
		'visionvend_payment_calls_total{operation="auth",outcome="held"} 1',
		'visionvend_payment_calls_total{operation="capture",outcome="captured"} 1',
		"visionvend_outbox_pending 0",
		"visionvend_broker_connected 1",
		'visionvend_http_request_seconds_count{method="POST",route="/unlock"} 1',
		"visionvend_orders_last_day 1",
		'visionvend_revenue_cents_last_day{currency="usd"} 200',
		"visionvend_commands_pending 0",
		"visionvend_devices{status=",
		"visionvend_stock_units",
	]) {
		expect(body).toContain(line);
	}
});

test("4.32 what the owner earns and has is told to who knows the token of /metrics, and the rest to anybody without one", async () => {
	const world = await open();
	const business = /revenue|orders_last|stock_units|sales_ended/;
	const { body } = await world.request("GET", "/metrics");
	expect(body).toContain("visionvend_http_requests_total");
	expect(body).not.toMatch(business);
	await world.cloud.close();
	await world.startCloud(() => ({}), { metricsToken: "prometheus-may-read" });
	expect(await world.request("GET", "/metrics")).toMatchObject({ status: 401, body: { code: "unauthenticated" } });
	const headers = { authorization: "Bearer prometheus-may-read" };
	expect((await world.request("GET", "/metrics", undefined, headers)).body).toMatch(business);
});

test("4.32 each machine's sensors, uptime and reception are told as its controller said them last, to the owner alone", async () => {
	const world = await open();
	const topic = "devices/fridge-1/status/health";
	const body = {
		uptimeMs: 90_500,
		boot: 1,
		doorClosed: true,
		massesMilligrams: [],
		phase: "locked",
		resetReason: "power-on",
		memoryFreeBytes: 60_000,
		supplyMillivolts: 11_950,
		temperatureCentidegrees: -1_825,
		faults: [],
	};
	await world.broker.client("fridge-1").publish(topic, world.machine.sealStatus(topic, body));
	await world.pass(1_000);
	const name = "visionvend_machine_";
	expect((await world.request("GET", "/metrics")).body).not.toContain(name);
	await world.cloud.close();
	await world.startCloud(() => ({}), { metricsToken: "prometheus-may-read" });
	const headers = { authorization: "Bearer prometheus-may-read" };
	const told: string[] = (await world.request("GET", "/metrics", undefined, headers)).body.split("\n");
	expect(told.filter((line) => line.startsWith(name))).toEqual([
		expect.stringMatching(/^visionvend_machine_last_seen_timestamp_seconds\{machine="fridge-1"\} \d+(\.\d+)?$/),
		`${name}uptime_seconds{machine="fridge-1"} 90.5`,
		`${name}temperature_celsius{machine="fridge-1"} -18.25`,
		`${name}supply_volts{machine="fridge-1"} 11.95`,
		`${name}memory_free_bytes{machine="fridge-1"} 60000`,
	]);
});

test("two clouds in one process count apart", async () => {
	const one = await open();
	const other = await World.create();
	await one.request("GET", "/health");
	expect((await other.request("GET", "/metrics")).body).not.toContain('route="/health"');
	await other.close();
});

test("0.13 0.23 1.11 /docs and all it needs come from here", async () => {
	const world = await open();
	const page = await world.cloud.app.request("/docs");
	const html = await page.text();
	expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
	expect(html).not.toMatch(/https?:\/\//);
	for (const [, path] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
		expect((await world.cloud.app.request(path ?? "")).status).toBe(200);
	}
	expect((await world.request("GET", "/openapi.json")).body.openapi).toBe("3.1.0");
});

test("0.23 /redoc is the whole API as one page, which needs no script and loads nothing", async () => {
	const world = await open();
	const page = await world.cloud.app.request("/redoc");
	const text = await page.text();
	expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'sha256-/);
	expect(text).not.toMatch(/<script|<link|<img|https?:\/\//);
	const { paths } = (await world.request("GET", "/openapi.json")).body;
	for (const path of Object.keys(paths)) expect(text).toContain(`${path}</code>`);
	for (const [, place] of text.matchAll(/href="#([^"]+)"/g)) expect(text).toContain(`id="${place}"`);
});

test("4.22 errors carry the request's id and the cloud's time", async () => {
	const world = await open();
	const response = await world.cloud.app.request("/nowhere", { headers: { "x-request-id": "my-request-1" } });
	expect(response.status).toBe(404);
	expect(response.headers.get("x-request-id")).toBe("my-request-1");
	expect(await response.json()).toMatchObject({
		type: "urn:visionvend:problem:not_found",
		instance: "/nowhere",
		requestId: "my-request-1",
		timestamp: new Date(world.clock.now()).toISOString(),
	});
});

test("2.36 each request is a line of the log: who asked what, the answer and the time, and nothing behind the question mark", async () => {
	const world = await open();
	const requests: LogEntry[] = [];
	await world.cloud.close();
	await world.startCloud(() => ({ requestLog: (entry) => requests.push(entry) }));
	await world.request("GET", "/api/v1/sales/sale-1?token=secret", undefined, { "x-request-id": "my-request-1" });
	expect(requests).toEqual([
		{
			level: "info",
			room: "cloud",
			event: "request.answered",
			requestId: "my-request-1",
			method: "GET",
			route: "/api/v1/sales/{id}",
			path: "/api/v1/sales/sale-1",
			status: 404,
			milliseconds: expect.any(Number),
			address: "unknown",
			tenantId: "default",
			actorKind: "shopper",
			actorId: shopperId,
		},
	]);
});

test("2.36 an error of ours is found in the log under the id that the caller was told", async () => {
	const world = await open();
	await world.cloud.close();
	const { status, body } = await world.request("GET", "/api/v1/sales/sale-1");
	expect([status, body.code]).toEqual([500, "internal"]);
	expect(world.log.filter(({ requestId }) => requestId === body.requestId)).toMatchObject([
		{ level: "error", event: "error", message: expect.any(String), stack: expect.stringContaining("at ") },
	]);
});

test("4.22 a method that a path does not have is answered with those that it has", async () => {
	const world = await open();
	const answer = await world.cloud.app.request("/api/v1/products/x", { method: "POST" });
	expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, PATCH, DELETE"]);
	expect(await answer.json()).toMatchObject({ status: 405, code: "method_not_allowed" });
	expect((await world.cloud.app.request("/api/v1/nothing", { method: "POST" })).status).toBe(404);
});

test("0.24 a body of a megabyte is refused", async () => {
	const world = await open();
	expect(await world.post("/unlock", { id: "a", more: "x".repeat(1_000_000) })).toMatchObject({
		status: 413,
		body: { code: "body_too_large" },
	});
});

test("a body that is not sent as JSON is refused with what to do, and opens nothing", async () => {
	const world = await open();
	for (const type of ["application/x-www-form-urlencoded", "text/plain"]) {
		for (const path of ["/unlock", "/save-payment"]) {
			expect(await world.post(path, { id: "sale-1" }, { "content-type": type })).toMatchObject({
				status: 415,
				type: "application/problem+json",
				body: { code: "unsupported_media_type", detail: expect.stringContaining("Content-Type: application/json") },
			});
		}
	}
	expect(world.stripe.paymentIntents()).toEqual([]);
	expect(world.events()).not.toContain("error");
});

test("without Stripe, payments are off and say so", async () => {
	const world = await open();
	await world.cloud.close();
	await world.startCloud(() => ({ stripe: undefined, razorpay: undefined }));
	for (const [path, body, code] of [
		["/unlock", { id: "a" }, "payments_off"],
		["/save-payment", { payment_method: "pm_card_visa" }, "payments_off"],
	] as const) {
		expect(await world.post(path, body)).toMatchObject({ status: 503, body: { code } });
	}
	expect(await world.post("/webhooks/stripe", {}, { "stripe-signature": "t=1,v1=00" })).toMatchObject({
		status: 503,
		body: { code: "webhooks_off" },
	});
	expect((await world.request("GET", "/health?deep=1")).body.checks.payments).toBe("off");
});

test("0.24 3.20 4.25 answers of the API may be framed, sniffed and cached by nobody, and other sites' pages read none of them", async () => {
	const world = await open();
	const answer = await world.cloud.app.request("/health", { headers: { origin: "https://evil.example" } });
	expect(answer.headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'");
	expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
	expect(answer.headers.get("strict-transport-security")).toContain("max-age=");
	expect(answer.headers.get("access-control-allow-origin")).toBeNull();
});

test("2.25 4.33 /api/v1/health names every service and counts devices, and says so when one is away", async () => {
	const world = await open();
	const healthy = (await world.request("GET", "/api/v1/health")).body.data;
	expect(healthy).toEqual({
		status: "healthy",
		timestamp: new Date(world.clock.now()).toISOString(),
		services: { database: "healthy", redis: "not_used", mqtt: "healthy", paymentGateway: "healthy" },
		devices: { online: expect.any(Number), offline: expect.any(Number), total: 2 },
	});
	world.broker.up = false;
	expect((await world.request("GET", "/api/v1/health")).body.data).toMatchObject({
		status: "degraded",
		services: { mqtt: "unhealthy" },
	});
});
