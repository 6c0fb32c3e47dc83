import sharp from "sharp";
import { expect, test } from "vitest";
import { hugePng } from "../../test/huge-png.ts";
import { decodeImage, decodeWholeImage } from "./decode-image.ts";
import { type Picture, pictureBytes } from "./picture.ts";

const look = { resize: "stretch", size: [64, 64] } as const;

/** 80 × 40: the left half red, the right half blue. */
function redAndBlue() {
	const pixels = Uint8Array.from({ length: 80 * 40 * 3 }, (_, place) => {
		const isLeft = Math.floor(place / 3) % 80 < 40;
		return place % 3 === (isLeft ? 0 : 2) ? 255 : 0;
	});
	return sharp(pixels, { raw: { width: 80, height: 40, channels: 3 } });
}

/** The colour in the middle of a part of the picture, 0 to 1 from its left and top. */
function colourAt({ width, height, data }: Picture, x: number, y: number): number[] {
	const at = (Math.floor(y * height) * width + Math.floor(x * width)) * 3;
	return [...data.subarray(at, at + 3)];
}

function near(colour: readonly number[]): unknown {
	return colour.map((value) => expect.closeTo(value, -1.3));
}

test("an image comes at the size of the model, and tells its own", async () => {
	const picture = await decodeImage(await redAndBlue().png().toBuffer(), look);
	expect(picture).toMatchObject({ format: "rgb", width: 64, height: 64, source: { width: 80, height: 40 } });
	expect(picture.data).toHaveLength(pictureBytes(picture));
	expect(colourAt(picture, 0.25, 0.5)).toEqual([255, 0, 0]);
	expect(colourAt(picture, 0.75, 0.5)).toEqual([0, 0, 255]);
});

test.each([
	[1, [0.25, 0.5]],
	[2, [0.75, 0.5]],
	[3, [0.75, 0.5]],
	[4, [0.25, 0.5]],
	[5, [0.5, 0.25]],
	[6, [0.5, 0.25]],
	[7, [0.5, 0.75]],
	[8, [0.5, 0.75]],
] as const)(
	"EXIF orientation %i: what stands left in the file is red at its displayed place",
	async (orientation, [x, y]) => {
		const turned = await redAndBlue().jpeg({ quality: 95 }).withMetadata({ orientation }).toBuffer();
		const picture = await decodeImage(turned, look);
		expect(picture.source).toEqual(orientation >= 5 ? { width: 40, height: 80 } : { width: 80, height: 40 });
		expect(colourAt(picture, x, y)).toEqual(near([254, 0, 0]));
		const whole = await decodeWholeImage(turned);
		expect(whole).toMatchObject(picture.source);
		expect(colourAt(whole, x, y)).toEqual(near([254, 0, 0]));
	},
);

test("CMYK, 16 bits, grey, a palette and transparency all become red, green and blue of 8 bits", async () => {
	const cmyk = await decodeImage(await redAndBlue().toColourspace("cmyk").jpeg({ quality: 95 }).toBuffer(), look);
	const [red = 0, green = 0, blue = 0] = colourAt(cmyk, 0.25, 0.5);
	// Print has no such red; it stays what it is: red.
	expect(red).toBeGreaterThan(180);
	expect(Math.max(green, blue)).toBeLessThan(70);

	const deep = await redAndBlue().toColourspace("rgb16").png().toBuffer();
	expect(colourAt(await decodeImage(deep, look), 0.25, 0.5)).toEqual([255, 0, 0]);

	const grey = await decodeImage(await redAndBlue().greyscale().png().toBuffer(), look);
	expect(new Set(colourAt(grey, 0.25, 0.5)).size).toBe(1);

	const palette = await redAndBlue().png({ palette: true, colours: 4 }).toBuffer();
	expect(colourAt(await decodeImage(palette, look), 0.75, 0.5)).toEqual(near([0, 0, 255]));

	const clear = await sharp({
		create: { width: 8, height: 8, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
	})
		.png()
		.toBuffer();
	expect(colourAt(await decodeImage(clear, look), 0.5, 0.5)).toEqual([255, 255, 255]);
});

test("0 bytes are refused", async () => {
	await expect(decodeImage(new Uint8Array(0), look)).rejects.toThrow("The image is empty (0 bytes).");
});

test("what is no image is refused, text and noise and a program alike", async () => {
	const noise = Uint8Array.from({ length: 4_096 }, (_, place) => (place * 7_919) % 256);
	for (const bytes of [new TextEncoder().encode("I am a cat"), noise, Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1)])
		await expect(decodeImage(bytes, look)).rejects.toThrow("This is no image that can be read");
	const drawing = new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
	await expect(decodeImage(drawing, look)).rejects.toThrow("Images of the format svg are not taken. Take JPEG");
});

test("100 million pixels are refused by the head of the file, before anything is decoded", async () => {
	const png = hugePng(10_000, 10_000);
	for (const decode of [decodeWholeImage, (bytes: Uint8Array) => decodeImage(bytes, look)])
		await expect(decode(png)).rejects.toThrow(
			"The image has 10000 × 10000 pixels (100 million); at most 50 million are taken. Make it smaller.",
		);
});

test.each(["jpeg", "png", "webp", "tiff"] as const)(
	"a %s that is cut off is refused, wherever it is cut",
	async (format) => {
		const noise = Uint8Array.from({ length: 96 * 96 * 3 }, (_, place) => (place * place) % 251);
		const bytes = await sharp(noise, { raw: { width: 96, height: 96, channels: 3 } })
			.toFormat(format)
			.toBuffer();
		await expect(decodeImage(bytes, look)).resolves.toBeDefined();
		for (const part of [0.1, 0.5, 0.9])
			await expect(decodeImage(bytes.subarray(0, Math.floor(part * bytes.length)), look)).rejects.toThrow(
				/This is no image that can be read|The image is damaged or cut off/,
			);
	},
);
