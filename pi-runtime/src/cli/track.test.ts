import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toyHfRtDetr } from "@visionvend/hardware-sim/onnx/toy-detectors";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { track } from "./track.ts";

const worker = new URL("../../dist/detect/detect-worker.js", import.meta.url);
const hasFfmpeg = ((): boolean => {
	try {
		execFileSync("ffmpeg", ["-version"], { stdio: "ignore" });
		return true;
	} catch {
		return false;
	}
})();

let directory: string;
let model: string;
let folder: string;

beforeAll(async () => {
	directory = mkdtempSync(join(tmpdir(), "visionvend-track-"));
	model = join(directory, "toy.onnx");
	writeFileSync(model, toyHfRtDetr({ size: [64, 48], metadata: { labels: '["red","green","blue"]' } }));
	folder = join(directory, "pictures");
	mkdirSync(folder);
	for (let number = 1; number <= 12; number++) {
		const background = number <= 6 ? "#f00" : "#00f";
		await sharp({ create: { width: 160, height: 80, channels: 3, background } })
			.png()
			.toFile(join(folder, `picture-${number}.png`));
	}
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function run(...words: string[]): Promise<string> {
	let printed = "";
	const print = (text: string): void => {
		printed += text;
	};
	expect(await track([...words, "--model", model], { worker, print })).toBe(0);
	return printed;
}

test("a folder of pictures gives tracks, a MOTChallenge file and annotated pictures", async () => {
	const out = join(directory, "out");
	const told = JSON.parse(await run(folder, "--json", "--fps", "10", "--out", out));
	expect(told).toMatchObject({ width: 160, height: 80, framesPerSecond: 10, frames: 12, events: [] });
	expect(told.tracks).toMatchObject([{ id: 1, fromMs: 0, untilMs: 1_100, frames: 12 }]);
	const lines = readFileSync(join(out, "tracks.txt"), "utf8").trim().split("\n");
	// The first two looks do not count yet.
	expect(lines).toHaveLength(10);
	expect(lines[0]).toMatch(/^3,1,40,30,80,20,0\.9\d+,-1,-1,-1$/);
	expect(readdirSync(out).filter((name) => name.startsWith("frame-"))).toHaveLength(6);
	const strip = await sharp(join(out, "strip.png")).metadata();
	expect(strip.width).toBeGreaterThan(3 * 480);
});

test("people get a table", async () => {
	const text = await run(folder);
	expect(text).toContain("12 frames (0.80 s), 1 tracks");
	expect(text).toContain("no events");
});

test.skipIf(!hasFfmpeg)("a video is read at its own size and rate", async () => {
	const video = join(directory, "red.mp4");
	execFileSync("ffmpeg", [
		"-v",
		"error",
		"-f",
		"lavfi",
		"-i",
		"color=red:size=128x96:rate=5:duration=2",
		"-pix_fmt",
		"yuv420p",
		video,
	]);
	expect(JSON.parse(await run(video, "--json"))).toMatchObject({
		width: 128,
		height: 96,
		framesPerSecond: 5,
		frames: 10,
		tracks: [{ label: "red" }],
	});
});

test("what is wrong is told", async () => {
	await expect(track([])).rejects.toThrow("say which video or folder");
	await expect(track(["a", "b"])).rejects.toThrow('"b" is too much');
	await expect(track([folder, "--camera", "x"])).rejects.toThrow("--camera x");
	await expect(track([folder, "--fps", "0"])).rejects.toThrow("--fps 0");
	await expect(track([folder, "--engine", "abacus"])).rejects.toThrow("--engine abacus");
	await expect(track([folder, "--what"])).rejects.toThrow("--what");
	await expect(run(join(directory, "none.mp4"))).rejects.toThrow("cannot be read");
	const empty = join(directory, "empty");
	mkdirSync(empty);
	await expect(run(empty)).rejects.toThrow("There is no picture");
	await expect(track([folder, "--model", join(directory, "none.onnx")], { worker })).rejects.toThrow("none.onnx");
	const text = join(directory, "words.mp4");
	writeFileSync(text, "no video");
	await expect(run(text)).rejects.toThrow("ffmpeg");
});
