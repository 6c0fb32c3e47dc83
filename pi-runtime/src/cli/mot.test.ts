import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { moveObjects } from "../../test/moving-objects.ts";
import { formatMot } from "../track/mot-file.ts";
import { mot } from "./mot.ts";
import { motEval } from "./mot-eval.ts";

let directory: string;
let printed: string;
beforeEach(() => {
	directory = mkdtempSync(join(tmpdir(), "visionvend-mot-"));
	printed = "";
	vi.spyOn(process.stdout, "write").mockImplementation((text) => {
		printed += String(text);
		return true;
	});
});
afterEach(() => {
	vi.restoreAllMocks();
	rmSync(directory, { recursive: true, force: true });
});

function file(name: string, lines: readonly string[]): string {
	const path = join(directory, name);
	writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
	return path;
}

function wandering(): { det: string; gt: string } {
	const { truth, frames } = moveObjects({ seed: 5, count: 8, frames: 90 });
	const detections = frames.flatMap((seen, index) =>
		seen.map(({ box, score }) => formatMot({ frame: index + 1, id: -1, box, confidence: score })),
	);
	return {
		det: file("det.txt", detections),
		gt: file(
			"gt.txt",
			truth.map((row) => formatMot(row)),
		),
	};
}

test("detections become tracks, and the tracks are scored", async () => {
	const { det, gt } = wandering();
	const out = join(directory, "result.txt");
	expect(await mot(["--det", det, "--out", out])).toBe(0);
	expect(printed).toMatch(/result\.txt: \d+ boxes of \d+ tracks in 8\d frames, \d+ frames\/s/);
	expect(readFileSync(out, "utf8").split("\n")[0]).toMatch(/^\d+,\d+,[\d.]+,[\d.]+,[\d.]+,[\d.]+,[\d.]+,-1,-1,-1$/);
	printed = "";
	expect(await motEval(["--gt", gt, "--result", out, "--json"])).toBe(0);
	expect(JSON.parse(printed)).toMatchObject({ truthTracks: 8, mota: expect.any(Number), hota: expect.any(Number) });
	expect(JSON.parse(printed).mota).toBeGreaterThan(0.8);
	printed = "";
	await motEval(["--gt", gt, "--result", out]);
	for (const name of ["HOTA", "DetA", "AssA", "MOTA", "MOTP", "IDF1", "FP", "FN", "switches"])
		expect(printed).toContain(name);
});

test("the same detections give the same file", async () => {
	const { det } = wandering();
	const [first, second] = [join(directory, "a.txt"), join(directory, "b.txt")];
	await mot(["--det", det, "--out", first]);
	await mot(["--det", det, "--out", second, "--set", "max_age_ms=1500"]);
	expect(readFileSync(second, "utf8")).toBe(readFileSync(first, "utf8"));
});

test("no detections give an empty file", async () => {
	const out = join(directory, "result.txt");
	await mot(["--det", file("det.txt", []), "--out", out]);
	expect(readFileSync(out, "utf8")).toBe("");
});

test("what is wrong with words or files is told", async () => {
	const { det } = wandering();
	await expect(mot(["--out", "x"])).rejects.toThrow("--det is missing");
	await expect(mot(["--det", det])).rejects.toThrow("--out is missing");
	await expect(mot(["--det", join(directory, "none.txt"), "--out", "x"])).rejects.toThrow("cannot be read");
	await expect(mot(["--det", det, "--out", join(directory, "no/such/folder.txt")])).rejects.toThrow(
		"cannot be written",
	);
	await expect(mot(["--det", det, "--out", "x", "--fps", "0"])).rejects.toThrow("--fps 0");
	await expect(mot(["--det", det, "--out", "x", "--set", "n_init"])).rejects.toThrow("name=number");
	await expect(mot(["--det", det, "--out", "x", "--set", "n_inti=3"])).rejects.toThrow("n_init");
	await expect(mot(["--det", det, "--out", "x", "--set", "n_init=many"])).rejects.toThrow("n_init");
	await expect(mot(["--det", det, "--out", "x", "--sett"])).rejects.toThrow("--sett");
	await expect(motEval(["--gt", file("gt.txt", []), "--result", det])).rejects.toThrow("has no row");
	await expect(motEval(["--gt", file("gt.txt", ["1,1,0,0,9,9,1", "1,1,0,0,9"]), "--result", det])).rejects.toThrow(
		"gt.txt:2: 5 fields",
	);
	await expect(motEval(["--gt", file("gt.txt", ["1,1,0,0,9,9,1"]), "--result", det])).rejects.toThrow("id -1 twice");
});
