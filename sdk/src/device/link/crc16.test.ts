import { expect, test } from "vitest";
import { encodeUtf8 } from "../text/utf8.ts";
import { crc16 } from "./crc16.ts";

test("the check value of CRC-16/CCITT-FALSE is 0x29B1", () => {
	expect(crc16(encodeUtf8("123456789"))).toBe(0x29b1);
	expect(crc16(encodeUtf8("123456789, and more"), 9)).toBe(0x29b1);
	expect(crc16(new Uint8Array(0))).toBe(0xffff);
});

test("it is the division by x^16 + x^12 + x^5 + 1, bit by bit", () => {
	const bytes = Uint8Array.from({ length: 300 }, (_, index) => (index * 151) ^ (index >> 3));
	let remainder = 0xffff;
	for (const byte of bytes) {
		remainder ^= byte << 8;
		for (let bit = 0; bit < 8; bit++) remainder = ((remainder << 1) ^ (remainder & 0x8000 ? 0x1021 : 0)) & 0xffff;
	}
	expect(crc16(bytes)).toBe(remainder);
});
