import { createHash } from "node:crypto";

/** What an image says of itself: `esp_app_desc_t` (ESP-IDF, components/esp_app_format/include/esp_app_desc.h). */
export interface FirmwareDescription {
	/** At most 31 characters, like `product`. */
	readonly version: string;
	readonly product: string;
}

const HEADER_BYTES = 24;
const SEGMENT_HEADER_BYTES = 8;
const DESCRIPTION_BYTES = 256;
const DIGEST_BYTES = 32;
const IMAGE_MAGIC = 0xe9;
const DESCRIPTION_MAGIC = 0xabcd_5432;
const CHECKSUM_SEED = 0xef;
/** `ESP_CHIP_ID_ESP32S3` */
const CHIP_ID = 9;
const MOST_SEGMENTS = 16;

/**
 * An application image as esptool makes it (ESP-IDF, `esp_image_header_t`): header, one segment that begins with the
 * description, padding, checksum, SHA-256 of all before. `program` stands for the machine code.
 */
export function makeFirmwareImage(description: FirmwareDescription, program: Uint8Array): Uint8Array {
	const dataBytes = DESCRIPTION_BYTES + Math.ceil(program.length / 4) * 4;
	const bodyBytes = HEADER_BYTES + SEGMENT_HEADER_BYTES + dataBytes;
	// The checksum is the last byte before a multiple of 16.
	const hashedBytes = Math.ceil((bodyBytes + 1) / 16) * 16;
	const image = new Uint8Array(hashedBytes + DIGEST_BYTES);
	const view = new DataView(image.buffer);
	view.setUint8(0, IMAGE_MAGIC);
	view.setUint8(1, 1);
	view.setUint16(12, CHIP_ID, true);
	view.setUint8(23, 1);
	view.setUint32(HEADER_BYTES + 4, dataBytes, true);
	const data = image.subarray(HEADER_BYTES + SEGMENT_HEADER_BYTES, bodyBytes);
	const dataView = new DataView(image.buffer, data.byteOffset);
	dataView.setUint32(0, DESCRIPTION_MAGIC, true);
	putText(data.subarray(16, 48), description.version);
	putText(data.subarray(48, 80), description.product);
	data.set(program, DESCRIPTION_BYTES);
	image[hashedBytes - 1] = data.reduce((sum, byte) => sum ^ byte, CHECKSUM_SEED);
	image.set(createHash("sha256").update(image.subarray(0, hashedBytes)).digest(), hashedBytes);
	return image;
}

/**
 * What the bootloader finds out before it starts an image (`esp_image_verify`): header, chip, segments, checksum and
 * SHA-256. `undefined` when one of them is not right. `read` gives bytes of the slot.
 */
export function checkFirmwareImage(
	read: (offset: number, byteLength: number) => Uint8Array,
	slotBytes: number,
): FirmwareDescription | undefined {
	const header = viewOf(read(0, HEADER_BYTES));
	const segments = header.getUint8(1);
	if (header.getUint8(0) !== IMAGE_MAGIC || header.getUint16(12, true) !== CHIP_ID) return undefined;
	if (header.getUint8(23) !== 1 || segments < 1 || segments > MOST_SEGMENTS) return undefined;
	let end = HEADER_BYTES;
	let checksum = CHECKSUM_SEED;
	for (let segment = 0; segment < segments; segment++) {
		if (end + SEGMENT_HEADER_BYTES > slotBytes) return undefined;
		const byteLength = viewOf(read(end, SEGMENT_HEADER_BYTES)).getUint32(4, true);
		end += SEGMENT_HEADER_BYTES;
		if (byteLength % 4 !== 0 || end + byteLength > slotBytes) return undefined;
		checksum = read(end, byteLength).reduce((sum, byte) => sum ^ byte, checksum);
		end += byteLength;
	}
	const hashedBytes = Math.ceil((end + 1) / 16) * 16;
	if (hashedBytes + DIGEST_BYTES > slotBytes) return undefined;
	if (read(hashedBytes - 1, 1)[0] !== checksum) return undefined;
	const digest = createHash("sha256").update(read(0, hashedBytes)).digest();
	if (!digest.equals(read(hashedBytes, DIGEST_BYTES))) return undefined;
	const description = read(HEADER_BYTES + SEGMENT_HEADER_BYTES, DESCRIPTION_BYTES);
	if (viewOf(description).getUint32(0, true) !== DESCRIPTION_MAGIC) return undefined;
	return { version: textOf(description.subarray(16, 48)), product: textOf(description.subarray(48, 80)) };
}

function viewOf(bytes: Uint8Array): DataView {
	return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function putText(field: Uint8Array, text: string): void {
	const bytes = Buffer.from(text, "utf8");
	if (bytes.length >= field.length)
		throw new RangeError(`"${text}" takes ${bytes.length} bytes; ${field.length - 1} fit.`);
	field.set(bytes);
}

function textOf(field: Uint8Array): string {
	const end = field.indexOf(0);
	return Buffer.from(end < 0 ? field : field.subarray(0, end)).toString("utf8");
}
