import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FrameCollector } from "../../test/frame-collector.ts";
import { TestClock } from "../../test/test-clock.ts";
import type { Frame } from "./frame.ts";
import { ImageFolderSource } from "./image-folder-source.ts";
import { VideoFileSource } from "./video-file-source.ts";

const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;
const width = 96;
const height = 64;

let directory: string;
beforeAll(() => {
	directory = mkdtempSync(join(tmpdir(), "visionvend-files-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A smooth picture with every hue, so that the place of chroma samples does not matter. */
function gradient(shift: number): Buffer {
	const rgb = Buffer.alloc(width * height * 3);
	for (let row = 0; row < height; row += 1) {
		for (let column = 0; column < width; column += 1) {
			const at = (row * width + column) * 3;
			rgb[at] = Math.round((column / (width - 1)) * 255);
			rgb[at + 1] = Math.round((row / (height - 1)) * 255);
			rgb[at + 2] = Math.round((1 - (column + row) / (width + height - 2)) * 255 * shift);
		}
	}
	return rgb;
}

async function picture(name: string, shift = 1): Promise<string> {
	const path = join(directory, name);
	await sharp(gradient(shift), { raw: { width, height, channels: 3 } })
		.png()
		.toFile(path);
	return path;
}

function furthest(a: Uint8Array, b: Uint8Array): number {
	expect(a.length).toBe(b.length);
	return a.reduce((most, value, index) => Math.max(most, Math.abs(value - (b[index] ?? Number.NaN))), 0);
}

function folderSource(folder: string, more: Partial<ConstructorParameters<typeof ImageFolderSource>[0]> = {}) {
	return new ImageFolderSource({
		...{ camera: 0, folder, width, height, framesPerSecond: 10, clock: new TestClock(), everyFrame: true },
		...more,
	});
}

test.runIf(hasFfmpeg)("the pixels of a picture are those that ffmpeg makes of it, within 2 of 255", async () => {
	const folder = join(directory, "golden");
	execFileSync("mkdir", [folder]);
	const path = await picture("golden/one.png");
	const source = folderSource(folder);
	const { frames } = new FrameCollector(source);
	await source.ended;
	const filter = "scale=out_color_matrix=bt601:out_range=full:flags=area+accurate_rnd+full_chroma_int,format=yuv420p";
	const golden = execFileSync("ffmpeg", [...["-loglevel", "error", "-i", path, "-vf", filter, "-f", "rawvideo", "-"]]);
	expect(furthest(frames[0]?.data ?? new Uint8Array(), golden)).toBeLessThanOrEqual(2);
});

test("pictures come in the order of their numbers, turned as EXIF says, and one that is none is left out", async () => {
	const folder = join(directory, "many");
	execFileSync("mkdir", [folder]);
	await picture("many/frame-2.png", 0.2);
	await picture("many/frame-10.png", 0.9);
	// Red above blue; the camera was held upside down.
	const turned = Buffer.alloc(width * height * 3);
	for (let pixel = 0; pixel < width * height; pixel += 1)
		turned[pixel * 3 + (pixel < (width * height) / 2 ? 0 : 2)] = 255;
	await sharp(turned, { raw: { width, height, channels: 3 } })
		.withMetadata({ orientation: 3 })
		.jpeg({ quality: 100 })
		.toFile(join(folder, "frame-11.jpg"));
	await sharp(gradient(1), { raw: { width, height, channels: 3 } })
		.toColourspace("cmyk")
		.jpeg()
		.toFile(join(folder, "frame-12.jpg"));
	writeFileSync(join(folder, "frame-3.png"), "no picture");
	writeFileSync(join(folder, "frame-4.png"), "");
	writeFileSync(join(folder, "notes.txt"), "nothing to see");
	const problems: string[] = [];
	const source = folderSource(folder, { onProblem: (problem) => problems.push(problem) });
	const { frames } = new FrameCollector(source);
	await source.ended;
	expect(frames.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3]);
	expect(frames.map(({ atMs }) => atMs - (frames[0]?.atMs ?? 0))).toEqual([0, 300, 400, 500]);
	expect(source.drops).toEqual({ unreadable: 2 });
	expect(problems.map((problem) => /frame-\d/.exec(problem)?.[0])).toEqual(["frame-3", "frame-4"]);
	const upsideDown = frames[2]?.data ?? new Uint8Array();
	// Blue above: luma 29, red below: 76.
	expect(Math.abs((upsideDown[10 * width] ?? 0) - 29)).toBeLessThanOrEqual(2);
	expect(Math.abs((upsideDown[50 * width] ?? 0) - 76)).toBeLessThanOrEqual(2);
	expect(source.state).toBe("closed");
});

test("a folder without pictures, and one that is not there, say so", async () => {
	const empty = folderSource(tmpdir(), { folder: mkdtempSync(join(directory, "empty-")) });
	empty.start(() => undefined);
	await expect(empty.ended).rejects.toThrow("There is no picture in");
	const absent = folderSource(join(directory, "absent"));
	absent.start(() => undefined);
	await expect(absent.ended).rejects.toThrow("absent");
});

test("in real time a folder gives a frame when its time has come, and goes round", async () => {
	const folder = join(directory, "loop");
	execFileSync("mkdir", [folder]);
	await picture("loop/1.png", 0.1);
	await picture("loop/2.png", 0.7);
	const clock = new TestClock();
	const source = folderSource(folder, { clock, everyFrame: false, loop: true });
	const collector = new FrameCollector(source);
	for (let count = 1; count <= 5; count += 1) {
		await collector.count(count);
		await new Promise(setImmediate);
		expect(collector.frames).toHaveLength(count);
		clock.step(clock.now() + 100);
	}
	await source.close();
	const times = collector.frames.map(({ atMs }) => atMs - (collector.frames[0]?.atMs ?? 0));
	expect(times).toEqual([0, 100, 200, 300, 400]);
	expect(collector.frames[2]?.data).toEqual(collector.frames[0]?.data);
});

test.runIf(hasFfmpeg)("every frame of a video comes, in full range, however slow its listener is", async () => {
	const path = join(directory, "two-halves.mkv");
	// Limited range, as cameras record: its white is 235 and its black 16, ours 255 and 0.
	execFileSync("ffmpeg", [
		...["-loglevel", "error", "-f", "lavfi", "-i", `color=white:s=${width}x${height}:r=10:d=1`],
		...["-f", "lavfi", "-i", `color=black:s=${width}x${height}:r=10:d=1`],
		...["-filter_complex", "[0][1]concat", "-c:v", "ffv1", "-pix_fmt", "yuv420p", path],
	]);
	const source = new VideoFileSource({
		...{ camera: 1, path, width, height, framesPerSecond: 10, clock: new TestClock(), everyFrame: true },
	});
	const frames: Frame[] = [];
	source.start(async (frame) => {
		await new Promise(setImmediate);
		frames.push(frame);
	});
	await source.ended;
	expect(frames.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 20 }, (_, index) => index));
	expect(frames.map(({ data }) => data[0])).toEqual([...Array(10).fill(255), ...Array(10).fill(0)]);
	expect((frames[19]?.atMs ?? 0) - (frames[0]?.atMs ?? 0)).toBe(1_900);
	expect(source.drops).toEqual({});
});

test.runIf(hasFfmpeg)("a file that is no video ends its source with ffmpeg's own words", async () => {
	const path = join(directory, "no-video.mp4");
	writeFileSync(path, "no video");
	const clock = new TestClock();
	const source = new VideoFileSource({ camera: 0, path, width, height, framesPerSecond: 10, clock });
	source.start(() => undefined);
	await expect(source.ended).rejects.toThrow(/no-video\.mp4: ffmpeg ended \(status \d+\): .*Invalid data/);
	expect(source.state).toBe("closed");
});
