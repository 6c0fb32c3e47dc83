import { afterEach, beforeEach, expect, test } from "vitest";
import { jpegBytes, VisionService } from "../../test/vision-services.ts";
import type { Picture } from "./detector.ts";
import { ollamaDetector } from "./ollama-detector.ts";
import { piDetector } from "./pi-detector.ts";

let service: VisionService;
beforeEach(async () => {
	service = await VisionService.start();
});
afterEach(() => service.close());

const picture: Picture = { bytes: jpegBytes, mediaType: "image/jpeg" };
const pi = (timeoutMs = 5_000) => piDetector({ fetch, url: service.url, token: "pi-token", timeoutMs });
const ollama = (timeoutMs = 5_000) => ollamaDetector({ fetch, endpoint: service.url, model: "llava-phi3", timeoutMs });

test("1.12 a Pi gets the picture as it is, and every box is one thing", async () => {
	service.answer = {
		status: 200,
		body: JSON.stringify({ model: "rt-detr", boxes: [{ label: "cola", score: 0.9, box: [1, 2, 3, 4] }] }),
	};
	expect(await pi().detect(picture, ["Cola"])).toEqual({
		model: "rt-detr",
		detections: [{ label: "cola", score: 0.9, quantity: 1 }],
	});
	expect(service.seen).toEqual([
		{ path: "/detect", contentType: "image/jpeg", authorization: "Bearer pi-token", body: Buffer.from(jpegBytes) },
	]);
});

test("1.24 1.25 Ollama gets the picture with the whole inventory list, and is held to a JSON schema", async () => {
	const items = [{ name: "Cola", confidence: 0.8, quantity: 2 }];
	service.answer = {
		status: 200,
		body: JSON.stringify({ model: "llava-phi3", response: JSON.stringify({ items }), done: true }),
	};
	expect(await ollama().detect(picture, ["Cola", "Red Apple"])).toEqual({
		model: "llava-phi3",
		detections: [{ label: "Cola", score: 0.8, quantity: 2 }],
	});
	expect(service.seen[0]?.path).toBe("/api/generate");
	const asked = JSON.parse(service.seen[0]?.body.toString() ?? "");
	expect(asked).toMatchObject({
		model: "llava-phi3",
		stream: false,
		images: [Buffer.from(jpegBytes).toString("base64")],
		format: { required: ["items"] },
	});
	expect(asked.prompt).toContain("Cola\nRed Apple");
});

test.each([
	["an error", { status: 500, body: "{}" }],
	["no JSON", { status: 200, body: "<html>" }],
	["something else", { status: 200, body: '{"boxes":[{"label":"cola","score":7}],"model":"m","response":"no JSON"}' }],
	["a list of something else", { status: 200, body: '{"boxes":5,"model":"m","response":"{}"}' }],
])("1.12 a detector that answers with %s has failed, and says so", async (_, answer) => {
	service.answer = answer;
	await expect(pi().detect(picture, [])).rejects.toMatchObject({ name: "Error", answered: true });
	await expect(ollama().detect(picture, [])).rejects.toMatchObject({ answered: true });
});

test("1.24 a detector that takes longer than it may, or is not there, did not answer", async () => {
	service.answer = { status: 503, body: "{}" };
	await expect(pi().detect(picture, [])).rejects.toMatchObject({ answered: false });
	service.answer = undefined;
	await expect(ollama(20).detect(picture, [])).rejects.toMatchObject({ answered: false });
	const { url } = service;
	service.close();
	await expect(piDetector({ fetch, url, timeoutMs: 5_000 }).detect(picture, [])).rejects.toMatchObject({
		answered: false,
	});
});
