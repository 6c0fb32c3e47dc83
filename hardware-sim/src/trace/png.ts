import { crc32, deflateSync } from "node:zlib";

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

function chunk(type: string, data: Buffer): Buffer {
	const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
	const length = Buffer.alloc(4);
	length.writeUInt32BE(data.length);
	const check = Buffer.alloc(4);
	check.writeUInt32BE(crc32(body));
	return Buffer.concat([length, body, check]);
}
