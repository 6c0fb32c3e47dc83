import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toyHfRtDetr } from "@visionvend/hardware-sim/onnx/toy-detectors";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { monotonicClock } from "../capture/monotonic-clock.ts";
import { rgbToI420 } from "../capture/rgb-to-i420.ts";
import { openEyes } from "./open-eyes.ts";
import { visionSchema } from "./vision-configuration.ts";

const worker = new URL("../../dist/detect/detect-worker.js", import.meta.url);
let directory: string;
beforeAll(async () => {
	directory = mkdtempSync(join(tmpdir(), "visionvend-eyes-"));
	writeFileSync(
		join(directory, "toy.onnx"),
		toyHfRtDetr({ size: [64, 48], metadata: { labels: '["red","green","blue"]' } }),
	);
	mkdirSync(join(directory, "pictures"));
	await sharp({ create: { width: 160, height: 80, channels: 3, background: "#f00" } })
		.png()
		.toFile(join(directory, "pictures", "red.png"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const vision = (more: object = {}) =>
	visionSchema.parse({
		cameras: [`folder:${join(directory, "pictures")}`],
		width: 160,
		height: 80,
		framesPerSecond: 30,
		model: join(directory, "toy.onnx"),
		...more,
	});

test("a camera, a detector and the watcher see an opening in which nothing happens", async () => {
	const problems: string[] = [];
	const { eyes, health, close } = await openEyes(vision(), {
		clock: monotonicClock,
		onProblem: (problem) => problems.push(problem),
		worker,
	});
	try {
		await expect.poll(() => health().status, { timeout: 60_000 }).toBe("up");
		expect(health()).toMatchObject({
			model: "toy.onnx",
			modelFrom: "configuration",
			cameras: [{ camera: 0, status: "running", restarts: 0 }],
		});
		const openedAtMs = monotonicClock.now();
		eyes.doorOpened(openedAtMs);
		const closedAtMs = openedAtMs + 1;
		eyes.doorClosed(closedAtMs);
		const { vision: seen, pictures } = await eyes.look({ saleId: "sale-1", openedAtMs, closedAtMs });
		expect(seen.events).toEqual([]);
		expect(seen.blindShelves).toEqual([2, 3]);
		const after = pictures.find(({ name }) => name === "camera-0-after.jpg");
		expect(await sharp(after?.bytes).metadata()).toMatchObject({ format: "jpeg", width: 160, height: 80 });
		expect(problems).toEqual([]);
	} finally {
		await close();
	}
	expect(health()).toMatchObject({ status: "failing", cameras: [{ status: "closed" }] });
});

test("weak detections reach the tracker, below the model's own threshold", async () => {
	// So dark a red scores 1 / (1 + e^(8 (0.5 - 83 / 255))) = 0.2.
	const rgb = Uint8Array.from({ length: 160 * 80 * 3 }, (_, place) => (place % 3 === 0 ? 83 : 0));
	const faint = { camera: 0, sequence: 0, atMs: 0, width: 160, height: 80, data: rgbToI420(rgb, 160, 80) };
	const open = async (more: object) => {
		const { detectors, close } = await openEyes(vision(more), {
			clock: monotonicClock,
			onProblem: () => undefined,
			worker,
		});
		try {
			expect(detectors[0]?.model.threshold).toBe(0.3);
			return await detectors[0]?.detect(faint);
		} finally {
			await close();
		}
	};
	expect(await open({})).toMatchObject([{ label: "red", score: expect.closeTo(0.2, 1) }]);
	expect(await open({ tracking: { track_low_thresh: 0.25 } })).toEqual([]);
});

test("the engine is a setting", async () => {
	const { detectors, close } = await openEyes(vision({ engine: "tfjs" }), {
		clock: monotonicClock,
		onProblem: () => undefined,
		worker,
	});
	try {
		expect(detectors[0]?.model.engine).toMatch(/^tfjs-(wasm|node)$/);
	} finally {
		await close();
	}
	expect(() => vision({ engine: "torch" })).toThrow("engine");
});

test("a model that is none is told", async () => {
	writeFileSync(join(directory, "no.onnx"), "no model");
	await expect(
		openEyes(vision({ model: join(directory, "no.onnx") }), {
			clock: monotonicClock,
			onProblem: () => undefined,
			worker,
		}),
	).rejects.toThrow("no.onnx");
});

test("settings have their names in the file, and a wrong one is refused", () => {
	expect(vision({ events: { hand_iou_max: 0.2 } }).events.hand_iou_max).toBe(0.2);
	expect(vision().tracking.max_age_ms).toBe(1_500);
	expect(() => vision({ events: { hand_iou: 0.2 } })).toThrow("hand_iou");
	expect(() => vision({ cameras: ["webcam"] })).toThrow("rpicam:0");
	expect(() => vision({ cameras: [] })).toThrow();
});
