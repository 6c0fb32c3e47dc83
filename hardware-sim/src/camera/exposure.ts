import type { SeededRandom } from "../random.ts";
import type { Raster } from "./raster.ts";
import type { PictureSize } from "./view.ts";

/** What lens and sensor make of the light. */
export interface Exposure {
	/** Gain of red, green and blue: exposure and white balance. */
	readonly gains: readonly [number, number, number];
	/** Brightness in the corners, as a part of that in the middle. */
	readonly corners: number;
	/** Exponent of the tone curve; 1 leaves tones alone. */
	readonly gamma: number;
	/** Standard deviation of a pixel's noise in levels of 255, in the dark and added at full white. */
	readonly noise: number;
	readonly shotNoise: number;
	/** How far what moves went while the shutter was open, pixels of the raster. */
	readonly motion: readonly [number, number];
	/** Condensation on the lens, 0 to 1. */
	readonly fog: number;
}

/** A picture with three bytes a pixel: red, green, blue. */
export interface RgbPicture extends PictureSize {
	readonly data: Uint8Array;
}

/** Exposure by chance, as training and evaluation pictures have it. */
export function randomExposure(random: SeededRandom): Exposure {
	const around = (value: number, spread: number) => value + spread * (2 * random.next() - 1);
	const gain = random.next() < 0.12 ? around(0.7, 0.14) : around(1, 0.18);
	const warm = 0.09 * random.gaussian();
	const noisy = random.next() < 0.14;
	const moving = random.next() < 0.45;
	return {
		gains: [
			gain * (1 + Math.max(-0.18, Math.min(0.18, warm))),
			gain * (1 + 0.02 * random.gaussian()),
			gain * (1 - Math.max(-0.18, Math.min(0.18, warm))),
		],
		corners: around(0.84, 0.14),
		gamma: around(1, 0.14),
		noise: noisy ? around(12, 8) : around(3, 2.5),
		shotNoise: around(4, 3),
		motion: moving ? [7 * random.gaussian(), 5 * random.gaussian()] : [0, 0],
		fog: random.next() < 0.08 ? 0.15 + 0.5 * random.next() : 0,
	};
}

const gaussians = 1 << 16;
let gaussianTable: Int16Array | undefined;

/** Normal numbers in 256ths, to be read from any place on. */
export function gaussianNoise(random: SeededRandom): Int16Array {
	gaussianTable ??= Int16Array.from({ length: gaussians }, () => Math.round(256 * random.gaussian()));
	return gaussianTable;
}

/**
 * Smears what moves along its path in the picture, over what is behind it. `moving` has 1 at the number of a body that moves.
 */
export function smear(raster: Raster, moving: Uint8Array, [dx, dy]: readonly [number, number]): void {
	const steps = Math.min(6, Math.round(Math.hypot(dx, dy)));
	if (steps < 2) return;
	const { width, height } = raster.size;
	const { bodies, colour } = raster;
	let [left, right, top, bottom] = [width, -1, height, -1];
	for (let y = 0, at = 0; y < height; y++)
		for (let x = 0; x < width; x++, at++)
			if (moving[bodies[at]!] === 1) {
				if (x < left) left = x;
				if (x > right) right = x;
				if (y < top) top = y;
				bottom = y;
			}
	if (right < 0) return;
	const along = (step: number) => step / (steps - 1) - 0.5;
	const acrosses = Int16Array.from({ length: steps }, (_, step) => Math.round(dx * along(step)));
	const downs = Int16Array.from({ length: steps }, (_, step) => Math.round(dy * along(step)));
	const before = colour.slice();
	const margin = Math.ceil(Math.max(Math.abs(dx), Math.abs(dy)) / 2);
	for (let y = Math.max(0, top - margin); y <= Math.min(height - 1, bottom + margin); y++)
		for (let x = Math.max(0, left - margin); x <= Math.min(width - 1, right + margin); x++) {
			const own = y * width + x;
			let moved = 0;
			for (let step = 0; step < steps; step++) {
				const sx = x + acrosses[step]!;
				const sy = y + downs[step]!;
				if (sx >= 0 && sx < width && sy >= 0 && sy < height) moved += moving[bodies[sy * width + sx]!]!;
			}
			if (moved === 0) continue;
			let [red, green, blue] = [0, 0, 0];
			const ownMoves = moving[bodies[own]!] === 1;
			for (let step = 0; step < steps; step++) {
				const sx = x + acrosses[step]!;
				const sy = y + downs[step]!;
				const there = sx >= 0 && sx < width && sy >= 0 && sy < height ? sy * width + sx : own;
				// Where nothing moves, the picture behind it stands still.
				const pixel = before[ownMoves || moving[bodies[there]!] === 1 ? there : own]!;
				red += pixel & 0xff;
				green += (pixel >> 8) & 0xff;
				blue += (pixel >> 16) & 0xff;
			}
			colour[own] = 0xff000000 | (((blue / steps) | 0) << 16) | (((green / steps) | 0) << 8) | ((red / steps) | 0);
		}
}

/** Exposes a raster to a picture of another size, stretched to it: each pixel is the mean of four points. */
export function expose(raster: Raster, exposure: Exposure, size: PictureSize, random: SeededRandom): RgbPicture {
	const { width, height } = size;
	const data = new Uint8Array(3 * width * height);
	const { colour } = raster;
	const from = raster.size;
	const table = gaussianNoise(random);
	const tone = toneCurve(exposure.gamma);
	const [gainRed, gainGreen, gainBlue] = exposure.gains;
	const fog = fogField(exposure.fog, random);
	const fall = 1 - exposure.corners;
	// Where the four points are.
	const columns = pairs(from.width, width);
	const rows = pairs(from.height, height);
	for (let y = 0, to = 0; y < height; y++) {
		const upper = rows[2 * y]! * from.width;
		const lower = rows[2 * y + 1]! * from.width;
		let noiseAt = Math.floor(random.next() * gaussians);
		const dy = (2 * y) / height - 1;
		for (let x = 0; x < width; x++, to += 3) {
			const a = columns[2 * x]!;
			const b = columns[2 * x + 1]!;
			const p = colour[upper + a]!;
			const q = colour[upper + b]!;
			const r = colour[lower + a]!;
			const s = colour[lower + b]!;
			let red = ((p & 0xff) + (q & 0xff) + (r & 0xff) + (s & 0xff)) / 4;
			let green = (((p >> 8) & 0xff) + ((q >> 8) & 0xff) + ((r >> 8) & 0xff) + ((s >> 8) & 0xff)) / 4;
			let blue = (((p >> 16) & 0xff) + ((q >> 16) & 0xff) + ((r >> 16) & 0xff) + ((s >> 16) & 0xff)) / 4;
			const dx = (2 * x) / width - 1;
			const vignette = 1 - 0.5 * fall * (dx * dx + dy * dy);
			if (fog !== undefined) {
				const mist = mistAt(fog, (16 * x) / width, (16 * y) / height);
				red += mist * (215 - red);
				green += mist * (220 - green);
				blue += mist * (225 - blue);
			}
			red *= gainRed * vignette;
			green *= gainGreen * vignette;
			blue *= gainBlue * vignette;
			const strength = (exposure.noise + (exposure.shotNoise * green) / 255) / 256;
			const noisyRed = tone[clamp(red) | 0]! + strength * table[noiseAt & 0xffff]!;
			const noisyGreen = tone[clamp(green) | 0]! + strength * table[(noiseAt + 1) & 0xffff]!;
			const noisyBlue = tone[clamp(blue) | 0]! + strength * table[(noiseAt + 2) & 0xffff]!;
			noiseAt += 3;
			data[to] = clamp(noisyRed);
			data[to + 1] = clamp(noisyGreen);
			data[to + 2] = clamp(noisyBlue);
		}
	}
	return { width, height, data };
}

/** Between the four places around it. */
function mistAt(fog: Float32Array, x: number, y: number): number {
	const at = Math.floor(y) * 17 + Math.floor(x);
	const [across, down] = [x % 1, y % 1];
	const upper = fog[at]! * (1 - across) + fog[at + 1]! * across;
	const lower = fog[at + 17]! * (1 - across) + fog[at + 18]! * across;
	return upper * (1 - down) + lower * down;
}

function clamp(value: number): number {
	return value < 0 ? 0 : value > 255 ? 255 : value;
}

/** Two neighbours a pixel: where the points left and right of its middle fall. */
function pairs(from: number, to: number): Uint16Array {
	const places = new Uint16Array(2 * to);
	for (let at = 0; at < to; at++) {
		const middle = ((at + 0.5) * from) / to;
		places[2 * at] = Math.max(0, Math.min(from - 1, Math.floor(middle - 0.5)));
		places[2 * at + 1] = Math.max(0, Math.min(from - 1, Math.floor(middle + 0.5)));
	}
	return places;
}

function toneCurve(gamma: number): Uint8Array {
	return Uint8Array.from({ length: 256 }, (_, level) => Math.round(255 * (level / 255) ** gamma));
}

/** Mist in 17 by 17 places, thick where it is thick; `undefined` where there is none. */
function fogField(fog: number, random: SeededRandom): Float32Array | undefined {
	if (fog <= 0) return undefined;
	const [middleX, middleY] = [16 * random.next(), 16 * random.next()];
	const wide = 5 + 7 * random.next();
	return Float32Array.from({ length: 17 * 17 }, (_, index) => {
		const distance = Math.hypot((index % 17) - middleX, Math.floor(index / 17) - middleY);
		return Math.max(0, Math.min(0.85, fog * Math.max(0, 1.15 - distance / wide)));
	});
}
