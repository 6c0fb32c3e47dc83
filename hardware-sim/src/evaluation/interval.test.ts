import { expect, test } from "vitest";
import { SeededRandom } from "../random.ts";
import { bootstrapF1, f1, wilson } from "./interval.ts";

test("intervals of shares are those of Wilson's table", () => {
	// Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
	for (const [successes, total, low, high] of [
		[81, 263, 0.2553, 0.3662],
		[15, 148, 0.0624, 0.1605],
		[0, 20, 0, 0.1611],
		[1, 29, 0.0061, 0.1718],
	] as const) {
		const interval = wilson(successes, total);
		expect(interval.low).toBeCloseTo(low, 4);
		expect(interval.high).toBeCloseTo(high, 4);
	}
});

test("F1 counts items, and its interval narrows with the number of sessions", () => {
	const sessions = (count: number) =>
		Array.from({ length: count }, (_, index) => ({ right: 2, wrong: index % 10 === 0 ? 1 : 0, missed: 0 }));
	expect(f1(sessions(10))).toBeCloseTo(40 / 41, 10);
	expect(f1([{ right: 0, wrong: 0, missed: 0 }])).toBe(1);
	const few = bootstrapF1(sessions(20), new SeededRandom(1));
	const many = bootstrapF1(sessions(500), new SeededRandom(1));
	expect(few.low).toBeLessThanOrEqual(few.value);
	expect(many.high - many.low).toBeLessThan(few.high - few.low);
	expect(many.low).toBeLessThan(many.value);
	expect(many.high).toBeGreaterThan(many.value);
});
