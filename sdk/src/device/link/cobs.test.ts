import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeCobs, encodeCobs, maximumCobsBytes } from "./cobs.ts";

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

test.each([
	[
		"the packet that Cheshire and Baker encode",
		bytes("45 00 00 2C 4C 79 00 00 40 06 4F 37"),
		bytes("02 45 01 04 2C 4C 79 01 05 40 06 4F 37"),
	],
	["nothing", bytes(""), bytes("01")],
	["one zero", bytes("00"), bytes("01 01")],
	["two zeros", bytes("00 00"), bytes("01 01 01")],
	["a byte between zeros", bytes("00 11 00"), bytes("01 02 11 01")],
	["a zero in the middle", bytes("11 22 00 33"), bytes("03 11 22 02 33")],
	["no zero", bytes("11 22 33 44"), bytes("05 11 22 33 44")],
	["zeros at the end", bytes("11 00 00 00"), bytes("02 11 01 01 01")],
	["254 bytes without zero", Uint8Array.from(range(1, 254)), Uint8Array.from([255, ...range(1, 254)])],
	["a zero, then 254 bytes", Uint8Array.from(range(0, 254)), Uint8Array.from([1, 255, ...range(1, 254)])],
	["255 bytes without zero", Uint8Array.from(range(1, 255)), Uint8Array.from([255, ...range(1, 254), 2, 255])],
	["254 bytes, then a zero", Uint8Array.from([...range(2, 255), 0]), Uint8Array.from([255, ...range(2, 255), 1, 1])],
	[
		"253 bytes, then a zero and a byte",
		Uint8Array.from([...range(3, 255), 0, 1]),
		Uint8Array.from([254, ...range(3, 255), 2, 1]),
	],
])("%s", (_name, plain, encoded) => {
	expect(encodeCobs(plain)).toEqual(encoded);
	expect(decodeCobs(encoded)).toEqual(plain);
});

test("any bytes come back, no zero is among the encoded ones, and they are never more than promised", () => {
	const runs = fc.array(
		fc.oneof(
			fc.uint8Array({ maxLength: 20 }),
			fc
				.tuple(fc.integer({ min: 250, max: 256 }), fc.nat(255))
				.map(([length, byte]) => new Uint8Array(length).fill(byte)),
		),
		{ maxLength: 8 },
	);
	fc.assert(
		fc.property(runs, (pieces) => {
			const plain = new Uint8Array(Buffer.concat(pieces));
			const encoded = encodeCobs(plain);
			expect(encoded.includes(0)).toBe(false);
			expect(encoded.length).toBeLessThanOrEqual(maximumCobsBytes(plain.length));
			expect(decodeCobs(encoded)).toEqual(plain);
		}),
		{ seed: 9, numRuns: 1000 },
	);
});

test("a zero inside, a block that is cut off, and nothing at all are refused", () => {
	for (const encoded of ["", "00", "02", "03 11", "03 11 00", "02 11 00", "05 11 22 33"]) {
		expect(decodeCobs(bytes(encoded)), encoded).toBeUndefined();
	}
});
