import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameSlicer, piStride } from "./frame-slicer.ts";

test("frames come out whole and without padding, however the stream is cut into pieces", () => {
	fc.assert(
		fc.property(
			fc.integer({ min: 1, max: 12 }),
			fc.integer({ min: 1, max: 6 }),
			fc.integer({ min: 0, max: 5 }),
			fc.integer({ min: 0, max: 3 }),
			fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }),
			(halfWidth, halfHeight, padding, frames, pieces) => {
				const width = 2 * halfWidth;
				const height = 2 * halfHeight;
				const stride = width + 2 * padding;
				const padded: number[] = [];
				const expected: number[][] = [];
				for (let frame = 0; frame < frames; frame += 1) {
					const pixels: number[] = [];
					for (const [rows, columns, gap] of [
						[height, width, 2 * padding],
						[height, halfWidth, padding],
					] as const) {
						// U and V are each half as high: together `height` rows.
						for (let row = 0; row < rows; row += 1) {
							for (let column = 0; column < columns; column += 1) {
								pixels.push((7 * frame + 3 * row + column) % 200);
								padded.push((7 * frame + 3 * row + column) % 200);
							}
							for (let byte = 0; byte < gap; byte += 1) padded.push(238);
						}
					}
					expected.push(pixels);
				}
				const slicer = new FrameSlicer({ width, height, stride });
				const stream = Uint8Array.from([...padded, 1]);
				const got: number[][] = [];
				for (let at = 0, index = 0; at < stream.length; index += 1) {
					const length = pieces[index % pieces.length] ?? 1;
					for (const frame of slicer.push(stream.subarray(at, at + length))) got.push([...frame]);
					at += length;
				}
				expect(got).toEqual(expected);
				expect(slicer.pendingBytes).toBe(1);
			},
		),
		{ numRuns: 200 },
	);
});

test("odd sides and a stride shorter than a row are refused", () => {
	expect(() => new FrameSlicer({ width: 3, height: 2, stride: 4 })).toThrow("3×2");
	expect(() => new FrameSlicer({ width: 4, height: 0, stride: 4 })).toThrow("4×0");
	expect(() => new FrameSlicer({ width: 4, height: 2, stride: 2 })).toThrow("stride of 2");
});

test("the Pi pads rows to 64 bytes", () => {
	expect([1280, 640, 1296, 2].map(piStride)).toEqual([1280, 640, 1344, 64]);
});
