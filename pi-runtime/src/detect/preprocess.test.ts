import sharp from "sharp";
import { expect, test } from "vitest";
import { decodeImage } from "./decode-image.ts";
import type { Picture } from "./picture.ts";
import { Preprocessor } from "./preprocess.ts";

const plain = { resize: "stretch", size: [32, 32], mean: [0, 0, 0], std: [1, 1, 1] } as const;

/** Soft waves of colour: what a resize may smooth stays the same whichever way it is resized. */
function waves(width: number, height: number): Uint8Array {
	const rgb = new Uint8Array(width * height * 3);
	for (let y = 0, at = 0; y < height; y++)
		for (let x = 0; x < width; x++) {
			rgb[at++] = 128 + 100 * Math.sin((2 * Math.PI * x) / width);
			rgb[at++] = 128 + 100 * Math.cos((2 * Math.PI * y) / height);
			rgb[at++] = 128 + 60 * Math.sin((2 * Math.PI * (x + y)) / (width + height));
		}
	return rgb;
}

/** I420 of full range, each chroma sample the mean of its four pixels. */
function toI420(rgb: Uint8Array, width: number, height: number): Uint8Array {
	const data = new Uint8Array((width * height * 3) / 2);
	const half = width / 2;
	const sums = new Float64Array(width * height);
	for (let y = 0; y < height; y++)
		for (let x = 0; x < width; x++) {
			const [r = 0, g = 0, b = 0] = rgb.subarray((y * width + x) * 3, (y * width + x) * 3 + 3);
			data[y * width + x] = Math.round(0.299 * r + 0.587 * g + 0.114 * b);
			const at = (y >> 1) * half + (x >> 1);
			sums[at] = (sums[at] ?? 0) + (-0.168736 * r - 0.331264 * g + 0.5 * b) / 4;
			const vAt = at + (width * height) / 4;
			sums[vAt] = (sums[vAt] ?? 0) + (0.5 * r - 0.418688 * g - 0.081312 * b) / 4;
		}
	for (let at = 0; at < (width * height) / 2; at++) data[width * height + at] = Math.round(128 + (sums[at] ?? 0));
	return data;
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
	let largest = 0;
	for (let index = 0; index < a.length; index++)
		largest = Math.max(largest, Math.abs((a[index] ?? 0) - (b[index] ?? 0)));
	return largest;
}

test("a frame in I420 becomes the same input as the same picture in RGB and through sharp, within 2 of 255", async () => {
	const [width, height] = [128, 96];
	const rgb = waves(width, height);
	const frame: Picture = { format: "i420", width, height, data: toI420(rgb, width, height) };
	const fromFrame = new Preprocessor(plain).prepare(frame).input;
	const fromRgb = new Preprocessor(plain).prepare({ format: "rgb", width, height, data: rgb }).input;
	const png = await sharp(rgb, { raw: { width, height, channels: 3 } })
		.png()
		.toBuffer();
	const fromSharp = new Preprocessor(plain).prepare(await decodeImage(png, plain)).input;
	expect(largestDifference(fromFrame, fromRgb)).toBeLessThan(2 / 255);
	expect(largestDifference(fromRgb, fromSharp)).toBeLessThan(2 / 255);
});

test("pixels are sampled at their centres, as PIL and OpenCV do", () => {
	const data = Uint8Array.from([0, 0, 0, 100, 100, 100, 200, 200, 200, 40, 40, 40]);
	const { input } = new Preprocessor({ ...plain, size: [2, 1] }).prepare({ format: "rgb", width: 4, height: 1, data });
	expect([...input].map((value) => Math.round(value * 255))).toEqual([50, 120, 50, 120, 50, 120]);
	const up = new Preprocessor({ ...plain, size: [8, 1] }).prepare({ format: "rgb", width: 4, height: 1, data });
	expect([...up.input.subarray(0, 8)].map((value) => Math.round(value * 255))).toEqual([
		0, 25, 75, 125, 175, 160, 80, 40,
	]);
});

test("planes follow one another, red first, and are normalised", () => {
	const data = Uint8Array.from([255, 0, 51]);
	const { input } = new Preprocessor({
		resize: "stretch",
		size: [1, 1],
		mean: [0.5, 0.5, 0.2],
		std: [0.5, 0.25, 0.1],
	}).prepare({
		format: "rgb",
		width: 1,
		height: 1,
		data,
	});
	expect([...input].map((value) => Number(value.toFixed(5)))).toEqual([1, -2, 0]);
});

test("a letterbox keeps the shape and fills the rest with black, again after another picture", () => {
	const preprocessor = new Preprocessor({ ...plain, resize: "letterbox", size: [4, 4], mean: [0.5, 0.5, 0.5] });
	const white = (width: number, height: number): Picture => ({
		format: "rgb",
		width,
		height,
		data: new Uint8Array(width * height * 3).fill(255),
	});
	expect([...preprocessor.prepare(white(8, 4)).input.subarray(0, 16)]).toEqual([
		...[-0.5, -0.5, -0.5, -0.5],
		...[0.5, 0.5, 0.5, 0.5],
		...[0.5, 0.5, 0.5, 0.5],
		...[-0.5, -0.5, -0.5, -0.5],
	]);
	expect([...preprocessor.prepare(white(4, 8)).input.subarray(0, 4)]).toEqual([-0.5, 0.5, 0.5, -0.5]);
});

test("the input of the last picture is written over, not made anew", () => {
	const preprocessor = new Preprocessor(plain);
	const picture: Picture = { format: "rgb", width: 2, height: 2, data: new Uint8Array(12) };
	expect(preprocessor.prepare(picture).input).toBe(preprocessor.prepare(picture).input);
});

test("a picture whose bytes do not fit its size is refused", () => {
	const preprocessor = new Preprocessor(plain);
	expect(() => preprocessor.prepare({ format: "i420", width: 4, height: 4, data: new Uint8Array(23) })).toThrow(
		"has 24 bytes; this one has 23",
	);
	expect(() => preprocessor.prepare({ format: "i420", width: 3, height: 4, data: new Uint8Array(18) })).toThrow(
		"3×4 cannot be I420",
	);
});

test("a picture of one pixel, and one of one chroma sample, fill the whole input", () => {
	const preprocessor = new Preprocessor({ resize: "stretch", size: [32, 32], mean: [0, 0, 0], std: [1, 1, 1] });
	const pixel = preprocessor.prepare({ format: "rgb", width: 1, height: 1, data: Uint8Array.of(255, 51, 0) });
	expect(new Set(pixel.input)).toEqual(new Set([1, Math.fround(0.2), 0]));
	const square = preprocessor.prepare({
		format: "i420",
		width: 2,
		height: 2,
		data: Uint8Array.of(76, 76, 76, 76, 85, 255),
	});
	const [red, green, blue] = [0, 1, 2].map((channel) => square.input.subarray(channel * 1_024, (channel + 1) * 1_024));
	expect(Math.min(...(red ?? []))).toBeGreaterThan(0.99);
	expect(Math.max(...(green ?? []), ...(blue ?? []))).toBeLessThan(0.01);
});
