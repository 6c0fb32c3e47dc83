import { readFileSync } from "node:fs";
import type { HealthBody } from "@visionvend/sdk/protocol/messages";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sealedByController, TestMachine, topics } from "../../test/test-machine.ts";
import { FrameRate } from "./frame-rate.ts";
import type { Health } from "./health.ts";
import { metricsText } from "./metrics-text.ts";

let machine: TestMachine;
beforeEach(async () => {
	machine = new TestMachine();
	await machine.start();
	await machine.run(100);
});
afterEach(() => machine.close());

const told: HealthBody = {
	...{ uptimeMs: 60_000, boot: 1, doorClosed: true, massesMilligrams: [710_000, 0], phase: "locked" },
	...{ resetReason: "power-on", memoryFreeBytes: 40_000, faults: [] },
};

async function health(): Promise<Health> {
	const response = await machine.pi.app.request("/health");
	return (await response.json()) as Health;
}

test("lock and scales are as the controller told last: a fault of one degrades the whole", async () => {
	expect(await health()).toMatchObject({ lock: "unknown", scales: { status: "unknown" } });
	machine.send(topics.health, sealedByController(topics.health, told, 1));
	await machine.run(100);
	expect(await health()).toMatchObject({
		status: "healthy",
		lock: "locked",
		scales: { status: "up", massesMilligrams: [710_000, 0] },
	});
	machine.send(topics.health, sealedByController(topics.health, { ...told, faults: ["scale-1"] }, 2));
	await machine.run(100);
	expect(await health()).toMatchObject({ status: "degraded", scales: { status: "failing" } });
});

test("the host tells its disk and its memory", async () => {
	const { host } = await health();
	expect(host.diskFree).toBeGreaterThan(0);
	expect(host.residentBytes).toBeGreaterThan(10e6);
});

test("metrics are Prometheus' text", async () => {
	const response = await machine.pi.app.request("/metrics");
	expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
	const text = await response.text();
	expect(text).toContain("visionvend_pi_healthy 1");
	expect(text).toContain("visionvend_pi_store_pending 0");
});

test("metrics of each camera: frames a second, inference, drops by reason; the guide explains each metric", async () => {
	const { text } = await metricsText({
		...(await health()),
		vision: {
			...{ status: "failing", model: "m.onnx", modelFrom: "machine" },
			cameras: [
				{
					...{ camera: 0, status: "running", framesPerSecond: 14.9, drops: { busy: 3 } },
					...{ detected: 120, inferenceMs: 21.5, restarts: 0 },
				},
				{
					...{ camera: 1, status: "stalled", framesPerSecond: 0, drops: {} },
					...{ detected: 0, inferenceMs: undefined, restarts: 2 },
				},
			],
		},
		recording: { status: "up", bytes: 5_000, waiting: 1, drops: { "encoder-busy": 7 } },
		host: { diskFree: 0.5, temperatureCelsius: 51.5, residentBytes: 1 },
	});
	for (const line of [
		"visionvend_pi_vision_up 0",
		'visionvend_pi_camera_up{camera="1"} 0',
		'visionvend_pi_camera_fps{camera="0"} 14.9',
		'visionvend_pi_inference_ms{camera="0"} 21.5',
		'visionvend_pi_camera_drops_total{camera="0",reason="busy"} 3',
		'visionvend_pi_detector_restarts_total{camera="1"} 2',
		'visionvend_pi_recording_drops_total{reason="encoder-busy"} 7',
		"visionvend_pi_temperature_celsius 51.5",
	]) {
		expect(text).toContain(`${line}\n`);
	}
	const guide = readFileSync(new URL("../../../docs/guides/pi-runtime.md", import.meta.url), "utf8");
	const explained = new Set(guide.match(/visionvend_pi_[a-z_]+/g));
	const toldNames = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
	// Whether scales are up is unknown here.
	expect([...explained].sort()).toEqual([...toldNames, "visionvend_pi_scales_up"].sort());
});

test("a frame rate is that of the last ten seconds", () => {
	const rate = new FrameRate();
	for (let frame = 0; frame < 300; frame += 1) rate.add(frame * 100);
	expect(rate.at(30_000)).toBeCloseTo(10, 0);
	expect(rate.at(35_000)).toBeCloseTo(5, 0);
	expect(rate.at(60_000)).toBe(0);
});
