import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toyHfRtDetr } from "@visionvend/hardware-sim/onnx/toy-detectors";
import { systemClock } from "@visionvend/sdk/clock";
import type { Hono } from "hono";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hugePng } from "../../../test/huge-png.ts";
import { startDetector, type WorkerDetector } from "../worker-detector.ts";
import { detectApp } from "./detect-app.ts";

const token = "0123456789abcdef0123456789abcdef";
let directory: string;
let detector: WorkerDetector;
let app: Hono;
const problems: string[] = [];
beforeAll(async () => {
	directory = mkdtempSync(join(tmpdir(), "visionvend-detect-http-"));
	const model = join(directory, "toy.onnx");
	writeFileSync(model, toyHfRtDetr({ size: [64, 48], metadata: { labels: '["red","green","blue"]' } }));
	const worker = new URL("../../../dist/detect/detect-worker.js", import.meta.url);
	detector = await startDetector({ model, clock: systemClock, worker });
	app = detectApp({ detector, token, onProblem: (problem) => problems.push(problem) });
});
afterAll(async () => {
	await detector.close();
	rmSync(directory, { recursive: true, force: true });
});

const plain = (background: string, width = 160, height = 80) =>
	sharp({ create: { width, height, channels: 3, background } }).jpeg();

async function send(
	body: Uint8Array | string,
	{ type = "image/jpeg", authorization = `Bearer ${token}`, query = "", to = app } = {},
): Promise<{ status: number; body: unknown; headers: Headers }> {
	const response = await to.request(`/detect${query}`, {
		method: "POST",
		headers: { "content-type": type, ...(authorization === "" ? {} : { authorization }) },
		body: typeof body === "string" ? body : Uint8Array.from(body),
	});
	return { status: response.status, body: await response.json(), headers: response.headers };
}

const green = {
	status: 200,
	body: { model: "toy", engine: "ort", width: 160, height: 80, boxes: [{ label: "green", box: [40, 30, 120, 50] }] },
};

test("1.12 the bytes of a picture are answered with boxes in its own pixels", async () => {
	const { status, body } = await send(await plain("#0f0").toBuffer());
	expect({ status, body }).toMatchObject(green);
	expect(
		await send(await plain("#0f0").toBuffer(), { type: "application/octet-stream", query: "?threshold=0.9999" }),
	).toMatchObject({
		status: 200,
		body: { boxes: [] },
	});
});

test("1.12 boxes of a picture that EXIF turns are in pixels as displayed", async () => {
	const turned = await plain("#00f").withMetadata({ orientation: 6 }).toBuffer();
	expect((await send(turned)).body).toMatchObject({ width: 80, height: 160, boxes: [{ box: [20, 60, 60, 100] }] });
});

test("1.12 without the machine's token nothing is looked at", async () => {
	const picture = await plain("#0f0").toBuffer();
	for (const authorization of ["", "Bearer", `Bearer ${token}0`, "Bearer x", `Basic ${token}`, token]) {
		const { status, body, headers } = await send(picture, { authorization });
		expect({ authorization, status }).toEqual({ authorization, status: 401 });
		expect(body).toMatchObject({ type: "urn:visionvend:problem:token_wrong", title: "Unauthorized", status: 401 });
		expect(headers.get("www-authenticate")).toContain("Bearer");
		expect(headers.get("content-type")).toBe("application/problem+json");
	}
});

test("1.12 wrong input is refused in words each time, and the service lives", async () => {
	const whole = await plain("#0f0", 400, 300).toBuffer();
	const wrong: [body: Uint8Array | string, status: number, words: RegExp, type?: string][] = [
		["", 400, /empty \(0 bytes\)/],
		["I am a cat", 400, /no image that can be read/],
		[whole.subarray(0, whole.length / 2), 400, /damaged or cut off/],
		[hugePng(10_000, 10_000), 400, /100 million/],
		[new Uint8Array(16 * 1_024 * 1_024 + 1), 413, /16 MiB/],
		['{"image_base64":""}', 415, /application\/json/, "application/json"],
	];
	for (const [body, status, words, type] of wrong) {
		const answer = await send(body, { type });
		expect(answer).toMatchObject({ status, body: { status, detail: expect.stringMatching(words) } });
		expect(await send(await plain("#0f0").toBuffer())).toMatchObject(green);
	}
	for (const threshold of ["0", "1", "x", "-1"])
		expect((await send(whole, { query: `?threshold=${threshold}` })).status).toBe(400);
	expect(problems).toEqual([]);
});

test("1.12 printed colours (CMYK) are looked at", async () => {
	const printed = await plain("#f00").toColourspace("cmyk").toBuffer();
	expect((await send(printed, { query: "?threshold=0.5" })).body).toMatchObject({ boxes: [{ label: "red" }] });
});

test("1.12 at most four pictures wait; the fifth is told to come again", async () => {
	const picture = await plain("#0f0").toBuffer();
	const answers = await Promise.all(Array.from({ length: 6 }, () => send(picture)));
	expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 503, 503]);
	expect(answers.find(({ status }) => status === 503)?.headers.get("retry-after")).toBe("1");
	expect((await send(picture)).status).toBe(200);
});

test("1.12 a detector that fails is told in the log, not to the caller, and may go well the next time", async () => {
	const told: string[] = [];
	const model = join(directory, "gone.onnx");
	writeFileSync(model, toyHfRtDetr({ size: [64, 48] }));
	const worker = new URL("../../../dist/detect/detect-worker.js", import.meta.url);
	const gone = await startDetector({ model, clock: systemClock, worker });
	await gone.close();
	const answer = await send(await plain("#0f0").toBuffer(), {
		to: detectApp({ detector: gone, token, onProblem: (problem) => told.push(problem) }),
	});
	expect(answer).toMatchObject({ status: 503, body: { code: "detector_failed" } });
	expect(told).toEqual(["The detector is closed."]);
});

test("1.12 other ways lead nowhere", async () => {
	expect((await app.request("/")).status).toBe(404);
	expect((await app.request("/detect", { headers: { authorization: `Bearer ${token}` } })).status).toBe(404);
});
