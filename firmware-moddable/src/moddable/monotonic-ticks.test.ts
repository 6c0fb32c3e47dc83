import { expect, test } from "vitest";
import { MonotonicTicks } from "./monotonic-ticks.ts";

test("time goes on where a signed 32-bit counter wraps after 24.8 days", () => {
	let counter = 2 ** 31 - 1_000;
	const ticks = new MonotonicTicks(
		() => counter | 0,
		(from, to) => (to - from) | 0,
	);
	expect(ticks.now()).toBe(0);
	counter += 1_500;
	expect(ticks.now()).toBe(1_500);
	for (let day = 0; day < 100; day++) {
		counter += 86_400_000;
		ticks.now();
	}
	expect(ticks.now()).toBe(1_500 + 100 * 86_400_000);
});
