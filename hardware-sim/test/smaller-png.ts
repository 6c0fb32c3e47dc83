import { crc32, deflateSync, inflateSync } from "node:zlib";

const signatureBytes = 8;
/** Steps of a shade: nobody sees that they are coarser, and the finest ones are what is hard to compress. */
const shadeStep = 4;

/** An 8-bit colour PNG without interlacing (W3C PNG, third edition), packed as tightly as deflate can, without alpha. */
export function smallerPng(png: Buffer): Buffer {
	const chunks: { type: string; data: Buffer }[] = [];
	for (let at = signatureBytes; at < png.length; ) {
		const length = png.readUInt32BE(at);
		chunks.push({ type: png.toString("latin1", at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) });
		at += 12 + length;
	}
	const header = chunks.find(({ type }) => type === "IHDR")?.data;
	if (header === undefined || header[8] !== 8 || (header[9] !== 2 && header[9] !== 6) || header[12] !== 0)
		throw new Error("This picture is no 8-bit colour PNG without interlacing.");
	const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
	const data = inflateSync(Buffer.concat(chunks.filter(({ type }) => type === "IDAT").map((chunk) => chunk.data)));
	const pixels = unfilter(data, height, header[9] === 6 ? 4 : 3, width);
	const plain = Buffer.from(header);
	plain[9] = 2;
	return Buffer.concat([
		png.subarray(0, signatureBytes),
		chunk("IHDR", plain),
		chunk("IDAT", deflateSync(filter(pixels, width, height), { level: 9, memLevel: 9 })),
		chunk("IEND", Buffer.alloc(0)),
	]);
}

/** Pixels of three bytes. */
function unfilter(data: Buffer, height: number, channels: 3 | 4, width: number): Uint8Array {
	const stride = width * channels;
	const raw = new Uint8Array(stride * height);
	const pixels = new Uint8Array(width * height * 3);
	for (let y = 0; y < height; y++) {
		const kind = data[y * (stride + 1)] ?? 0;
		for (let x = 0; x < stride; x++) {
			const at = y * stride + x;
			const left = x < channels ? 0 : (raw[at - channels] ?? 0);
			const up = y === 0 ? 0 : (raw[at - stride] ?? 0);
			const corner = x < channels || y === 0 ? 0 : (raw[at - stride - channels] ?? 0);
			raw[at] = (data[y * (stride + 1) + 1 + x] ?? 0) + predicted(kind, left, up, corner);
			const channel = x % channels;
			if (channel < 3) pixels[(y * width + (x - channel) / channels) * 3 + channel] = rounded(raw[at] ?? 0);
		}
	}
	return pixels;
}

/** To a step; black and white stay what they are. */
function rounded(value: number): number {
	return Math.min(255, shadeStep * Math.round(value / shadeStep));
}

/** Each row by the filter that leaves the smallest differences. */
function filter(pixels: Uint8Array, width: number, height: number): Buffer {
	const stride = width * 3;
	const rows = Buffer.alloc((stride + 1) * height);
	for (let y = 0; y < height; y++) {
		let least = Number.POSITIVE_INFINITY;
		for (let kind = 0; kind <= 4; kind++) {
			const row = Buffer.alloc(stride + 1);
			row[0] = kind;
			let sum = 0;
			for (let x = 0; x < stride; x++) {
				const at = y * stride + x;
				const left = x < 3 ? 0 : (pixels[at - 3] ?? 0);
				const up = y === 0 ? 0 : (pixels[at - stride] ?? 0);
				const corner = x < 3 || y === 0 ? 0 : (pixels[at - stride - 3] ?? 0);
				const difference = ((pixels[at] ?? 0) - predicted(kind, left, up, corner)) & 0xff;
				row[x + 1] = difference;
				sum += Math.min(difference, 256 - difference);
			}
			if (sum >= least) continue;
			least = sum;
			row.copy(rows, y * (stride + 1));
		}
	}
	return rows;
}

/** Section 9.2, "Filter types for filter method 0". */
function predicted(kind: number, left: number, up: number, corner: number): number {
	switch (kind) {
		case 1:
			return left;
		case 2:
			return up;
		case 3:
			return (left + up) >> 1;
		case 4: {
			const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
			return a <= b && a <= c ? left : b <= c ? up : corner;
		}
		default:
			return 0;
	}
}

function chunk(type: string, data: Buffer): Buffer {
	const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
	const length = Buffer.alloc(4);
	length.writeUInt32BE(data.length);
	const check = Buffer.alloc(4);
	check.writeUInt32BE(crc32(body));
	return Buffer.concat([length, body, check]);
}
