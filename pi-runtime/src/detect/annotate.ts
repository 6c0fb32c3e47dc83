import { createCanvas, type SKRSContext2D } from "@napi-rs/canvas";
import type { Detection } from "./detection.ts";
import { type Picture, pictureBytes } from "./picture.ts";

/** Colours that keep apart on photographs and from each other; each class has one, by its label. */
const palette = [
	"#ffb000",
	"#00c2a8",
	"#ff5c8a",
	"#5aa9ff",
	"#b6e62e",
	"#c58cff",
	"#ff7a3d",
	"#33d6ff",
	"#ffe14d",
	"#7ee081",
	"#ff8ae2",
	"#8f9bff",
] as const;
/** A hand is no product and never looks like one. */
const handColour = "#ffffff";

/**
 * Draws detections on a picture and resolves to a PNG of the picture's size. Lines and letters grow with it, so that they
 * are legible on a thumbnail as on twelve megapixels.
 */
export async function annotate(picture: Picture, detections: readonly Detection[]): Promise<Buffer> {
	const { width, height } = picture;
	const canvas = createCanvas(width, height);
	const context = canvas.getContext("2d");
	const image = context.createImageData(width, height);
	toRgba(picture, image.data);
	context.putImageData(image, 0, 0);

	const unit = Math.max(1, Math.sqrt(width * height) / 640);
	const fontSize = Math.round(13 * unit);
	context.font = `600 ${fontSize}px "DejaVu Sans", "Noto Sans", "Liberation Sans", sans-serif`;
	context.textBaseline = "alphabetic";
	const labels: LabelPlace[] = [];
	// The surest last: its label lies on top, and finds its place first.
	for (const { box, label } of [...detections].reverse()) drawBox(context, box, colourOf(label), unit);
	for (const detection of detections) placeLabel(context, detection, fontSize, { width, height }, labels);
	for (const place of labels) drawLabel(context, place, unit);
	return canvas.encode("png");
}

interface LabelPlace {
	readonly text: string;
	readonly colour: string;
	readonly x: number;
	readonly y: number;
	readonly width: number;
	readonly height: number;
	readonly fontSize: number;
}

function drawBox(context: SKRSContext2D, box: Detection["box"], colour: string, unit: number): void {
	const [x1, y1, x2, y2] = box;
	const thickness = 2 * unit;
	// A dark line around the coloured one keeps it visible on any ground.
	for (const [line, style] of [
		[thickness * 2, "rgba(0, 0, 0, 0.55)"],
		[thickness, colour],
	] as const) {
		context.lineWidth = line;
		context.strokeStyle = style;
		context.beginPath();
		context.roundRect(x1, y1, x2 - x1, y2 - y1, 3 * unit);
		context.stroke();
	}
}

/** Above the box; inside it, below it or further up where that place is taken or outside the picture. */
function placeLabel(
	context: SKRSContext2D,
	{ label, score, box: [x1, y1, , y2] }: Detection,
	fontSize: number,
	picture: { readonly width: number; readonly height: number },
	taken: LabelPlace[],
): void {
	const text = `${label} ${Math.round(score * 100)} %`;
	const width = context.measureText(text).width + fontSize * 0.7;
	const height = Math.round(fontSize * 1.4);
	const x = Math.min(Math.max(0, x1), Math.max(0, picture.width - width));
	const wishes = [y1 - height, y1, y2 - height, y2, y1 - 2 * height, y1 + height];
	const isFree = (y: number): boolean =>
		y >= 0 &&
		y + height <= picture.height &&
		!taken.some(
			(other) => x < other.x + other.width && other.x < x + width && y < other.y + other.height && other.y < y + height,
		);
	const y = wishes.find(isFree) ?? Math.min(Math.max(0, y1 - height), Math.max(0, picture.height - height));
	taken.push({ text, colour: colourOf(label), x, y, width, height, fontSize });
}

function drawLabel(
	context: SKRSContext2D,
	{ text, colour, x, y, width, height, fontSize }: LabelPlace,
	unit: number,
): void {
	context.fillStyle = colour;
	context.beginPath();
	context.roundRect(x, y, width, height, 3 * unit);
	context.fill();
	context.fillStyle = "#10141a";
	context.fillText(text, x + fontSize * 0.35, y + fontSize * 1.05);
}

function colourOf(label: string): string {
	if (label === "hand") return handColour;
	let hash = 0;
	for (const character of label) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
	return palette[hash % palette.length] ?? palette[0];
}

/** Writes a picture's pixels as RGBA. */
function toRgba(picture: Picture, rgba: Uint8ClampedArray): void {
	const { format, width, height, data } = picture;
	if (data.length !== pictureBytes(picture)) throw new RangeError(`A picture of ${width}×${height} has other bytes.`);
	const half = width / 2;
	const uStart = width * height;
	const vStart = uStart + uStart / 4;
	for (let y = 0, out = 0; y < height; y++) {
		for (let x = 0; x < width; x++, out += 4) {
			if (format === "rgb") {
				const at = (y * width + x) * 3;
				rgba[out] = data[at]!;
				rgba[out + 1] = data[at + 1]!;
				rgba[out + 2] = data[at + 2]!;
			} else {
				const luma = data[y * width + x]!;
				const chroma = (y >> 1) * half + (x >> 1);
				const u = data[uStart + chroma]! - 128;
				const v = data[vStart + chroma]! - 128;
				// The array clamps and rounds.
				rgba[out] = luma + 1.402 * v;
				rgba[out + 1] = luma - 0.344136 * u - 0.714136 * v;
				rgba[out + 2] = luma + 1.772 * u;
			}
			rgba[out + 3] = 255;
		}
	}
}
