import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import wabt from "wabt";
import { kernelBytes, samplesOf } from "./i420-kernel.ts";
import { Preprocessor } from "./preprocess.ts";

test("the kernel is what its text assembles to", async () => {
	const { parseWat } = await wabt();
	const text = readFileSync(new URL("./i420-kernel.wat", import.meta.url), "utf8");
	const module = parseWat("i420-kernel.wat", text, { simd: true });
	module.validate();
	// Where this fails, the new text goes into i420-kernel.ts.
	expect(kernelBytes.toString("base64")).toBe(Buffer.from(module.toBinary({}).buffer).toString("base64"));
});

/** A plane resized in full precision, row by row. */
function resized(plane: Uint8Array, width: number, height: number, to: readonly [number, number]): number[] {
	const columns = samplesOf(width, to[0]);
	const pixel = (row: number, column: number): number =>
		plane[Math.min(row, height - 1) * width + Math.min(column, width - 1)]!;
	return samplesOf(height, to[1]).flatMap((down) =>
		columns.map((across) => {
			const blended = (row: number): number => {
				const left = pixel(row, across.before);
				return left + ((pixel(row, across.before + 1) - left) * across.weight) / 256;
			};
			const top = blended(down.before);
			return top + ((blended(down.before + 1) - top) * down.weight) / 256;
		}),
	);
}

test("whatever its size, and that of the model, every value of the input is the formula's", () => {
	const half = fc.integer({ min: 1, max: 20 });
	const side = fc.integer({ min: 4, max: 41 });
	fc.assert(
		fc.property(
			half,
			half,
			side,
			side,
			fc.infiniteStream(fc.integer({ min: 0, max: 255 })),
			(a, b, across, down, levels) => {
				const [width, height] = [2 * a, 2 * b];
				const data = Uint8Array.from({ length: (width * height * 3) / 2 }, () => Number(levels.next().value));
				const contract = {
					resize: "stretch",
					size: [across, down],
					mean: [0.4, 0.5, 0.6],
					std: [0.2, 0.3, 0.5],
				} as const;
				const { input } = new Preprocessor(contract).prepare({ format: "i420", width, height, data });
				const chroma = width * height;
				const size = [across, down] as const;
				const luma = resized(data, width, height, size);
				const cbs = resized(data.subarray(chroma), a, b, size);
				const crs = resized(data.subarray(chroma + chroma / 4), a, b, size);
				let largest = 0;
				for (const [at, level] of luma.entries()) {
					const [cb, cr] = [cbs[at]! - 128, crs[at]! - 128];
					const colours = [level + 1.402 * cr, level - 0.344136 * cb - 0.714136 * cr, level + 1.772 * cb];
					for (const [channel, colour] of colours.entries()) {
						const share = Math.max(0, Math.min(255, colour)) / 255;
						const expected = (share - contract.mean[channel]!) / contract.std[channel]!;
						largest = Math.max(largest, Math.abs(input[channel * luma.length + at]! - expected));
					}
				}
				expect(largest).toBeLessThan(1e-4);
			},
		),
		{ numRuns: 40 },
	);
});

test("a letterbox keeps its margins and the rows between them", () => {
	const contract = { resize: "letterbox", size: [12, 12], mean: [0.5, 0.5, 0.5], std: [1, 1, 1] } as const;
	const white = new Uint8Array(96 + 48).fill(255, 0, 96).fill(128, 96);
	const { input } = new Preprocessor(contract).prepare({ format: "i420", width: 12, height: 8, data: white });
	const rows = [0, 1, 2, 9, 10, 11].map((row) => [...new Set(input.subarray(row * 12, row * 12 + 12))]);
	expect(rows).toEqual([[-0.5], [-0.5], [0.5], [0.5], [-0.5], [-0.5]]);
});

test("a picture of which less than four columns would be left is refused", () => {
	const contract = { resize: "letterbox", size: [32, 32], mean: [0, 0, 0], std: [1, 1, 1] } as const;
	const data = new Uint8Array((2 * 64 * 3) / 2);
	expect(() => new Preprocessor(contract).prepare({ format: "i420", width: 2, height: 64, data })).toThrow(
		"too narrow",
	);
});
