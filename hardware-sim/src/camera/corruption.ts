import { type Canvas, createCanvas, Image } from "@napi-rs/canvas";
import type { SeededRandom } from "../random.ts";
import { canvasOf } from "./canvas.ts";
import type { RgbPicture } from "./exposure.ts";

/** What can spoil a picture; `none` leaves it as it is. Its strength is in its name or in {@link corruptions}. */
export type Corruption =
	| "none"
	| "blur"
	| "motion"
	| "half-resolution"
	| "jpeg"
	| "warm"
	| "gain"
	| "dark"
	| "noise-10"
	| "noise-20"
	| "noise-30"
	| "condensation";

/** The suite, with the parameters that a report names. */
export const corruptions: Readonly<Record<Corruption, Readonly<Record<string, number>>>> = Object.freeze({
	none: {},
	blur: { sigmaPixels: 1.5 },
	motion: { lengthPixels: 9 },
	"half-resolution": { factor: 0.5 },
	jpeg: { quality: 25 },
	warm: { red: 1.15, blue: 0.8 },
	gain: { factor: 1.6 },
	dark: { factor: 0.45 },
	"noise-10": { sigma: 10 },
	"noise-20": { sigma: 20 },
	"noise-30": { sigma: 30 },
	condensation: { strength: 0.55, drops: 40 },
});

/** A spoilt copy. Blur and motion are measured in pixels of this picture. */
export async function corrupt(picture: RgbPicture, corruption: Corruption, random: SeededRandom): Promise<RgbPicture> {
	const { width, height, data } = picture;
	const parameters = corruptions[corruption];
	const parameter = (name: string): number => parameters[name] ?? 0;
	const mapped = (change: (value: number, channel: number) => number): RgbPicture => ({
		width,
		height,
		data: Uint8Array.from(data, (value, at) => Math.max(0, Math.min(255, Math.round(change(value, at % 3))))),
	});
	switch (corruption) {
		case "none":
			return picture;
		case "blur": {
			const reach = Math.ceil(3 * parameter("sigmaPixels"));
			const weights = Array.from({ length: 2 * reach + 1 }, (_, index) =>
				Math.exp(-((index - reach) ** 2) / (2 * parameter("sigmaPixels") ** 2)),
			);
			return filtered(filtered(picture, weights, 1, 0), weights, 0, 1);
		}
		case "motion": {
			const weights = new Array(parameter("lengthPixels")).fill(1);
			return random.next() < 0.5 ? filtered(picture, weights, 1, 0) : filtered(picture, weights, 0, 1);
		}
		case "half-resolution": {
			const small = createCanvas(width / 2, height / 2);
			const context = small.getContext("2d");
			context.imageSmoothingEnabled = true;
			context.drawImage(canvasOf(picture), 0, 0, width / 2, height / 2);
			const large = createCanvas(width, height);
			large.getContext("2d").drawImage(small, 0, 0, width, height);
			return pictureOf(large, width, height);
		}
		case "jpeg": {
			const image = new Image();
			image.src = canvasOf(picture).toBuffer("image/jpeg", parameter("quality"));
			await image.decode();
			const canvas = createCanvas(width, height);
			canvas.getContext("2d").drawImage(image, 0, 0);
			return pictureOf(canvas, width, height);
		}
		case "warm":
			return mapped((value, channel) => value * ([parameter("red"), 1, parameter("blue")][channel] ?? 1));
		case "gain":
		case "dark":
			return mapped((value) => value * parameter("factor"));
		case "noise-10":
		case "noise-20":
		case "noise-30":
			return mapped((value) => value + parameter("sigma") * random.gaussian());
		case "condensation": {
			const canvas = canvasOf(picture);
			const context = canvas.getContext("2d");
			const strength = parameter("strength");
			const mist = context.createRadialGradient(
				width * random.next(),
				height * random.next(),
				0,
				width / 2,
				height / 2,
				width,
			);
			mist.addColorStop(0, `rgba(220,225,230,${strength})`);
			mist.addColorStop(1, "rgba(220,225,230,0)");
			context.fillStyle = mist;
			context.fillRect(0, 0, width, height);
			for (let drop = 0; drop < parameter("drops"); drop++) {
				context.fillStyle = `rgba(240,244,248,${(0.25 + 0.3 * random.next()).toFixed(3)})`;
				context.beginPath();
				context.ellipse(
					width * random.next(),
					height * random.next(),
					2 + 3 * random.next(),
					2 + 4 * random.next(),
					0,
					0,
					2 * Math.PI,
				);
				context.fill();
			}
			return pictureOf(canvas, width, height);
		}
	}
}

/** A weighted mean along one direction; the picture's edge goes on outside. */
function filtered(picture: RgbPicture, weights: readonly number[], stepX: number, stepY: number): RgbPicture {
	const { width, height, data } = picture;
	const total = weights.reduce((sum, weight) => sum + weight, 0);
	const reach = (weights.length - 1) / 2;
	const result = new Uint8Array(data.length);
	for (let y = 0; y < height; y++)
		for (let x = 0; x < width; x++) {
			let [red, green, blue] = [0, 0, 0];
			for (const [index, weight] of weights.entries()) {
				const fromX = Math.max(0, Math.min(width - 1, x + Math.round((index - reach) * stepX)));
				const fromY = Math.max(0, Math.min(height - 1, y + Math.round((index - reach) * stepY)));
				const at = 3 * (fromY * width + fromX);
				red += weight * data[at]!;
				green += weight * data[at + 1]!;
				blue += weight * data[at + 2]!;
			}
			const to = 3 * (y * width + x);
			result[to] = red / total;
			result[to + 1] = green / total;
			result[to + 2] = blue / total;
		}
	return { width, height, data: result };
}

function pictureOf(canvas: Canvas, width: number, height: number): RgbPicture {
	const { data: rgba } = canvas.getContext("2d").getImageData(0, 0, width, height);
	const data = new Uint8Array(3 * width * height);
	for (let from = 0, to = 0; to < data.length; from += 4, to += 3) {
		data[to] = rgba[from]!;
		data[to + 1] = rgba[from + 1]!;
		data[to + 2] = rgba[from + 2]!;
	}
	return { width, height, data };
}
