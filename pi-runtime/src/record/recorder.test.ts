import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { plainFrame } from "../../test/plain-frames.ts";
import { TestClock } from "../../test/test-clock.ts";
import { Recorder } from "./recorder.ts";
import { recordingSchema } from "./recording-configuration.ts";
import { readSegmentName } from "./segment-name.ts";

const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;
const framesPerSecond = 10;

let root: string;
beforeAll(() => {
	root = mkdtempSync(join(tmpdir(), "visionvend-recorder-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function openRecorder(more: { program?: string } = {}) {
	const folder = mkdtempSync(join(root, "case-"));
	const clock = new TestClock();
	const problems: string[] = [];
	const recorder = await Recorder.open({
		...recordingSchema.parse({ folder }),
		...{ width: 64, height: 48, framesPerSecond, cameras: 1, clock },
		onProblem: (problem) => problems.push(problem),
		...more,
	});
	return { recorder, clock, folder, problems };
}

function picturesIn(path: string): number {
	const words = ["-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", path];
	return Number(execFileSync("ffprobe", words).toString().trim().split("\n")[0]);
}

test.runIf(hasFfmpeg)(
	"two pictures a second at all times, and every one from ten seconds before a door opens to ten after it has closed",
	async () => {
		const { recorder, clock, folder, problems } = await openRecorder();
		const start = clock.now();
		for (let index = 0; index < 60 * framesPerSecond; index += 1) {
			const atMs = start + (index * 1_000) / framesPerSecond;
			clock.step(atMs);
			if (index === 25 * framesPerSecond) recorder.doorOpened(atMs);
			if (index === 30 * framesPerSecond) recorder.doorClosed(atMs);
			recorder.frame({ ...plainFrame(index % 2 === 0 ? "red" : "blue", 64, 48, index), atMs });
			// A turn for each frame: where none is left to wait for, nothing that the encoder gave back would ever be read, and an
			// encoder that gives nothing back for 150 frames is killed.
			do await new Promise(setImmediate);
			while (recorder.waiting > 0);
		}
		await recorder.close();
		expect(problems).toEqual([]);
		expect(recorder.drops).toEqual({});
		const files = readdirSync(folder).sort();
		const segments = files.map((name) => ({ ...readSegmentName(name), pictures: picturesIn(join(folder, name)) }));
		const quiet = segments.filter(({ kind }) => kind === "quiet");
		expect(quiet.reduce((sum, { pictures }) => sum + pictures, 0)).toBe(120);
		const door = segments.filter(({ kind }) => kind === "door");
		expect(door).toHaveLength(1);
		const [clip] = door;
		// Whole groups of pictures, a second long.
		const fromS = ((clip?.startMs ?? 0) - start) / 1_000;
		expect(fromS).toBeLessThanOrEqual(15);
		expect(fromS).toBeGreaterThanOrEqual(13.9);
		const untilS = fromS + (clip?.pictures ?? 0) / framesPerSecond;
		expect(untilS).toBeGreaterThanOrEqual(40);
		expect(untilS).toBeLessThanOrEqual(41.1);
	},
);

test("without ffmpeg nothing is recorded, and one line says so", async () => {
	const { recorder, clock, problems, folder } = await openRecorder({ program: "no-such-ffmpeg" });
	while (problems.length === 0) await new Promise(setImmediate);
	recorder.frame({ ...plainFrame("red"), atMs: clock.now() });
	expect(problems).toEqual(["Camera 0: The encoder no-such-ffmpeg is not installed."]);
	expect(recorder.drops).toEqual({ "encoder-down": 2 });
	await recorder.close();
	expect(readdirSync(folder)).toEqual([]);
});
