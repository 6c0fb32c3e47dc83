import fc from "fast-check";
import { expect, test } from "vitest";
import type { Contract } from "./contract.ts";
import { decode, type OutputTensor } from "./decode.ts";
import { planResize } from "./resize-plan.ts";

const source = { width: 1_280, height: 720 };

function contract(changes: Partial<Contract> = {}): Contract {
	return {
		family: "hf-rt-detr",
		inputs: { image: "pixel_values" },
		outputs: { kind: "queries", logits: "logits", boxes: "pred_boxes" },
		sizesType: "int64",
		size: [320, 320],
		resize: "stretch",
		mean: [0, 0, 0],
		std: [1, 1, 1],
		activation: "sigmoid",
		labels: ["cola", "water", "hand"],
		threshold: 0.3,
		...changes,
	};
}

function answer(
	logits: readonly (readonly number[])[],
	boxes: readonly (readonly number[])[],
): Map<string, OutputTensor> {
	return new Map([
		["logits", { shape: [1, logits.length, logits[0]?.length ?? 0], data: Float32Array.from(logits.flat()) }],
		["pred_boxes", { shape: [1, boxes.length, 4], data: Float32Array.from(boxes.flat()) }],
	]);
}

function decodeWith(one: Contract, outputs: Map<string, OutputTensor>, threshold = one.threshold) {
	return decode(one, outputs, planResize(one, source.width, source.height), source, threshold);
}

const middle = [0.5, 0.5, 0.5, 0.5];

// transformers.js 4.3.1 takes RT-DETR's logits for DETR's: a softmax, and the last class as background.
test("scores of Hugging Face's RT-DETR are sigmoids, and the last class is returned", () => {
	const found = decodeWith(contract(), answer([[-4, 0, 2]], [middle]));
	expect(found).toHaveLength(1);
	expect(found[0]?.label).toBe("hand");
	expect(found[0]?.score).toBeCloseTo(1 / (1 + Math.exp(-2)), 6);
	expect([...(found[0]?.classScores ?? [])].map((score) => Number(score.toFixed(4)))).toEqual([0.018, 0.5, 0.8808]);
});

test("DETR's scores are a softmax, and its last class means nothing", () => {
	const detr = contract({ family: "detr", activation: "softmax" });
	const found = decodeWith(
		detr,
		answer(
			[
				[2, 0, 0, 1],
				[0, 0, 0, 9],
			],
			[middle, middle],
		),
	);
	expect(found).toHaveLength(1);
	expect(found[0]?.label).toBe("cola");
	expect(found[0]?.score).toBeCloseTo(Math.exp(2) / (Math.exp(2) + 2 + Math.E), 6);
	expect(found[0]?.classScores).toHaveLength(3);
});

test("the search in logits finds what sigmoids of everything would", () => {
	const logit = fc.double({ min: -12, max: 12, noNaN: true });
	fc.assert(
		fc.property(
			fc.array(fc.tuple(logit, logit, logit), { minLength: 1, maxLength: 20 }),
			fc.double({ min: 0.05, max: 0.95, noNaN: true }),
			(rows, threshold) => {
				const logits = rows.map((row) => row.map(Math.fround));
				const found = decodeWith(
					contract(),
					answer(
						logits,
						logits.map(() => middle),
					),
					threshold,
				);
				const expected = logits
					.map((row) => Math.max(...row.map((value) => 1 / (1 + Math.exp(-value)))))
					.filter((score) => score >= threshold)
					.sort((a, b) => b - a);
				expect(found.map(({ score }) => score)).toEqual(expected);
			},
		),
	);
});

test("boxes are pixels of the source, cut at its edges", () => {
	const [found] = decodeWith(contract(), answer([[5, 0, 0]], [[0.25, 0.9, 0.25, 0.4]]));
	expect(found?.box.map((value) => Math.round(value))).toEqual([160, 504, 480, 720]);
});

test("the bars of a letterbox are taken off again", () => {
	const letterbox = contract({ resize: "letterbox", size: [640, 640] });
	// 1280 × 720 fills 640 × 360, with 140 rows of black above and below.
	const box = [320 / 640, (140 + 180) / 640, 640 / 640, 360 / 640];
	const [found] = decodeWith(letterbox, answer([[5, 0, 0]], [box]));
	expect(found?.box.map((value) => Math.round(value))).toEqual([0, 0, 1_280, 720]);
});

test("a class without a label is never returned", () => {
	const [found] = decodeWith(contract({ labels: [null, "water", "hand"] }), answer([[9, 1, 0]], [middle]));
	expect(found?.label).toBe("water");
});

test("features come back with unit length", () => {
	const one = contract({ outputs: { kind: "queries", logits: "logits", boxes: "pred_boxes", features: "features" } });
	const outputs = answer(
		[
			[-9, -9, -9],
			[5, 0, 0],
		],
		[middle, middle],
	);
	outputs.set("features", { shape: [1, 2, 2], data: Float32Array.of(1, 0, 3, 4) });
	const [found] = decodeWith(one, outputs);
	expect([...(found?.feature ?? [])].map((value) => Number(value.toFixed(3)))).toEqual([0.6, 0.8]);
});

test("numbers that are none make no detection", () => {
	const outputs = answer(
		[
			[Number.NaN, Number.NaN, Number.NaN],
			[9, 0, 0],
		],
		[middle, [Number.NaN, 0, 1, 1]],
	);
	expect(decodeWith(contract(), outputs)).toEqual([]);
});

const boxesContract = contract({
	family: "rt-detr",
	outputs: { kind: "boxes", labels: "labels", boxes: "boxes", scores: "scores" },
});

test("a box that a model names twice stays once, with its better score", () => {
	const outputs = new Map<string, OutputTensor>([
		["labels", { shape: [1, 3], data: BigInt64Array.of(1n, 2n, 0n) }],
		["boxes", { shape: [1, 3, 4], data: Float32Array.of(1, 2, 30, 40, 1, 2, 30, 40, 5, 6, 70, 80) }],
		["scores", { shape: [1, 3], data: Float32Array.of(0.5, 0.75, 0.25) }],
	]);
	expect(decodeWith(boxesContract, outputs)).toEqual([{ label: "hand", score: 0.75, box: [1, 2, 30, 40] }]);
});

test("an answer of another form than promised is refused with what came", () => {
	expect(() => decodeWith(contract(), new Map())).toThrow('The model does not answer "logits"');
	expect(() => decodeWith(contract(), answer([[1, 2, 3]], [middle, middle]))).toThrow("1 queries and 2 boxes");
	const wrong = answer([[1, 2, 3]], [middle]);
	wrong.set("logits", { shape: [3], data: Float32Array.of(1, 2, 3) });
	expect(() => decodeWith(contract(), wrong)).toThrow('"logits" has the shape [3]; rank 3');
});
