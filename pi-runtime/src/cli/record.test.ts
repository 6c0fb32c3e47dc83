import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CliProcess } from "../../test/cli-process.ts";

const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;

let root: string;
beforeAll(() => {
	root = mkdtempSync(join(tmpdir(), "visionvend-record-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const sizes = (folder: string): number[] => readdirSync(folder).map((name) => statSync(join(folder, name)).size);

test.runIf(hasFfmpeg)("what was recorded until a SIGKILL plays; the next start finishes its files", async () => {
	const pictures = join(root, "pictures");
	const out = join(root, "video");
	mkdirSync(pictures);
	mkdirSync(out);
	for (const [index, red] of [40, 200].entries()) {
		await sharp({ create: { width: 64, height: 48, channels: 3, background: { r: red, g: 90, b: 30 } } })
			.png()
			.toFile(join(pictures, `${index}.png`));
	}
	const words = ["record", `folder:${pictures}`, "--out", out, "--size", "64x48", "--fps", "15", "--open"];
	const first = new CliProcess(words);
	// Two groups of the open door, and one of the quiet recording.
	while (sizes(out).filter((bytes) => bytes > 0).length < 2) await new Promise((resolve) => setTimeout(resolve, 50));
	await first.kill("SIGKILL");
	expect(readdirSync(out).every((name) => name.endsWith(".part"))).toBe(true);

	const second = new CliProcess(words);
	while (readdirSync(out).filter((name) => name.endsWith(".ts")).length < 2)
		await new Promise((resolve) => setTimeout(resolve, 50));
	expect(await second.kill("SIGTERM")).toBe(0);
	for (const name of readdirSync(out)) {
		expect(name).toMatch(/\.ts$/);
		const probe = ["-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0"];
		const count = execFileSync("ffprobe", [...probe, join(out, name)]).toString();
		expect(Number(count.trim().split("\n")[0])).toBeGreaterThan(0);
	}
});

test("a camera that has no such name is refused with the names that there are", async () => {
	const process = new CliProcess(["record", "webcam", "--out", root]);
	expect(await process.ended()).toBe(2);
	expect(process.stderr).toContain('"rpicam:0"');
});
