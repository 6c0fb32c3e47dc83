import { expect, test } from "vitest";
import { decodeBase64url, encodeBase64url } from "../text/base64url.ts";
import { encodeUtf8 } from "../text/utf8.ts";
import { equalInConstantTime } from "./constant-time.ts";
import { hmacSha256 } from "./hmac.ts";

const of = (byte: number, length: number): Uint8Array => new Uint8Array(length).fill(byte);

test.each([
	[1, of(0x0b, 20), encodeUtf8("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"],
	[
		2,
		encodeUtf8("Jefe"),
		encodeUtf8("what do ya want for nothing?"),
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
	],
	[3, of(0xaa, 20), of(0xdd, 50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"],
	[
		4,
		Uint8Array.from({ length: 25 }, (_, index) => index + 1),
		of(0xcd, 50),
		"82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
	],
	[5, of(0x0c, 20), encodeUtf8("Test With Truncation"), "a3b6167473100ee06e0c796c2955552b"],
	[
		6,
		of(0xaa, 131),
		encodeUtf8("Test Using Larger Than Block-Size Key - Hash Key First"),
		"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
	],
	[
		7,
		of(0xaa, 131),
		encodeUtf8(
			"This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.",
		),
		"9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
	],
])("test case %i of RFC 4231 holds", (_number, key, data, expected) => {
	expect(Buffer.from(hmacSha256(key, data)).toString("hex").slice(0, expected.length)).toBe(expected);
});

test("the signature of RFC 7515 appendix A.1 holds under its published key", () => {
	const key = decodeBase64url("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
	const signingInput =
		"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9" +
		".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
	expect(encodeBase64url(hmacSha256(key!, encodeUtf8(signingInput)))).toBe(
		"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
	);
});

test("constant-time comparison tells equal bytes from all others", () => {
	const bytes = Uint8Array.of(1, 2, 3);
	expect(equalInConstantTime(bytes, Uint8Array.of(1, 2, 3))).toBe(true);
	expect(equalInConstantTime(bytes, Uint8Array.of(1, 2, 4))).toBe(false);
	expect(equalInConstantTime(bytes, Uint8Array.of(0, 2, 3))).toBe(false);
	expect(equalInConstantTime(bytes, Uint8Array.of(1, 2))).toBe(false);
	expect(equalInConstantTime(new Uint8Array(0), new Uint8Array(0))).toBe(true);
});
