import { expect, test } from "vitest";
import { rgbToI420 } from "./rgb-to-i420.ts";

/** Four pixels of one colour. */
function square(red: number, green: number, blue: number): Uint8Array {
	return Uint8Array.from({ length: 12 }, (_, at) => [red, green, blue][at % 3] ?? 0);
}

test.each([
	["black", [0, 0, 0], [0, 128, 128]],
	["white", [255, 255, 255], [255, 128, 128]],
	["grey", [90, 90, 90], [90, 128, 128]],
	["red", [255, 0, 0], [76, 85, 255]],
	["green", [0, 255, 0], [150, 44, 21]],
	["blue", [0, 0, 255], [29, 255, 107]],
] as const)(
	"%s has the luma and chroma of JFIF, full range, to within rounding",
	(_, [red, green, blue], [y, u, v]) => {
		const data = rgbToI420(square(red, green, blue), 2, 2);
		const wanted = [y, y, y, y, u, v];
		expect(data).toHaveLength(6);
		for (const [at, value] of data.entries()) expect(Math.abs(value - (wanted[at] ?? 0))).toBeLessThanOrEqual(1);
	},
);

test("planes follow each other row by row: luma of every pixel, then a chroma of every square", () => {
	// 4 × 2: a black square, then a blue one.
	const rgb = new Uint8Array(24);
	for (const pixel of [2, 3, 6, 7]) rgb[3 * pixel + 2] = 255;
	expect([...rgbToI420(rgb, 4, 2)]).toEqual([0, 0, 29, 29, 0, 0, 29, 29, 128, 255, 128, 107]);
});

test("odd sides and data of another size are refused", () => {
	expect(() => rgbToI420(new Uint8Array(9), 3, 1)).toThrow("even sides");
	expect(() => rgbToI420(new Uint8Array(11), 2, 2)).toThrow("12 bytes");
});
