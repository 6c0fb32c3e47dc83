/** CRC-16/ARC: polynomial 0x8005 reflected, begins at 0; `"123456789"` gives 0xBB3D. The check of EVA-DTS's `G85`. */
export function crc16Arc(bytes: Uint8Array): number {
	let crc = 0;
	for (const byte of bytes) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xa001 : 0);
	}
	return crc;
}
