import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

const webEncoder = new TextEncoder();
const webDecoder = new TextDecoder("utf-8", { ignoreBOM: true });

test("text of every length of character survives the way to UTF-8 and back", () => {
	const text = "cola, jalapeño, €2, 水, 🥤 and a zero \0";
	expect(Array.from(encodeUtf8(text))).toEqual(Array.from(webEncoder.encode(text)));
	expect(decodeUtf8(encodeUtf8(text))).toBe(text);
});

test("a lone surrogate becomes U+FFFD, also where pieces of 64 units meet", () => {
	for (const text of [
		"\ud83e",
		"\udd64",
		"a\ud83eb",
		"\ud83e\ud83e\udd64",
		`${"x".repeat(63)}🥤`,
		`${"x".repeat(63)}\ud83e`,
	]) {
		expect(Array.from(encodeUtf8(text))).toEqual(Array.from(webEncoder.encode(text)));
	}
});

test("encoding does what the web's TextEncoder does", () => {
	fc.assert(
		fc.property(
			fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)), maxLength: 200 }),
			(text) => {
				expect(Array.from(encodeUtf8(text))).toEqual(Array.from(webEncoder.encode(text)));
			},
		),
		{ seed: 1, numRuns: 500 },
	);
});

test("decoding does what the web's TextDecoder does, on any bytes", () => {
	const nearlyUtf8 = fc.array(
		fc.oneof(
			fc.uint8Array({ maxLength: 4 }),
			fc
				.constantFrom(0x7f, 0x80, 0xbf, 0xc0, 0xc1, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff)
				.map((byte) => Uint8Array.of(byte)),
			fc.string({ unit: "binary", maxLength: 2 }).map((text) => webEncoder.encode(text)),
		),
		{ maxLength: 60 },
	);
	fc.assert(
		fc.property(nearlyUtf8, (pieces) => {
			const bytes = new Uint8Array(Buffer.concat(pieces));
			expect(decodeUtf8(bytes)).toBe(webDecoder.decode(bytes));
		}),
		{ seed: 2, numRuns: 2000 },
	);
});
