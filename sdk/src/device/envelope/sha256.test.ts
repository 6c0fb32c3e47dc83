import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeUtf8 } from "../text/utf8.ts";
import { Sha256, sha256 } from "./sha256.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test("the examples of FIPS 180-4 hold: one block, two blocks, none, a million bytes", () => {
	expect(hex(sha256(encodeUtf8("abc")))).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	expect(hex(sha256(encodeUtf8("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")))).toBe(
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
	);
	expect(hex(sha256(new Uint8Array(0)))).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	expect(hex(sha256(new Uint8Array(1_000_000).fill(0x61)))).toBe(
		"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
	);
});

test("every length around a block gives Node's digest", () => {
	for (let length = 0; length <= 200; length++) {
		const bytes = Uint8Array.from({ length }, (_, index) => index * 7 + length);
		expect(hex(sha256(bytes))).toBe(createHash("sha256").update(bytes).digest("hex"));
	}
});

test("the digest does not depend on how the message is cut", () => {
	fc.assert(
		fc.property(fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 6 }), (pieces) => {
			const hash = new Sha256();
			for (const piece of pieces) hash.update(piece);
			expect(hex(hash.digest())).toBe(hex(sha256(new Uint8Array(Buffer.concat(pieces)))));
		}),
		{ seed: 5, numRuns: 300 },
	);
});
