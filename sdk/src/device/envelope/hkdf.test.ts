import { hkdfSync } from "node:crypto";
import { expect, test } from "vitest";
import { hkdfSha256 } from "./hkdf.ts";

const range = (from: number, to: number): Uint8Array =>
	Uint8Array.from({ length: to - from + 1 }, (_, index) => from + index);
const none = new Uint8Array(0);

test.each([
	[
		"A.1",
		new Uint8Array(22).fill(0x0b),
		range(0x00, 0x0c),
		range(0xf0, 0xf9),
		"3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
	],
	[
		"A.2",
		range(0x00, 0x4f),
		range(0x60, 0xaf),
		range(0xb0, 0xff),
		"b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
	],
	[
		"A.3",
		new Uint8Array(22).fill(0x0b),
		none,
		none,
		"8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
	],
])("test case %s of RFC 5869 holds", (_name, secret, salt, info, expected) => {
	expect(Buffer.from(hkdfSha256(secret, salt, info, expected.length / 2)).toString("hex")).toBe(expected);
});

test("the longest output is Node's, and a longer one is refused", () => {
	const secret = range(1, 32);
	expect(Buffer.from(hkdfSha256(secret, none, none, 8160))).toEqual(
		Buffer.from(hkdfSync("sha256", secret, none, none, 8160)),
	);
	for (const byteLength of [0, 8161, 1.5, Number.NaN]) {
		expect(() => hkdfSha256(secret, none, none, byteLength)).toThrow(RangeError);
	}
});
