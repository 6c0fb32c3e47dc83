import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toyHfRtDetr } from "@visionvend/hardware-sim/onnx/toy-detectors";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseCalibration } from "../calibrate/calibration.ts";
import { monotonicClock } from "../capture/monotonic-clock.ts";
import { openEyes } from "../events/open-eyes.ts";
import { visionSchema } from "../events/vision-configuration.ts";
import { capture } from "./capture.ts";

const worker = new URL("../../dist/detect/detect-worker.js", import.meta.url);
let directory: string;
let model: string;
beforeAll(() => {
	directory = mkdtempSync(join(tmpdir(), "visionvend-capture-"));
	model = join(directory, "toy.onnx");
	// It sees whatever is red, green or blue in the middle of the picture.
	writeFileSync(model, toyHfRtDetr({ size: [64, 48], metadata: { labels: '["red","green","blue"]' } }));
	mkdirSync(join(directory, "camera"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What the camera sees from now on. */
async function show(background: string): Promise<void> {
	const next = join(directory, "next.png");
	await sharp({ create: { width: 160, height: 80, channels: 3, background } })
		.png()
		.toFile(next);
	renameSync(next, join(directory, "camera", "view.png"));
}

function words(...more: string[]): string[] {
	return [`folder:${join(directory, "camera")}`, "--size", "160x80", "--model", model, ...more];
}

test("a picture is what the camera sees", async () => {
	await show("#00ff00");
	const out = join(directory, "picture.jpg");
	expect(
		await capture(words("--out", out), {
			person: { say: () => undefined, ask: () => Promise.reject(new Error("nobody")) },
		}),
	).toBe(0);
	const { channels } = await sharp(out).stats();
	expect(channels.map(({ mean }) => Math.round(mean / 255))).toEqual([0, 1, 0]);
});

test("a person is led through focus, light and shelves; a corner where nothing is seen is asked for again; the eyes read the file", async () => {
	const out = join(directory, "calibration.json");
	const said: string[] = [];
	const asked: string[] = [];
	let forgot = true;
	await show("#909090");
	const person = {
		say: (text: string) => void said.push(text),
		async ask(question: string): Promise<string> {
			asked.push(question.trim());
			if (question.includes("ok")) return asked.length === 1 ? "" : "ok";
			if (question.includes("is empty")) await show("#000000");
			else if (question.includes("right front") && forgot) {
				forgot = false;
				await show("#000000");
			} else await show("#ff0000");
			return "";
		},
	};
	expect(await capture(words("--out", out, "--calibrate", "--shelves", "3", "--camera", "1"), { person, worker })).toBe(
		0,
	);
	expect(said.filter((line) => line.includes("Nothing is seen there"))).toHaveLength(1);
	expect(asked.filter((question) => question.includes("right front"))).toHaveLength(2);
	const calibration = parseCalibration(readFileSync(out, "utf8"));
	expect(calibration.cameras).toHaveLength(1);
	expect(calibration.cameras[0]).toMatchObject({ camera: 1, zones: [{ camera: 1, shelf: 3 }] });
	// The toy's box, as parts of the picture.
	expect(calibration.cameras[0]?.zones[0]?.polygon).toEqual([
		[0.25, 0.375],
		[0.75, 0.375],
		[0.75, 0.625],
		[0.25, 0.625],
	]);
	expect(await sharp(join(directory, "calibration-camera-1.png")).metadata()).toMatchObject({ width: 160, height: 80 });

	const settings = {
		cameras: [`folder:${join(directory, "camera")}`],
		width: 160,
		height: 80,
		model,
		calibration: out,
	};
	const eyes = await openEyes(visionSchema.parse(settings), {
		clock: monotonicClock,
		onProblem: () => undefined,
		worker,
	});
	await eyes.close();
	writeFileSync(out, "{}");
	await expect(
		openEyes(visionSchema.parse(settings), { clock: monotonicClock, onProblem: () => undefined, worker }),
	).rejects.toThrow("calibration.json: The calibration is none");
});
