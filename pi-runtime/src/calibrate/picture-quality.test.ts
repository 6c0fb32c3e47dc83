import { expect, test } from "vitest";
import type { Frame } from "../capture/frame.ts";
import { lightAdvice, pictureQuality } from "./picture-quality.ts";

const width = 64;
const height = 48;

/** A frame whose luma is `at(x, y)`. */
function frame(at: (x: number, y: number) => number): Frame {
	const data = new Uint8Array((width * height * 3) / 2).fill(128);
	for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) data[y * width + x] = at(x, y);
	return { camera: 0, sequence: 0, atMs: 0, width, height, data };
}

test("a picture in focus is sharper than the same out of focus", () => {
	const stripes = (period: number) => frame((x) => 128 + 100 * Math.sin((2 * Math.PI * x) / period));
	const sharp = frame((x) => (x % 8 < 4 ? 228 : 28));
	expect(pictureQuality(sharp).sharpness).toBeGreaterThan(3 * pictureQuality(stripes(8)).sharpness);
	expect(pictureQuality(stripes(8)).sharpness).toBeGreaterThan(3 * pictureQuality(stripes(24)).sharpness);
	expect(pictureQuality(frame(() => 128)).sharpness).toBe(0);
});

test("light: black, dark, burnt out and good pictures are told apart", () => {
	const advice = (at: (x: number, y: number) => number): string => lightAdvice(pictureQuality(frame(at))).join(" ");
	expect(advice(() => 0)).toContain("black");
	expect(advice(() => 30)).toContain("dark");
	expect(advice((x) => (x < 16 ? 255 : 120))).toContain("burnt out");
	expect(advice((x) => (x < 20 ? 0 : 150))).toContain("A quarter");
	expect(advice((x) => 60 + x * 2)).toBe("");
});
