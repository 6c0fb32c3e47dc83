import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toyHfRtDetr } from "@visionvend/hardware-sim/onnx/toy-detectors";
import { systemClock } from "@visionvend/sdk/clock";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decodeImage } from "../detect/decode-image.ts";
import { startDetector, type WorkerDetector } from "../detect/worker-detector.ts";
import { enrollProduct } from "./enroll-product.ts";
import { enrolledPath, readEnrolled } from "./enrolled-products.ts";
import { recogniseEnrolled } from "./recognise-enrolled.ts";

const worker = new URL("../../dist/detect/detect-worker.js", import.meta.url);
let directory: string;
beforeAll(() => {
	directory = mkdtempSync(join(tmpdir(), "visionvend-enroll-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A detector that tells red, green and blue apart, and whose features are the colour itself. */
function toyModel(name: string): string {
	const path = join(directory, `${name}.onnx`);
	writeFileSync(path, toyHfRtDetr({ size: [64, 48], metadata: { labels: '["red","green","hand"]' } }));
	return path;
}

async function plain(name: string, background: string): Promise<string> {
	const path = join(directory, `${name}.png`);
	await sharp({ create: { width: 120, height: 80, channels: 3, background } })
		.png()
		.toFile(path);
	return path;
}

async function withDetector<Result>(
	model: string,
	use: (detector: WorkerDetector) => Promise<Result>,
): Promise<Result> {
	const detector = await startDetector({ model, clock: systemClock, worker });
	try {
		return await use(detector);
	} finally {
		await detector.close();
	}
}

const seen = (model: string, picture: string) =>
	withDetector(model, async (detector) =>
		detector.detectPicture(await decodeImage(readFileSync(picture), detector.model), 0.3),
	);

test("a product is learned from photographs, found from then on, and what was known stays known", async () => {
	const model = toyModel("colours");
	const oranges = [
		await plain("orange-1", "#a85a00"),
		await plain("orange-2", "#a06008"),
		await plain("orange-3", "#b06800"),
	];
	const others = [await plain("red", "#a00000"), await plain("green", "#00a000"), await plain("brick", "#a80808")];
	const orange = await plain("orange-new", "#a45e04");
	expect((await seen(model, orange))[0]?.label).toBe("red");

	const enrolment = await withDetector(model, (detector) =>
		enrollProduct({ detector, modelPath: model, label: "orange", photographs: oranges, others }),
	);
	expect(enrolment).toEqual({
		path: enrolledPath(model),
		products: ["orange"],
		recognised: { of: 3, times: 3 },
		mistaken: { of: 3, times: 0 },
	});
	const [found] = await seen(model, orange);
	expect(found).toMatchObject({ label: "orange", box: [30, 30, 90, 50] });
	expect(found?.classScores).toHaveLength(4);
	expect((await seen(model, others[0] ?? ""))[0]?.label).toBe("red");
	expect((await seen(model, others[1] ?? ""))[0]?.label).toBe("green");

	// A second product stands beside the first, and one that is learned anew takes its own place.
	const yellows = [await plain("yellow-1", "#a0a000"), await plain("yellow-2", "#a8a808")];
	for (const label of ["yellow", "yellow"]) {
		const { products } = await withDetector(model, (detector) =>
			enrollProduct({ detector, modelPath: model, label, photographs: yellows, others }),
		);
		expect(products).toEqual(["orange", "yellow"]);
	}
	expect((await seen(model, orange))[0]?.label).toBe("orange");
	expect((await seen(model, yellows[0] ?? ""))[0]?.label).toBe("yellow");
	await withDetector(model, async ({ labels, model: { enrolled } }) => {
		expect(labels).toEqual(["red", "green", "hand", "orange", "yellow"]);
		expect(enrolled).toEqual(["orange", "yellow"]);
	});
});

test("a photograph in which nothing is seen, none at all to compare with, and what is no image are told", async () => {
	const model = toyModel("refused");
	const [dark, red] = [await plain("dark", "#000000"), await plain("red-again", "#ff0000")];
	const cat = join(directory, "cat.jpg");
	writeFileSync(cat, "I am a cat");
	await withDetector(model, async (detector) => {
		const enroll = (photographs: string[], others: string[]) =>
			enrollProduct({ detector, modelPath: model, label: "x", photographs, others });
		await expect(enroll([dark], [red])).rejects.toThrow(/sees nothing in the middle of ".*dark\.png"/);
		await expect(enroll([red], [])).rejects.toThrow("Give pictures of shelves without it: --others shelf.jpg");
		await expect(enroll([cat], [red])).rejects.toThrow(/cat\.jpg": This is no image that can be read/);
	});
	expect(await readEnrolled(model)).toBeUndefined();
});

test("what was learned with another model, or is damaged, stops the detector with words", async () => {
	const model = toyModel("first");
	const [orange, red] = [await plain("one-orange", "#ff8800"), await plain("one-red", "#ff0000")];
	await withDetector(model, (detector) =>
		enrollProduct({ detector, modelPath: model, label: "orange", photographs: [orange], others: [red] }),
	);
	const other = join(directory, "other.onnx");
	writeFileSync(other, toyHfRtDetr({ size: [48, 64] }));
	copyFileSync(enrolledPath(model), enrolledPath(other));
	await expect(withDetector(other, async () => undefined)).rejects.toThrow(
		/other\.enrolled\.json" was made with another model\. Delete it/,
	);
	writeFileSync(enrolledPath(model), "{");
	await expect(withDetector(model, async () => undefined)).rejects.toThrow(/first\.enrolled\.json" is not JSON/);
	writeFileSync(enrolledPath(model), '{"model":"x"}');
	await expect(withDetector(model, async () => undefined)).rejects.toThrow(
		/first\.enrolled\.json" is damaged \(model:/,
	);
});

test("a hand stays a hand, whatever it looks like", () => {
	const feature = Float32Array.of(1, 0);
	const hand = {
		label: "hand",
		score: 0.4,
		box: [0, 0, 1, 1] as const,
		feature,
		classScores: Float32Array.of(0.1, 0.4),
	};
	const enrolled = {
		model: "",
		products: [{ label: "x", looks: [feature] }],
		others: [Float32Array.of(0, 1)],
		head: { weights: [Float32Array.of(9, 0), Float32Array.of(0, 9)], biases: [0, 0] },
	};
	expect(recogniseEnrolled(enrolled, [hand])[0]?.label).toBe("hand");
	expect(recogniseEnrolled(enrolled, [{ ...hand, label: "cola" }])[0]).toMatchObject({
		label: "x",
		score: expect.closeTo(1, 3),
	});
	// The detector is surer of what it knows.
	expect(recogniseEnrolled(enrolled, [{ ...hand, label: "cola", score: 0.9999 }])[0]?.label).toBe("cola");
});
