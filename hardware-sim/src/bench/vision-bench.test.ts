import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { heavyDetector } from "../onnx/heavy-detector.ts";
import { visionBench } from "./vision-bench.ts";

test("every figure of the vision benchmark is measured, here with models that cost nothing", async () => {
	const folder = mkdtempSync(join(tmpdir(), "visionvend-vision-bench-"));
	try {
		const small = heavyDetector({ side: 64, channels: 16, convolutions: 2, queries: 20, classes: 3 });
		const model = join(folder, "small.onnx");
		writeFileSync(model, small);
		const progress: string[] = [];
		const bench = await visionBench({
			model,
			frames: 20,
			heavy: small,
			runs: { own: 4, heavy: 2 },
			onProgress: (line) => progress.push(line),
			built: {
				worker: new URL("../../../pi-runtime/dist/detect/detect-worker.js", import.meta.url),
				soak: new URL("../../dist/bench/vision-soak.js", import.meta.url),
			},
		});
		expect(progress).toHaveLength(5);
		expect(bench.frameOverRun.own).toBeGreaterThan(1);
		expect(bench.tfjsOverOrt).toBeGreaterThan(0);
		expect(bench.runMs).toEqual({ own: expect.any(Number), heavy: expect.any(Number), tfjs: expect.any(Number) });
		expect(bench.mainLoopP99Ms).toBeGreaterThanOrEqual(0);
		expect(bench.associationsASecond).toBeGreaterThan(0);
		expect(bench.memory.frames).toBe(20);
		expect(bench.memory.megabytes).toBeGreaterThan(20);
		expect(Number.isFinite(bench.memory.growth)).toBe(true);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
});
