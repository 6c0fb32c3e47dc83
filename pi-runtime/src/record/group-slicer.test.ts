import { execFileSync, spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { GroupSlicer } from "./group-slicer.ts";

const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;

function picturesIn(bytes: Uint8Array): number {
	const words = ["-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", "-"];
	return Number(execFileSync("ffprobe", words, { input: bytes }).toString().trim().split("\n")[0]);
}

test.runIf(hasFfmpeg)("each group plays by itself, and none loses a picture, however the bytes come", () => {
	const stream = execFileSync("ffmpeg", [
		...["-v", "error", "-f", "lavfi", "-i", "testsrc=s=64x48:r=10:d=5", "-c:v", "libx264", "-tune", "zerolatency"],
		...["-g", "10", "-keyint_min", "10", "-sc_threshold", "0", "-bf", "0"],
		...["-f", "mpegts", "-mpegts_start_pid", "256", "pipe:1"],
	]);
	for (const step of [stream.length, 1_000, 188, 61]) {
		const slicer = new GroupSlicer();
		const groups = [];
		for (let at = 0; at < stream.length; at += step) groups.push(...slicer.push(stream.subarray(at, at + step)));
		const last = slicer.end();
		if (last !== undefined) groups.push(last);
		expect(groups.map(({ pictures }) => pictures)).toEqual([10, 10, 10, 10, 10]);
		expect(Buffer.concat(groups.map(({ bytes }) => bytes)).equals(stream)).toBe(true);
		if (step === 61) for (const { bytes } of groups) expect(picturesIn(bytes)).toBe(10);
	}
});

test("bytes that are no transport stream are refused", () => {
	expect(() => new GroupSlicer().push(new Uint8Array(188))).toThrow("no MPEG transport stream");
});
