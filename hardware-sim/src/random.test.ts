import { expect, test } from "vitest";
import { SeededRandom } from "./random.ts";

test("the same seed gives the same numbers, for ever", () => {
	const random = new SeededRandom(7);
	const numbers = [random.next(), random.gaussian(), ...random.bytes(4)];
	const again = new SeededRandom(7);
	expect([again.next(), again.gaussian(), ...again.bytes(4)]).toEqual(numbers);
	expect(numbers).toMatchInlineSnapshot(`
		[
		  0.23382771760225296,
		  0.6990828019972126,
		  43,
		  49,
		  129,
		  240,
		]
	`);
});

test("next is uniform in [0, 1)", () => {
	const random = new SeededRandom(1);
	const buckets = new Array<number>(10).fill(0);
	for (let i = 0; i < 100_000; i++) {
		const value = random.next();
		expect(value >= 0 && value < 1).toBe(true);
		buckets[Math.floor(value * 10)]! += 1;
	}
	for (const count of buckets) expect(Math.abs(count - 10_000)).toBeLessThan(500);
});

test("gaussian has mean 0 and deviation 1", () => {
	const random = new SeededRandom(2);
	let sum = 0;
	let squares = 0;
	for (let i = 0; i < 100_000; i++) {
		const value = random.gaussian();
		sum += value;
		squares += value * value;
	}
	expect(Math.abs(sum / 100_000)).toBeLessThan(0.01);
	expect(Math.abs(Math.sqrt(squares / 100_000) - 1)).toBeLessThan(0.01);
});

test("a fork depends on the seed and its name, not on what was drawn before", () => {
	const random = new SeededRandom(3);
	const early = random.fork("door").next();
	random.bytes(1000);
	expect(random.fork("door").next()).toBe(early);
	expect(random.fork("shelf").next()).not.toBe(early);
	expect(new SeededRandom(4).fork("door").next()).not.toBe(early);
});
