/**
 * CRC-16/CCITT-FALSE (also CRC-16/IBM-3740): polynomial 0x1021, start value 0xFFFF, nothing reflected, no final xor.
 * The check value over the ASCII digits `123456789` is 0x29B1. Over a frame of up to 4,093 bytes it finds every error
 * of up to three bits, every odd number of wrong bits and every burst of up to 16 bits; of other errors it misses one
 * in 65,536.
 */
export function crc16(bytes: Uint8Array, byteLength: number = bytes.length): number {
	let crc = 0xffff;
	for (let index = 0; index < byteLength; index++) {
		// One byte at once without a table: x collects the feedback of the polynomial's terms x^12, x^5 and 1.
		let x = (crc >> 8) ^ bytes[index]!;
		x ^= x >> 4;
		crc = ((crc << 8) ^ (x << 12) ^ (x << 5) ^ x) & 0xffff;
	}
	return crc;
}
