import { crc32, deflateSync, inflateSync } from "node:zlib";

const signature = Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** An 8-bit gray PNG (RFC 2083). `gray`: a byte a pixel, row by row from the top left, 0 is black. */
export function encodePng(width: number, height: number, gray: Uint8Array): Buffer {
	if (gray.length !== width * height)
		throw new RangeError(`encodePng: ${width}×${height} pixels are ${width * height} bytes, not ${gray.length}.`);
	const header = Buffer.alloc(13);
	header.writeUInt32BE(width, 0);
	header.writeUInt32BE(height, 4);
	header[8] = 8; // bits a sample; colour type 0 is gray
	const rows = Buffer.alloc((width + 1) * height); // each row begins with its filter type, 0
	for (let y = 0; y < height; y++) rows.set(gray.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
	return Buffer.concat([
		signature,
		chunk("IHDR", header),
		chunk("IDAT", deflateSync(rows, { level: 9 })),
		chunk("IEND", Buffer.alloc(0)),
	]);
}

/**
 * Reads what {@link encodePng} writes: 8-bit gray, rows without a filter. Throws for pictures of another kind, and for
 * bytes that are no picture.
 */
export function decodePng(png: Uint8Array): {
	readonly width: number;
	readonly height: number;
	readonly gray: Uint8Array;
} {
	const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
	if (!bytes.subarray(0, signature.length).equals(signature)) throw new Error("These bytes are no PNG.");
	const chunks = new Map<string, Buffer>();
	for (let at = signature.length; at + 12 <= bytes.length; ) {
		const length = bytes.readUInt32BE(at);
		const body = bytes.subarray(at + 4, at + 8 + length);
		if (at + 12 + length > bytes.length || crc32(body) !== bytes.readUInt32BE(at + 8 + length))
			throw new Error("This PNG is damaged: a chunk's checksum is not its own.");
		chunks.set(body.toString("latin1", 0, 4), body.subarray(4));
		at += 12 + length;
	}
	const header = chunks.get("IHDR");
	const data = chunks.get("IDAT");
	if (header === undefined || data === undefined || header.readUInt32BE(8) !== 0x08000000 || header[12] !== 0)
		throw new Error("This PNG is not 8-bit gray.");
	const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
	const rows = inflateSync(data);
	if (rows.length !== (width + 1) * height) throw new Error("This PNG has more or fewer pixels than it says.");
	const gray = new Uint8Array(width * height);
	for (let y = 0; y < height; y++) {
		if (rows[y * (width + 1)] !== 0) throw new Error("This PNG has filtered rows.");
		gray.set(rows.subarray(y * (width + 1) + 1, (y + 1) * (width + 1)), y * width);
	}
	return { width, height, gray };
}

function chunk(type: string, data: Buffer): Buffer {
	const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
	const length = Buffer.alloc(4);
	length.writeUInt32BE(data.length);
	const check = Buffer.alloc(4);
	check.writeUInt32BE(crc32(body));
	return Buffer.concat([length, body, check]);
}
