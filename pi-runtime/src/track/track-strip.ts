import { createCanvas, loadImage } from "@napi-rs/canvas";

/** One picture of a strip. */
export interface StripPicture {
	/** PNG or JPEG. */
	readonly bytes: Uint8Array;
	/** What is written below it. */
	readonly caption: string;
}

const columns = 3;
const thumbnailWidth = 480;
const captionHeight = 34;
const gap = 10;

/** Pictures side by side, three a row, each with its caption. Resolves to a PNG. Throws a `RangeError` without pictures. */
export async function trackStrip(pictures: readonly StripPicture[]): Promise<Buffer> {
	if (pictures.length === 0) throw new RangeError("trackStrip: there is no picture to show.");
	const images = await Promise.all(pictures.map(({ bytes }) => loadImage(bytes)));
	const height = Math.round((thumbnailWidth * images[0]!.height) / images[0]!.width);
	const rows = Math.ceil(pictures.length / columns);
	const across = Math.min(columns, pictures.length);
	const canvas = createCanvas(across * (thumbnailWidth + gap) + gap, rows * (height + captionHeight + gap) + gap);
	const context = canvas.getContext("2d");
	context.fillStyle = "#14181f";
	context.fillRect(0, 0, canvas.width, canvas.height);
	context.font = '600 17px "DejaVu Sans", "Noto Sans", "Liberation Sans", sans-serif';
	context.textBaseline = "middle";
	for (const [index, image] of images.entries()) {
		const x = gap + (index % columns) * (thumbnailWidth + gap);
		const y = gap + Math.floor(index / columns) * (height + captionHeight + gap);
		context.drawImage(image, x, y, thumbnailWidth, height);
		context.fillStyle = "#e8edf4";
		context.fillText(pictures[index]!.caption, x + 4, y + height + captionHeight / 2, thumbnailWidth - 8);
	}
	return canvas.encode("png");
}
