import { frameBytes } from "./frame.ts";

/**
 * I420, full range, BT.601 (the JFIF matrix), from `width * height * 3` bytes of RGB. Chroma is the mean of the four
 * pixels of its square. Width and height are even.
 */
export function rgbToI420(rgb: Uint8Array, width: number, height: number): Uint8Array {
	if (width % 2 !== 0 || height % 2 !== 0) throw new RangeError(`I420 has even sides; this is ${width}×${height}.`);
	if (rgb.length !== width * height * 3)
		throw new RangeError(`${width}×${height} RGB is ${width * height * 3} bytes; these are ${rgb.length}.`);
	const data = new Uint8Array(frameBytes(width, height));
	const uAt = width * height;
	const vAt = uAt + uAt / 4;
	const halfWidth = width / 2;
	for (let row = 0; row < height; row += 2) {
		for (let column = 0; column < width; column += 2) {
			let red = 0;
			let green = 0;
			let blue = 0;
			for (let below = 0; below < 2; below += 1) {
				for (let right = 0; right < 2; right += 1) {
					const pixel = (row + below) * width + column + right;
					const r = rgb[pixel * 3] ?? 0;
					const g = rgb[pixel * 3 + 1] ?? 0;
					const b = rgb[pixel * 3 + 2] ?? 0;
					// 16 binary places: .299, .587, .114.
					data[pixel] = (19_595 * r + 38_470 * g + 7_471 * b + 32_768) >> 16;
					red += r;
					green += g;
					blue += b;
				}
			}
			const chroma = (row / 2) * halfWidth + column / 2;
			// Of the sum of four pixels: -.168736, -.331264, .5 and .5, -.418688, -.081312. 255.5 at a pure blue or red is cut.
			data[uAt + chroma] = Math.min(255, (-11_058 * red - 21_710 * green + 32_768 * blue + 33_685_504) >> 18);
			data[vAt + chroma] = Math.min(255, (32_768 * red - 27_439 * green - 5_329 * blue + 33_685_504) >> 18);
		}
	}
	return data;
}
