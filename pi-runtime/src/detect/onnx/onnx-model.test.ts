import { OnnxWriter } from "@visionvend/hardware-sim/onnx/onnx-writer";
import { toyHfRtDetr } from "@visionvend/hardware-sim/onnx/toy-detectors";
import fc from "fast-check";
import { expect, test } from "vitest";
import { elementTypes, parseOnnxModel } from "./onnx-model.ts";

test("a model's words about itself, operators, inputs, outputs and weights are read", () => {
	const writer = new OnnxWriter();
	const image = writer.input("image", "float32", [1, "channels", 4, 4]);
	const weights = writer.floats([2, 2], [1, -2.5, 3e-8, 4], "weights");
	const indices = writer.integers([2], [-1, 2 ** 40], "indices");
	writer.node(
		"Nonsense",
		[image, weights, "", indices],
		{
			alpha: { float: 0.25 },
			axes: { ints: [-1, 300] },
			mode: { text: "linear" },
			keep: { int: -7 },
			scales: { floats: [1, 2.5] },
			value: { tensor: { shape: [1], data: Float32Array.of(9) } },
		},
		["out"],
	);
	writer.output("out", "int64", []);
	const model = parseOnnxModel(writer.build({ operatorSet: 16, producer: "me", metadata: { labels: "[]" } }));

	expect(model.producer).toBe("me");
	expect(model.operatorSets.get("")).toBe(16);
	expect(model.metadata.get("labels")).toBe("[]");
	const { nodes, constants, inputs, outputs } = model.graph;
	expect(inputs).toEqual([{ name: "image", elementType: elementTypes.float32, shape: [1, "channels", 4, 4] }]);
	expect(outputs).toEqual([{ name: "out", elementType: elementTypes.int64, shape: [] }]);
	expect(constants.get("weights")?.values()).toEqual(Float32Array.of(1, -2.5, 3e-8, 4));
	// A number beyond 32 bits means "to the end" and stays the largest there is.
	expect(constants.get("indices")?.values()).toEqual(Int32Array.of(-1, 2 ** 31 - 1));
	const [node] = nodes;
	expect(node).toMatchObject({ operator: "Nonsense", inputs: ["image", "weights", "", "indices"], outputs: ["out"] });
	const { value, ...attributes } = Object.fromEntries(node?.attributes ?? []);
	expect(attributes).toEqual({ alpha: 0.25, axes: [-1, 300], mode: "linear", keep: -7, scales: [1, 2.5] });
	expect(value).toMatchObject({ shape: [1] });
});

test("bytes that are no ONNX model are refused in words", () => {
	for (const bytes of [new Uint8Array(0), new TextEncoder().encode("hello, I am a picture of a cat"), Uint8Array.of(8)])
		expect(() => parseOnnxModel(bytes)).toThrow(/^This is no ONNX model: /);
});

test("a model that is cut off or changed anywhere is read or refused, and never hangs or fails otherwise", () => {
	const whole = toyHfRtDetr();
	fc.assert(
		fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), (place, byte, cut) => {
			const bytes = cut ? whole.slice(0, place) : whole.slice();
			if (!cut) bytes[place] = byte;
			try {
				parseOnnxModel(bytes);
			} catch (error) {
				expect((error as Error).message).toMatch(/^This is no ONNX model: /);
			}
		}),
		{ numRuns: 300 },
	);
});
