import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OnnxWriter } from "@visionvend/hardware-sim/onnx/onnx-writer";
import { toyDetr, toyHfRtDetr, toyRfDetr, toyRtDetr } from "@visionvend/hardware-sim/onnx/toy-detectors";
import { systemClock } from "@visionvend/sdk/clock";
import { afterAll, beforeAll, expect, test } from "vitest";
import { plainFrame } from "../../test/plain-frames.ts";
import { startDetector, type WorkerDetectorOptions } from "./worker-detector.ts";

const worker = new URL("../../dist/detect/detect-worker.js", import.meta.url);
const dyingWorker = new URL("../../test/dying-detect-worker.mjs", import.meta.url);

let directory: string;
beforeAll(() => {
	directory = mkdtempSync(join(tmpdir(), "visionvend-detect-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function write(name: string, content: Uint8Array | string): string {
	const path = join(directory, name);
	writeFileSync(path, content);
	return path;
}

const start = (model: string, options: Partial<WorkerDetectorOptions> = {}) =>
	startDetector({ model, clock: systemClock, worker, ...options });

const labels = '["red","green","blue"]';
const families = {
	"rt-detr": toyRtDetr({ size: [64, 48], metadata: { labels } }),
	"hf-rt-detr": toyHfRtDetr({ size: [64, 48], metadata: { labels } }),
	"rf-detr": toyRfDetr({ size: [64, 48], metadata: { labels } }),
	detr: toyDetr({ metadata: { labels } }),
};

test.each(Object.entries(families))(
	"a model of the family %s finds each colour at its place",
	async (family, bytes) => {
		const detector = await start(write(`${family}.onnx`, bytes));
		try {
			expect(detector.model.family).toBe(family);
			for (const colour of ["red", "green", "blue"] as const) {
				const found = await detector.detect(plainFrame(colour, 160, 80));
				expect(found.map(({ label }) => label)).toEqual([colour]);
				expect(found[0]?.box.map(Math.round)).toEqual([40, 30, 120, 50]);
				expect(found[0]?.score).toBeGreaterThan(0.9);
			}
		} finally {
			await detector.close();
		}
	},
);

test("TensorFlow.js finds the same on the same file", async () => {
	const path = write("both.onnx", families["rt-detr"]);
	const [ort, tfjs] = await Promise.all([start(path), start(path, { engine: "tfjs" })]);
	try {
		expect(tfjs.model.engine).toMatch(/^tfjs-(wasm|node)$/);
		for (const colour of ["red", "green", "blue"] as const) {
			const [expected, found] = await Promise.all([ort, tfjs].map((one) => one.detect(plainFrame(colour, 160, 80))));
			expect(found?.map(({ label }) => label)).toEqual([colour]);
			expect(found?.[0]?.score).toBeCloseTo(expected?.[0]?.score ?? 0, 5);
			expect(found?.[0]?.box.map(Math.round)).toEqual([40, 30, 120, 50]);
		}
	} finally {
		await Promise.all([ort.close(), tfjs.close()]);
	}
});

test("a model that an engine cannot run is refused at the start, with the operator", async () => {
	const writer = new OnnxWriter();
	const image = writer.input("pixel_values", "float32", [1, 3, 48, 64]);
	const wide = writer.node("Resize", [image, "", writer.floats([4], [1, 1, 2, 2])], { mode: { text: "cubic" } });
	const whole = writer.node("ReduceMean", [wide], { keepdims: { int: 0 } });
	writer.node("Add", [whole, writer.floats([1, 2, 3], [0, 0, 0, 0, 0, 0])], {}, ["logits"]);
	writer.node("Add", [whole, writer.floats([1, 2, 4], [0, 0, 0, 0, 0, 0, 0, 0])], {}, ["pred_boxes"]);
	writer.output("logits", "float32", [1, 2, 3]);
	writer.output("pred_boxes", "float32", [1, 2, 4]);
	const path = write("cubic.onnx", writer.build());
	await expect(start(path, { engine: "tfjs" })).rejects.toThrow(
		/cubic\.onnx" cannot be run\. .*the mode cubic is not known/,
	);
	await (await start(path)).close();
	const loop = new OnnxWriter();
	loop.input("pixel_values", "float32", [1, 3, 48, 64]);
	loop.node("NonMaxSuppression", ["pixel_values"], {}, ["logits"]);
	loop.node("Identity", ["logits"], {}, ["pred_boxes"]);
	loop.output("logits", "float32", [1, 2, 3]);
	loop.output("pred_boxes", "float32", [1, 2, 4]);
	await expect(start(write("loop.onnx", loop.build()), { engine: "tfjs" })).rejects.toThrow(
		/TensorFlow\.js does not take .*NonMaxSuppression/,
	);
});

test("the file beside a model gives its labels, and the int8 model shares it", async () => {
	const path = write("named-int8.onnx", toyHfRtDetr({ size: [64, 48] }));
	write("named.json", '{"name":"toy","labels":["cola","water","hand"],"threshold":0.5}');
	const detector = await start(path);
	expect(detector.labels).toEqual(["cola", "water", "hand"]);
	expect((await detector.detect(plainFrame("blue")))[0]?.label).toBe("hand");
	await detector.close();
});

test("a file that is no model is refused in words, and so is one that is not there", async () => {
	await expect(start(write("cat.onnx", "I am a cat"))).rejects.toThrow(
		/cat\.onnx" cannot be used\. This is no ONNX model/,
	);
	await expect(start(write("empty.onnx", ""))).rejects.toThrow(/is empty \(0 bytes\)/);
	await expect(start(join(directory, "none.onnx"))).rejects.toThrow(/none\.onnx" cannot be read: ENOENT/);
	const broken = families["hf-rt-detr"].slice();
	// The name of an operator: still a message, but none that an engine knows.
	broken.set(new TextEncoder().encode("Xopk"), Buffer.from(broken).indexOf("TopK"));
	write("broken.json", '{"family":"hf-rt-detr"}');
	await expect(start(write("broken.onnx", broken))).rejects.toThrow(/ONNX Runtime does not take the model/);
});

test("a newer frame takes the place of the one that waits, and is looked at in its stead", async () => {
	const detector = await start(write("newest.onnx", families["hf-rt-detr"]));
	const frames = (["red", "green", "blue"] as const).map((colour) => detector.detect(plainFrame(colour)));
	const [first, second, third] = await Promise.allSettled(frames);
	expect(first).toMatchObject({
		status: "fulfilled",
		value: [{ label: "class 0" }].map((one) => ({ ...one, label: "red" })),
	});
	expect(second).toMatchObject({ status: "rejected", reason: { name: "FrameReplacedError" } });
	expect(third).toMatchObject({ status: "fulfilled", value: [{ label: "blue" }] });
	expect(detector.statistics).toMatchObject({ detected: 2, replaced: 1, failed: 0 });
	await detector.close();
});

test("pixels are copied at once: a capture may write over its frame", async () => {
	const detector = await start(write("copied.onnx", families["hf-rt-detr"]));
	const frame = plainFrame("green");
	const found = detector.detect(frame);
	frame.data.fill(0);
	expect((await found)[0]?.label).toBe("green");
	await detector.close();
});

test("a worker that dies takes one frame with it, is started again and counted", async () => {
	const problems: string[] = [];
	const detector = await start(write("dying.onnx", families["hf-rt-detr"]), {
		worker: dyingWorker,
		onProblem: (problem) => problems.push(problem),
	});
	expect(await detector.detect(plainFrame("red"))).toHaveLength(1);
	await expect(detector.detect(plainFrame("green"))).rejects.toThrow("The detect worker died");
	expect((await detector.detect(plainFrame("blue")))[0]?.label).toBe("blue");
	expect(detector.statistics).toMatchObject({ detected: 2, failed: 1, restarts: 1 });
	expect(problems).toEqual(["The detect worker died: it ended (9)."]);
	await detector.close();
});

test("a closed detector refuses frames, and closing twice is harmless", async () => {
	const detector = await start(write("closed.onnx", families["hf-rt-detr"]));
	const running = detector.detect(plainFrame("red"));
	await detector.close();
	await detector.close();
	expect(await running).toHaveLength(1);
	await expect(detector.detect(plainFrame("red"))).rejects.toThrow("The detector is closed.");
});

test("a frame of the wrong length fails alone", async () => {
	const detector = await start(write("wrong.onnx", families["hf-rt-detr"]));
	await expect(detector.detect({ ...plainFrame("red"), width: 66 })).rejects.toThrow("A picture of 66×48");
	expect(await detector.detect(plainFrame("red"))).toHaveLength(1);
	await detector.close();
});
