import { OnnxWriter } from "@visionvend/hardware-sim/onnx/onnx-writer";
import { toyDetr, toyHfRtDetr, toyRfDetr, toyRtDetr } from "@visionvend/hardware-sim/onnx/toy-detectors";
import { expect, test } from "vitest";
import { recogniseContract } from "./contract.ts";
import { type ModelSettings, parseModelSettings } from "./model-settings.ts";
import { parseOnnxModel } from "./onnx/onnx-model.ts";

const recognise = (bytes: Uint8Array, settings?: ModelSettings) => recogniseContract(parseOnnxModel(bytes), settings);

test("each family is recognised from its own inputs, outputs and nodes", () => {
	expect(recognise(toyRtDetr({ size: [64, 48] }))).toMatchObject({
		family: "rt-detr",
		inputs: { image: "images", sizes: "orig_target_sizes" },
		outputs: { kind: "boxes", labels: "labels", boxes: "boxes", scores: "scores" },
		size: [64, 48],
		resize: "stretch",
		mean: [0, 0, 0],
		std: [1, 1, 1],
		activation: "sigmoid",
	});
	expect(recognise(toyHfRtDetr())).toMatchObject({
		family: "hf-rt-detr",
		inputs: { image: "pixel_values" },
		outputs: { kind: "queries", logits: "logits", boxes: "pred_boxes", features: "features" },
		size: [640, 640],
		mean: [0, 0, 0],
		activation: "sigmoid",
		labels: ["class 0", "class 1", "class 2"],
	});
	expect(recognise(toyRfDetr())).toMatchObject({
		family: "rf-detr",
		outputs: { kind: "queries", logits: "labels", boxes: "dets" },
		mean: [0.485, 0.456, 0.406],
		std: [0.229, 0.224, 0.225],
		activation: "sigmoid",
	});
	expect(recognise(toyDetr())).toMatchObject({
		family: "detr",
		inputs: { image: "pixel_values", mask: "pixel_mask" },
		size: [800, 1_333],
		resize: "short-side",
		activation: "softmax",
		// The fourth logit means "nothing" and has no label.
		labels: ["class 0", "class 1", "class 2"],
	});
	expect(recognise(toyDetr({ mask: false, size: [64, 48] }))).toMatchObject({
		family: "detr",
		size: [64, 48],
		resize: "stretch",
		activation: "softmax",
	});
});

test("labels come from the settings, then from the model's metadata", () => {
	const bytes = toyHfRtDetr({ metadata: { id2label: '{"0":"cola","2":"hand","1":"water"}' } });
	expect(recognise(bytes).labels).toEqual(["cola", "water", "hand"]);
	expect(recognise(bytes, { labels: ["a", null, "c"] }).labels).toEqual(["a", null, "c"]);
	expect(() => recognise(bytes, { labels: ["a", "b"] })).toThrow("it tells 3 classes apart, and there are 2 labels");
	expect(() => recognise(toyDetr(), { labels: ["a", "b", "c", "d"] })).toThrow("there are 4 labels");
});

test("settings win over what the model shows", () => {
	const settings = parseModelSettings(
		'{"size":320,"resize":"letterbox","mean":[0.5,0.5,0.5],"std":[0.5,0.5,0.5],"activation":"softmax","labels":["x","y"],"threshold":0.7}',
		"model.json",
	);
	expect(recognise(toyHfRtDetr(), settings)).toMatchObject({
		size: [320, 320],
		resize: "letterbox",
		mean: [0.5, 0.5, 0.5],
		activation: "softmax",
		threshold: 0.7,
	});
});

test("a family said in the settings makes other names of outputs known", () => {
	const writer = new OnnxWriter();
	const image = writer.input("picture", "float32", [1, 3, 32, 32]);
	writer.node("Foo", [image], {}, ["where", "what"]);
	writer.output("where", "float32", [1, 9, 4]);
	writer.output("what", "float32", [1, 9, 5]);
	expect(recognise(writer.build(), { family: "hf-rt-detr" })).toMatchObject({
		inputs: { image: "picture" },
		outputs: { kind: "queries", logits: "what", boxes: "where" },
	});
});

test("settings with a typing error are refused with the place", () => {
	expect(() => parseModelSettings('{"sise":320}', "model.json")).toThrow(/"model\.json" has 1 problem.*\n.*sise/);
	expect(() => parseModelSettings('{"std":[1,0,1]}', "model.json")).toThrow("std: must be above 0");
	expect(() => parseModelSettings("{", "model.json")).toThrow('"model.json" is not JSON');
});

test("an unknown model is refused with what was found and what was expected", () => {
	const classifier = new OnnxWriter();
	classifier.input("data", "float32", [1, 3, 224, 224]);
	classifier.output("probabilities", "float32", [1, 1_000]);
	expect(() => recognise(classifier.build())).toThrow(
		/its outputs fit no contract\.\nFound:\n {2}data float32\[1,3,224,224\] {2}-> {2}probabilities float32\[1,1000\]\nExpected one of:\n {2}rt-detr .*orig_target_sizes int64\[N,2\]/,
	);

	const text = new OnnxWriter();
	text.input("tokens", "int64", [1, "length"]);
	text.output("logits", "float32", [1, 2]);
	expect(() => recognise(text.build())).toThrow("it takes no single float32 image of rank 4");

	const grey = new OnnxWriter();
	grey.input("pixel_values", "float32", [1, 1, 28, 28]);
	expect(() => recognise(grey.build())).toThrow('its image "pixel_values" has 1 channels in second place, not 3');

	const batched = new OnnxWriter();
	batched.input("pixel_values", "float32", [8, 3, 32, 32]);
	expect(() => recognise(batched.build())).toThrow("it takes 8 images at once; export it with a batch of 1");

	const yolo = new OnnxWriter();
	yolo.input("images", "float32", [1, 3, 640, 640]);
	yolo.output("output0", "float32", [1, 84, 8_400]);
	expect(() => recognise(yolo.build())).toThrow("output0 float32[1,84,8400]");

	expect(() => recognise(toyRtDetr({ size: [64, 48] }), { size: [320, 320] })).toThrow(
		"its input is fixed to 64×48, and the settings say 320×320",
	);
});
