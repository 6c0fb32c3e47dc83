import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { jwtSecret } from "../test/world.ts";
import { createLog, startServer } from "./server.ts";
import { readSettings } from "./settings.ts";

test("0.33 4.31 the log is JSON, one line an entry, with time, level and service; below its level it is silent", () => {
	const lines: string[] = [];
	const log = createLog("warn", { write: (line: string) => lines.push(line) });
	log({ level: "info", room: "cloud", event: "started" });
	log({ level: "error", room: "cloud", event: "error", message: "two\nlines", requestId: "request-1" });
	expect(lines).toHaveLength(1);
	const [line = ""] = lines;
	expect(line.trimEnd()).not.toContain("\n");
	expect(JSON.parse(line)).toEqual({
		time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
		level: "error",
		service: "visionvend-cloud",
		room: "cloud",
		event: "error",
		message: "two\nlines",
		requestId: "request-1",
	});
});

test("0.21 0.23 4.32 in an empty folder and without a broker the service is up, with its page, and metrics where they shall be", async () => {
	const folder = mkdtempSync(join(tmpdir(), "visionvend-serve-"));
	const settings = readSettings({
		JWT_SECRET: jwtSecret,
		DATABASE_URL: `file:${join(folder, "shop.db")}`,
		MQTT_BROKER_URL: "mqtt://127.0.0.1:1",
		HOST: "127.0.0.1",
		PORT: "0",
		METRICS_LISTEN: "127.0.0.1:0",
		LOG_LEVEL: "error",
	});
	const server = await startServer(settings);
	try {
		expect(await (await fetch(`${server.url}/health`)).json()).toEqual({ status: "ok" });
		expect(await (await fetch(`${server.url}/docs`)).text()).toContain("<!doctype html>");
		expect((await fetch(`${server.url}/metrics`)).status).toBe(404);
		const metrics = await (await fetch(server.metricsUrl ?? "")).text();
		expect(metrics).toMatch(/^visionvend_stock_units 0$/m);
		expect(metrics).toMatch(/^visionvend_host_used_ratio\{resource="disk"\} [\d.e-]+$/m);
		expect(metrics).toMatch(/^process_resident_memory_bytes \d/m);
	} finally {
		await server.close();
		rmSync(folder, { recursive: true, force: true });
	}
});

test("4.30 with monitoring off, metrics are told nowhere", async () => {
	const folder = mkdtempSync(join(tmpdir(), "visionvend-serve-"));
	const server = await startServer(
		readSettings({
			JWT_SECRET: jwtSecret,
			DATABASE_URL: `file:${join(folder, "shop.db")}`,
			MQTT_BROKER_URL: "mqtt://127.0.0.1:1",
			HOST: "127.0.0.1",
			PORT: "0",
			MONITORING_ENABLED: "false",
			METRICS_LISTEN: "127.0.0.1:0",
			LOG_LEVEL: "error",
		}),
	);
	try {
		expect(server.metricsUrl).toBeUndefined();
		expect((await fetch(`${server.url}/metrics`)).status).toBe(404);
	} finally {
		await server.close();
		rmSync(folder, { recursive: true, force: true });
	}
});
