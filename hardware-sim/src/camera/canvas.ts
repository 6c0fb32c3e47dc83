import { createCanvas } from "@napi-rs/canvas";
import type { RgbPicture } from "./exposure.ts";

/** A canvas that shows a picture. */
export function canvasOf({ width, height, data }: RgbPicture) {
	const canvas = createCanvas(width, height);
	const context = canvas.getContext("2d");
	const image = context.createImageData(width, height);
	for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
		image.data[to] = data[from]!;
		image.data[to + 1] = data[from + 1]!;
		image.data[to + 2] = data[from + 2]!;
		image.data[to + 3] = 255;
	}
	context.putImageData(image, 0, 0);
	return canvas;
}
