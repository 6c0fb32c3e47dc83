import { decodePng, encodePng } from "./png.ts";

const displayWidth = 128;
const displayHeight = 64;

const dark = 12;
const lit = 244;
/** Light between two lit dots: an OLED's pixels do not touch. */
const gap = 150;
const bezelGray = 34;
const bezelEdge = 58;

export interface OledPictureOptions {
	/** A frame of glass around the picture. Off by default: the picture is exactly 128×64 times the scale. */
	readonly bezel?: boolean;
}

/** PNG of a 128×64 display; `scale` screen dots a side for every pixel (4 gives 512×256). */
export function encodeOled(pixels: Uint8Array, scale = 4, options: OledPictureOptions = {}): Buffer {
	if (!Number.isInteger(scale) || scale < 1)
		throw new RangeError(`encodeOled: scale is an integer, 1 or more, not ${scale}.`);
	if (pixels.length !== displayWidth * displayHeight)
		throw new RangeError(`encodeOled: a display has ${displayWidth * displayHeight} pixels, not ${pixels.length}.`);
	const margin = options.bezel === true ? 4 * scale : 0;
	const width = displayWidth * scale + 2 * margin;
	const height = displayHeight * scale + 2 * margin;
	const gray = new Uint8Array(width * height).fill(bezelGray);
	if (margin > 0) drawEdge(gray, width, height, Math.ceil(scale / 2));
	for (let y = 0; y < displayHeight; y++) {
		for (let x = 0; x < displayWidth; x++) {
			const on = pixels[y * displayWidth + x] === 1;
			for (let dy = 0; dy < scale; dy++) {
				for (let dx = 0; dx < scale; dx++) {
					const isBorder = scale > 2 && (dx === scale - 1 || dy === scale - 1);
					const index = (margin + y * scale + dy) * width + margin + x * scale + dx;
					gray[index] = on ? (isBorder ? gap : lit) : dark;
				}
			}
		}
	}
	return encodePng(width, height, gray);
}

/** The pixels of a picture that {@link encodeOled} made without a bezel, at any scale: 128×64 values of 0 or 1. */
export function decodeOled(png: Uint8Array): Uint8Array {
	const { width, height, gray } = decodePng(png);
	const scale = width / displayWidth;
	if (!Number.isInteger(scale) || height !== displayHeight * scale)
		throw new Error(
			`A picture of the display is ${displayWidth}×${displayHeight} or a multiple, not ${width}×${height}.`,
		);
	return Uint8Array.from({ length: displayWidth * displayHeight }, (_, index) => {
		const x = (index % displayWidth) * scale;
		const y = Math.floor(index / displayWidth) * scale;
		return (gray[y * width + x] ?? 0) > (dark + lit) / 2 ? 1 : 0;
	});
}

function drawEdge(gray: Uint8Array, width: number, height: number, thickness: number): void {
	for (let y = 0; y < height; y++)
		for (let x = 0; x < width; x++)
			if (Math.min(x, y, width - 1 - x, height - 1 - y) < thickness) gray[y * width + x] = bezelEdge;
}
