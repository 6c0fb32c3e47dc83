import fc from "fast-check";
import { expect, test } from "vitest";
import { daysLeft } from "./days-left.ts";
import { leftOfLots } from "./lot.ts";

const lot = (id: string, expiresOn: string, quantity: number) => ({ id, code: id, expiresOn, quantity });

test("4.18 what expires first is sold first", () => {
	const lots = [lot("b", "2026-02-01", 5), lot("a", "2026-01-01", 4), lot("c", "2026-03-01", 3)];
	expect(leftOfLots(lots, 6).map(({ id, left }) => [id, left])).toEqual([
		["a", 0],
		["b", 3],
		["c", 3],
	]);
	expect(leftOfLots(lots, 20).map(({ left }) => left)).toEqual([4, 5, 3]);
	expect(leftOfLots(lots, -2).map(({ left }) => left)).toEqual([0, 0, 0]);
});

test("lots never have more left than there is, or than came", () => {
	const lots = fc.array(
		fc.record({
			id: fc.uuid(),
			code: fc.string(),
			expiresOn: fc.constantFrom("2026-01-01", "2026-01-02", "2026-01-03"),
			quantity: fc.integer({ min: 1, max: 9 }),
		}),
		{ maxLength: 6 },
	);
	fc.assert(
		fc.property(lots, fc.integer({ min: -5, max: 60 }), (given, stock) => {
			const left = leftOfLots(given, stock);
			const came = given.reduce((sum, { quantity }) => sum + quantity, 0);
			expect(left.reduce((sum, each) => sum + each.left, 0)).toBe(Math.min(came, Math.max(0, stock)));
			for (const each of left) expect(each.left).toBeLessThanOrEqual(each.quantity);
			// One that expires later is touched only when all before it are gone.
			left.forEach((each, index) => {
				if (each.left < each.quantity) for (const before of left.slice(0, index)) expect(before.left).toBe(0);
			});
		}),
		{ seed: 418 },
	);
});

test.each([
	[10, 5, 5, 10],
	[10, 0, 28, undefined],
	[0, 5, 5, 0],
	[-3, 0, 5, 0],
	// Sold since this morning: nobody extrapolates an hour.
	[6, 3, 0.1, 2],
])("4.18 %i left and %i sold in %d days last %s days", (available, sold, days, left) => {
	expect(daysLeft(available, sold, days)).toBe(left);
});
