import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toyHfRtDetr } from "@visionvend/hardware-sim/onnx/toy-detectors";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CliProcess } from "../../test/cli-process.ts";
import { configuration } from "../../test/test-machine.ts";

let directory: string;
let model: string;
let picture: string;
beforeAll(async () => {
	directory = mkdtempSync(join(tmpdir(), "visionvend-cli-detect-"));
	model = join(directory, "toy.onnx");
	writeFileSync(model, toyHfRtDetr({ size: [64, 48], metadata: { labels: '["red","green","blue"]' } }));
	picture = join(directory, "green.jpg");
	await sharp({ create: { width: 160, height: 80, channels: 3, background: "#0f0" } })
		.jpeg()
		.toFile(picture);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("detect prints one object with boxes in pixels and writes the annotated image, with TensorFlow.js, too", async () => {
	const out = join(directory, "out.png");
	const cli = new CliProcess(["detect", picture, "--model", model, "--engine", "tfjs", "--json", "--out", out]);
	expect(await cli.ended()).toBe(0);
	expect(JSON.parse(cli.stdout)).toMatchObject({
		width: 160,
		height: 80,
		engine: expect.stringMatching(/^tfjs-/),
		detections: [{ label: "green", box: [40, 30, 120, 50] }],
	});
	expect(await sharp(out).metadata()).toMatchObject({ format: "png", width: 160, height: 80 });
});

test("what is no image and what is no model end with status 1 and words", async () => {
	const cat = join(directory, "cat.jpg");
	writeFileSync(cat, "I am a cat");
	const noImage = new CliProcess(["detect", cat, "--model", model]);
	const noModel = new CliProcess(["detect", picture, "--model", cat]);
	expect(await noImage.ended()).toBe(1);
	expect(noImage.stderr).toMatch(/^visionvend-pi: This is no image that can be read/);
	expect(await noModel.ended()).toBe(1);
	expect(noModel.stderr).toMatch(/^visionvend-pi: The model .*cat\.jpg" cannot be used\. This is no ONNX model/);
});

test("1.12 the service looks at pictures that are sent to it, and ends in order", async () => {
	const token = "0123456789abcdef0123456789abcdef";
	const file = join(directory, "pi.json");
	const settings = { ...configuration(`file:${join(directory, "pi.db")}`), detect: { token, port: 0, model } };
	writeFileSync(file, JSON.stringify(settings));
	const cli = new CliProcess(["serve", "--config", file]);
	const { url } = await cli.event("detect.listening");
	const response = await fetch(String(url), {
		method: "POST",
		headers: { authorization: `Bearer ${token}`, "content-type": "image/jpeg" },
		body: await sharp(picture).toBuffer(),
	});
	expect(await response.json()).toMatchObject({ model: "toy", boxes: [{ label: "green", box: [40, 30, 120, 50] }] });
	await cli.event("health.listening");
	expect(await cli.kill("SIGTERM")).toBe(0);
	expect(cli.stdout).not.toContain(token);
});
