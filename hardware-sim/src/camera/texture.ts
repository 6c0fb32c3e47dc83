import { createCanvas, type SKRSContext2D } from "@napi-rs/canvas";
import { textureSide } from "./mesh.ts";

/** A picture laid on a mesh, with smaller copies of itself for bodies far away (mip-maps). */
export interface Texture {
	/** Level 0 is {@link textureSide} wide and high, each further one half of that. Red in the low byte. */
	readonly levels: readonly Uint32Array[];
	/** How much of a lamp it throws back, 0 to 1. */
	readonly shine: number;
}

const levelCount = 6;

/** Paints a texture. */
export function paintTexture(shine: number, paint: (context: SKRSContext2D) => void): Texture {
	const canvas = createCanvas(textureSide, textureSide);
	const context = canvas.getContext("2d");
	context.fillStyle = "#808080";
	context.fillRect(0, 0, textureSide, textureSide);
	paint(context);
	const { data } = context.getImageData(0, 0, textureSide, textureSide);
	let level = new Uint32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
	const levels = [level];
	for (let side = textureSide / 2; levels.length < levelCount; side /= 2) {
		level = halve(level, side);
		levels.push(level);
	}
	return { levels, shine };
}

/** Each pixel of the smaller picture is the mean of four. */
function halve(from: Uint32Array, side: number): Uint32Array<ArrayBuffer> {
	const to = new Uint32Array(side * side);
	for (let y = 0; y < side; y++)
		for (let x = 0; x < side; x++) {
			const at = 4 * y * side + 2 * x;
			const four = [from[at]!, from[at + 1]!, from[at + 2 * side]!, from[at + 2 * side + 1]!];
			const mean = (shift: number) => (four.reduce((sum, pixel) => sum + ((pixel >>> shift) & 0xff), 2) >> 2) << shift;
			to[y * side + x] = (0xff000000 | mean(0) | mean(8) | mean(16)) >>> 0;
		}
	return to;
}
