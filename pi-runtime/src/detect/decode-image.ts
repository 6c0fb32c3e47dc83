import sharp, { type OutputInfo, type Sharp } from "sharp";
import { errorText } from "../error-text.ts";
import type { ModelDescription } from "./detect-message.ts";
import type { Picture } from "./picture.ts";
import { planResize } from "./resize-plan.ts";

/** Pixels that an image may have: 50 million are 8,660 × 5,773. */
export const mostPixels = 50_000_000;
/** A decoder that has not finished by then is given up. */
const decodingSeconds = 15;
/** Formats of photographs. SVG and PDF are programs rather than pictures, and stay out. */
const formats: ReadonlySet<string> = new Set(["jpeg", "png", "webp", "gif", "tiff", "heif", "avif"]);

/** An image that cannot be looked at. The message says why, for people. */
export class ImageError extends Error {
	override readonly name = "ImageError";
}

/**
 * Decodes a JPEG, PNG, WebP, GIF, TIFF or AVIF for a model: turned as its EXIF data say, in sRGB with 8 bits, on white
 * where it is transparent, and brought to the size at which the model looks at it. Boxes of this picture are in pixels
 * of the image as displayed. Rejects with an `ImageError` for bytes that are no image, are cut off or hold more than
 * `mostPixels`.
 */
export async function decodeImage(
	bytes: Uint8Array,
	{ resize, size }: Pick<ModelDescription, "resize" | "size">,
): Promise<Picture & { readonly source: { readonly width: number; readonly height: number } }> {
	const source = await displayedSize(bytes);
	const { width, height } = planResize({ resize, size }, source.width, source.height);
	const { data, info } = await decoded(
		toRgb(bytes).resize(width, height, { fit: "fill", kernel: "linear", fastShrinkOnLoad: false }),
	);
	return { format: "rgb", width: info.width, height: info.height, data, source };
}

/** Decodes an image at its full size, for drawing on it. Rejects as `decodeImage` does. */
export async function decodeWholeImage(bytes: Uint8Array): Promise<Picture> {
	await displayedSize(bytes);
	const { data, info } = await decoded(toRgb(bytes));
	return { format: "rgb", width: info.width, height: info.height, data };
}

/** Width and height after the turn that EXIF asks for. Rejects what must not be decoded. */
async function displayedSize(bytes: Uint8Array): Promise<{ readonly width: number; readonly height: number }> {
	if (bytes.length === 0) throw new ImageError("The image is empty (0 bytes).");
	// Reads the head only, so that a huge image costs nothing.
	const metadata = await sharp(bytes, { limitInputPixels: false })
		.metadata()
		.catch((error: unknown) => {
			throw new ImageError(`This is no image that can be read: ${wordsOf(error)}`, { cause: error });
		});
	const { format, autoOrient } = metadata;
	if (!formats.has(format))
		throw new ImageError(`Images of the format ${format} are not taken. Take JPEG, PNG, WebP, GIF, TIFF or AVIF.`);
	const { width, height } = autoOrient;
	if (width * height > mostPixels)
		throw new ImageError(
			`The image has ${width} × ${height} pixels (${Math.round((width * height) / 1e6)} million); at most ${mostPixels / 1e6} million are taken. Make it smaller.`,
		);
	return { width, height };
}

function toRgb(bytes: Uint8Array): Sharp {
	return sharp(bytes, { limitInputPixels: mostPixels, failOn: "error" })
		.autoOrient()
		.toColourspace("srgb")
		.flatten({ background: "#ffffff" })
		.timeout({ seconds: decodingSeconds });
}

async function decoded(image: Sharp): Promise<{ data: Buffer; info: OutputInfo }> {
	const result = await image
		.raw({ depth: "uchar" })
		.toBuffer({ resolveWithObject: true })
		.catch((error: unknown) => {
			throw new ImageError(`The image is damaged or cut off: ${wordsOf(error)}`, { cause: error });
		});
	if (result.info.channels !== 3)
		throw new ImageError(`The image came out with ${result.info.channels} channels instead of red, green and blue.`);
	return result;
}

/** libvips' words on one line. */
function wordsOf(error: unknown): string {
	return errorText(error).trim().split("\n").join("; ");
}
