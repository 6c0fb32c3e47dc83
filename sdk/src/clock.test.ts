import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "./clock.ts";

// Node's own timers, moved by hand: the system clock is the one place that uses them.
beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

test("the system clock calls back once, after the delay", () => {
	let calls = 0;
	systemClock.after(500, () => {
		calls += 1;
	});
	vi.advanceTimersByTime(499);
	expect(calls).toBe(0);
	vi.advanceTimersByTime(1_000);
	expect(calls).toBe(1);
	expect(systemClock.now()).toBe(1_001_499);
});

test("a delay of two months is not cut to a millisecond", () => {
	const days = 24 * 3600 * 1000;
	let calls = 0;
	const cancel = systemClock.after(60 * days, () => {
		calls += 1;
	});
	systemClock.after(59 * days, () => {
		calls += 10;
	});
	vi.advanceTimersByTime(59 * days + 1);
	expect(calls).toBe(10);
	cancel();
	cancel();
	vi.advanceTimersByTime(2 * days);
	expect(calls).toBe(10);
});

test("a delay that is no number is refused", () => {
	expect(() => systemClock.after(Number.NaN, () => undefined)).toThrow(RangeError);
});
