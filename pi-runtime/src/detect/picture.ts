/** Pixels for a detector: a frame of a camera, or a decoded image. */
export interface Picture {
	/** `i420`: planes Y, U, V, full range, even width and height. `rgb`: three bytes a pixel. Rows without padding. */
	readonly format: "i420" | "rgb";
	readonly width: number;
	readonly height: number;
	readonly data: Uint8Array;
	/** The size that boxes refer to, where the picture was made smaller for the model; else its own. */
	readonly source?: { readonly width: number; readonly height: number } | undefined;
}

/** Bytes of a picture. */
export function pictureBytes({ format, width, height }: Pick<Picture, "format" | "width" | "height">): number {
	return format === "i420" ? (width * height * 3) / 2 : width * height * 3;
}

/** Throws a `RangeError` when a picture's sizes are odd or do not fit its data. */
export function checkPicture(picture: Picture): void {
	const { format, width, height, data } = picture;
	const isSize = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
	const isEven = width % 2 === 0 && height % 2 === 0;
	if (!isSize || (format === "i420" && !isEven))
		throw new RangeError(`A picture of ${width}×${height} cannot be ${format === "i420" ? "I420" : "RGB"}.`);
	if (data.length !== pictureBytes(picture))
		throw new RangeError(
			`A picture of ${width}×${height} in ${format} has ${pictureBytes(picture)} bytes; this one has ${data.length}.`,
		);
}
