import { expect, test } from "vitest";
import { Randomness } from "./randomness.ts";

const seed = Uint8Array.from({ length: 48 }, (_, index) => index);

test("the same seed and registers give the same bytes, another seed or register others", () => {
	const first = new Randomness(seed, () => 7).bytes(40);
	expect(first).toHaveLength(40);
	expect(new Randomness(seed, () => 7).bytes(40)).toEqual(first);
	expect(new Randomness(seed, () => 8).bytes(40)).not.toEqual(first);
	expect(new Randomness(seed.slice(1), () => 7).bytes(40)).not.toEqual(first);
});

test("even where the registers stand still nothing comes twice, and the bytes are spread evenly", () => {
	const randomness = new Randomness(seed, () => 0);
	const counts = new Array<number>(256).fill(0);
	const seen = new Set<string>();
	for (let round = 0; round < 500; round++) {
		const bytes = randomness.bytes(16);
		seen.add(bytes.join());
		for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1;
	}
	expect(seen.size).toBe(500);
	// 8,000 bytes, 31 of each on average, 5.6 of standard deviation.
	expect(Math.min(...counts)).toBeGreaterThan(8);
	expect(Math.max(...counts)).toBeLessThan(62);
});

test("no bytes are no bytes", () => {
	expect(new Randomness(seed, () => 0).bytes(0)).toHaveLength(0);
});
