import { hkdfSync } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { maskKey } from "./mask-key.ts";

const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
const salts = fc.uint8Array({ minLength: 16, maxLength: 16 });

test("a masked secret is the exclusive or with Node's HKDF of the key, and shows again the same way", () => {
	fc.assert(
		fc.property(bytes, salts, bytes, fc.constantFrom("cloud-pi.2", "broker.3"), (key, salt, secret, name) => {
			const masked = maskKey({ kid: "any", key }, salt, name, secret);
			const pad = new Uint8Array(hkdfSync("sha256", key, salt, `visionvend/mask/1/${name}`, 32));
			expect([...masked]).toEqual([...secret].map((byte, index) => byte ^ (pad[index] ?? 0)));
			expect(maskKey({ kid: "any", key }, salt, name, masked)).toEqual(secret);
		}),
		{ numRuns: 30 },
	);
});

test("another key, salt or name shows another secret", () => {
	fc.assert(
		fc.property(bytes, salts, bytes, fc.nat(31), (key, salt, secret, place) => {
			const masked = maskKey({ kid: "any", key }, salt, "cloud-pi.2", secret);
			const other = (all: Uint8Array) => all.map((byte, index) => (index === place % all.length ? byte ^ 1 : byte));
			for (const shown of [
				maskKey({ kid: "any", key: other(key) }, salt, "cloud-pi.2", masked),
				maskKey({ kid: "any", key }, other(salt), "cloud-pi.2", masked),
				maskKey({ kid: "any", key }, salt, "pi-cloud.2", masked),
			]) {
				expect(shown).not.toEqual(secret);
			}
		}),
		{ numRuns: 30 },
	);
});
