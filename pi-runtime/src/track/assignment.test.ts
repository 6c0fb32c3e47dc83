import fc from "fast-check";
import { expect, test } from "vitest";
import { assign, assignBelow } from "./assignment.ts";

/** Least sum over every way to pair the smaller side completely. */
function cheapest(costs: readonly number[][], row = 0, used = 0, skips?: number): number {
	const columns = costs[0]?.length ?? 0;
	const left = skips ?? Math.max(0, costs.length - columns);
	if (row === costs.length) return 0;
	let best = left > 0 ? cheapest(costs, row + 1, used, left - 1) : Number.POSITIVE_INFINITY;
	for (let column = 0; column < columns; column++) {
		if (used & (1 << column)) continue;
		best = Math.min(best, costs[row]![column]! + cheapest(costs, row + 1, used | (1 << column), left));
	}
	return best;
}

function sumOf(costs: readonly number[][], columnOf: Int32Array): number {
	return costs.reduce((sum, row, index) => sum + (columnOf[index] === -1 ? 0 : row[columnOf[index]!]!), 0);
}

const matrix = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })).chain(([rows, columns]) =>
	fc.array(
		fc.array(fc.oneof(fc.double({ min: -10, max: 10, noNaN: true }), fc.constantFrom(0, 1, 2)), {
			minLength: columns,
			maxLength: columns,
		}),
		{ minLength: rows, maxLength: rows },
	),
);

test("no assignment is cheaper than the one found, whatever the shape", () => {
	fc.assert(
		fc.property(matrix, (costs) => {
			const columns = costs[0]!.length;
			const columnOf = assign(Float64Array.from(costs.flat()), costs.length, columns);
			const given = [...columnOf].filter((column) => column >= 0);
			expect(given.length).toBe(Math.min(costs.length, columns));
			expect(new Set(given).size).toBe(given.length);
			expect(sumOf(costs, columnOf)).toBeCloseTo(cheapest(costs), 9);
		}),
		{ numRuns: 400 },
	);
});

test("with a limit, staying alone costs the limit and nothing is paired at or above it", () => {
	fc.assert(
		fc.property(matrix, fc.double({ min: -5, max: 8, noNaN: true }), (costs, limit) => {
			const columns = costs[0]!.length;
			const columnOf = assignBelow(Float64Array.from(costs.flat()), costs.length, columns, limit);
			const pairs = [...columnOf].flatMap((column, row) => (column < 0 ? [] : [costs[row]![column]!]));
			expect(pairs.every((cost) => cost < limit)).toBe(true);
			const alone = Math.min(costs.length, columns) - pairs.length;
			const capped = costs.map((row) => row.map((cost) => Math.min(cost, limit)));
			expect(pairs.reduce((sum, cost) => sum + cost, alone * limit)).toBeCloseTo(cheapest(capped), 9);
		}),
		{ numRuns: 400 },
	);
});

test("nothing to give, nobody to take", () => {
	expect([...assign(new Float64Array(0), 0, 5)]).toEqual([]);
	expect([...assign(new Float64Array(0), 3, 0)]).toEqual([-1, -1, -1]);
});

test("forbidden pairs are left alone", () => {
	const costs = Float64Array.of(Number.POSITIVE_INFINITY, 0.2, Number.NaN, 0.1);
	expect([...assignBelow(costs, 2, 2, 1)]).toEqual([-1, 1]);
});

test("too few costs and costs without end are refused", () => {
	expect(() => assign(new Float64Array(3), 2, 2)).toThrow("2 × 2 costs are needed, there are 3");
	expect(() => assign(Float64Array.of(Number.NaN), 1, 1)).toThrow("not finite");
});
