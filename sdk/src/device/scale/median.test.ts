import { expect, test } from "vitest";
import { median } from "./median.ts";

test("the median is the middle value, or the mean of both middle values", () => {
	expect(median([5])).toBe(5);
	expect(median([10, 1, 2])).toBe(2);
	expect(median([10, 1, 2, 5])).toBe(3.5);
	expect(median([-3, -100, 7, 9, 100])).toBe(7);
});

test("the values stay as they were", () => {
	const values = Object.freeze([3, 1, 2]);
	expect(median(values)).toBe(2);
	expect(values).toEqual([3, 1, 2]);
});

test("no values have no median", () => {
	expect(() => median([])).toThrow(RangeError);
});
