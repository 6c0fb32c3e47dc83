import { systemRandom } from "@visionvend/sdk/random";
import fc from "fast-check";
import { expect, test } from "vitest";
import { SealedText } from "./sealed-text.ts";

const sealing = new SealedText("kN3vQ8zr1XcT5mYb7HdLw2PfSg9UaEoJ", systemRandom);

test("4.26 any text comes back as it was, and its sealed form does not hold it", () => {
	fc.assert(
		fc.property(fc.string({ unit: "grapheme", minLength: 0, maxLength: 300 }), (text) => {
			const sealed = sealing.seal(text, "here");
			expect(sealing.open(sealed, "here")).toBe(text);
			expect(sealing.seal(text, "here")).not.toBe(sealed);
		}),
	);
});

test("4.26 one changed bit anywhere, another place or another secret: nothing opens", () => {
	const sealed = Buffer.from(sealing.seal("a secret of somebody", "here"), "base64url");
	for (let index = 0; index < sealed.length; index += 1) {
		const changed = Buffer.from(sealed);
		changed[index] = (changed[index] ?? 0) ^ 1;
		expect(() => sealing.open(changed.toString("base64url"), "here")).toThrow();
	}
	expect(() => sealing.open(sealed.toString("base64url"), "there")).toThrow();
	const other = new SealedText("another secret of at least 32 bytes", systemRandom);
	expect(() => other.open(sealed.toString("base64url"), "here")).toThrow();
});
