export type PictureType = "image/jpeg" | "image/png" | "image/webp";

/** The type of a picture by its first bytes, whatever its sender says; `undefined` for anything but JPEG, PNG and WebP. */
export function pictureTypeOf(bytes: Uint8Array): PictureType | undefined {
	const starts = (offset: number, ...wanted: readonly number[]) =>
		wanted.every((byte, index) => bytes[offset + index] === byte);
	// JPEG: ISO/IEC 10918-1 B.1.1.3, SOI and the first marker. PNG: ISO/IEC 15948 5.2. WebP: RFC 9649 section 2.4.
	if (starts(0, 0xff, 0xd8, 0xff)) return "image/jpeg";
	if (starts(0, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return "image/png";
	if (starts(0, 0x52, 0x49, 0x46, 0x46) && starts(8, 0x57, 0x45, 0x42, 0x50)) return "image/webp";
	return undefined;
}
