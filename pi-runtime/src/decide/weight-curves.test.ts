import { expect, test } from "vitest";
import { WeightCurves } from "./weight-curves.ts";

function message(saleId: string, atMs: number, ...grams: number[]): string {
	const points = grams.map((gram, index) => ({
		shelf: 0,
		atMs: atMs - 500 * (grams.length - index),
		milligrams: gram * 1_000,
		spreadMilligrams: 800,
		stable: true,
	}));
	return JSON.stringify({ saleId, atMs, points });
}

test("points of a sale are told on the clock of the Pi, by the message that was delayed least", () => {
	const curves = new WeightCurves();
	curves.receive(message("s1", 10_000, 500), 1_000_040);
	curves.receive(message("s1", 11_000, 400, 300), 1_001_010);
	expect(curves.of("s1").map(({ atMs, milligrams }) => [atMs, milligrams])).toEqual([
		[999_510, 500_000],
		[1_000_010, 400_000],
		[1_000_510, 300_000],
	]);
	curves.forget("s1");
	expect(curves.of("s1")).toEqual([]);
});

test("what is no curve is refused by name, and old sales make room", () => {
	const curves = new WeightCurves();
	expect(curves.receive("{", 0)).toBe("bad-body");
	expect(curves.receive('{"saleId":"s","atMs":1,"points":[{}]}', 0)).toBe("bad-body");
	for (const saleId of ["a", "b", "c", "d", "e"])
		expect(curves.receive(message(saleId, 1_000, 1), 2_000)).toBeUndefined();
	expect(curves.of("a")).toEqual([]);
	expect(curves.of("e")).toHaveLength(1);
});
