import { expect, test } from "vitest";
import { randomId, systemRandom } from "./random.ts";

test("an id is 16 bytes of chance as 22 characters that fit a sale id", () => {
	expect(randomId((byteLength) => new Uint8Array(byteLength).fill(255))).toBe("_____________________w");
	expect(randomId(systemRandom)).toMatch(/^[A-Za-z0-9_-]{22}$/);
	expect(randomId(systemRandom)).not.toBe(randomId(systemRandom));
});

test("the system's generator gives as many bytes as asked", () => {
	expect(systemRandom(0)).toHaveLength(0);
	expect(systemRandom(33)).toHaveLength(33);
});
