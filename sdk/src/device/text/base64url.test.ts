import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBase64url, encodeBase64url } from "./base64url.ts";
import { encodeUtf8 } from "./utf8.ts";

test("the vectors of RFC 4648 section 10 hold, without their padding", () => {
	const vectors = { "": "", f: "Zg", fo: "Zm8", foo: "Zm9v", foob: "Zm9vYg", fooba: "Zm9vYmE", foobar: "Zm9vYmFy" };
	for (const [text, encoded] of Object.entries(vectors)) {
		expect(encodeBase64url(encodeUtf8(text))).toBe(encoded);
		expect(decodeBase64url(encoded)).toEqual(encodeUtf8(text));
	}
});

test("the octets of RFC 7515 appendix C become the string it gives", () => {
	expect(encodeBase64url(Uint8Array.of(3, 236, 255, 224, 193))).toBe("A-z_4ME");
});

test("any bytes come back, and the text is what Node writes", () => {
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
			const text = encodeBase64url(bytes);
			expect(text).toBe(Buffer.from(bytes).toString("base64url"));
			expect(decodeBase64url(text)).toEqual(bytes);
		}),
		{ seed: 3, numRuns: 500 },
	);
});

test("only the one canonical spelling is decoded", () => {
	for (const text of [
		"Zg==",
		"Zm8=",
		"Zh",
		"Zm9",
		"Z",
		"Zm9vY",
		"Zm 9v",
		"Zm9v\n",
		"+z_4",
		"A/z_",
		"Zm9ü",
		"Zm9\u0141",
		"Zm9v.",
	]) {
		expect(decodeBase64url(text), text).toBeUndefined();
	}
	fc.assert(
		fc.property(fc.string({ unit: fc.constantFrom(..."AZaz09-_=+/ "), maxLength: 12 }), (text) => {
			const bytes = decodeBase64url(text);
			if (bytes !== undefined) expect(encodeBase64url(bytes)).toBe(text);
		}),
		{ seed: 4, numRuns: 2000 },
	);
});
