import { statSync } from "node:fs";
import { defaultModelPath } from "@visionvend/pi-runtime/detect/default-model";
import { expect, test } from "vitest";
import { evaluateDetector } from "./evaluate-detector.ts";

const model = defaultModelPath();
const int8 = model.replace(".onnx", "-int8.onnx");

test("the shipped detector finds what stands in scenes that it has never seen, in float and in 8 bits", async () => {
	const told: number[] = [];
	const report = await evaluateDetector(
		{ model, int8, scenes: 3, corrupted: 1, compared: 1, seed: 1, split: "evaluation" },
		(done) => told.push(done),
	);
	expect(told).toEqual([1, 2, 3]);
	expect(report.fp32.ap50.value).toBeGreaterThan(0.9);
	expect(report.int8?.ap50.value).toBeGreaterThan(0.85);
	expect(report.engineDifference).toBeLessThan(1e-3);
	expect(Object.keys(report.corruptions)).toHaveLength(11);
	for (const [corruption, { value }] of Object.entries(report.corruptions))
		expect(value, corruption).toBeGreaterThan(0.6);
}, 60_000);

test("both files of the shipped detector are 10 MB at most", () => {
	expect(statSync(model).size + statSync(int8).size).toBeLessThanOrEqual(10_000_000);
});
