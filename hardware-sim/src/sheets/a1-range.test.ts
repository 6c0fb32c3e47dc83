import fc from "fast-check";
import { expect, test } from "vitest";
import { formatA1, parseA1 } from "./a1-range.ts";

test("ranges with and without titles in quotes, corners and ends are read", () => {
	expect(parseA1("Products")).toEqual({ title: "Products", firstRow: 0, firstColumn: 0 });
	expect(parseA1("'My ''own'' sheet'!B2:C")).toEqual({
		title: "My 'own' sheet",
		firstRow: 1,
		firstColumn: 1,
		endColumn: 3,
	});
	expect(parseA1("Products!AA7")).toEqual({
		title: "Products",
		firstRow: 6,
		firstColumn: 26,
		endRow: 7,
		endColumn: 27,
	});
});

test("what is no range is refused", () => {
	for (const text of ["", "A!", "Products!A1:B2:C3", "Products!1A", "'open", "Products!A0"]) {
		expect(parseA1(text), text).toBeUndefined();
	}
});

test("every range that is written reads back", () => {
	const size = fc.integer({ min: 1, max: 800 });
	fc.assert(
		fc.property(fc.string({ minLength: 1 }), size, size, size, size, (title, row, column, rows, columns) => {
			expect(parseA1(formatA1(title, row, column, rows, columns))).toEqual({
				title,
				firstRow: row,
				firstColumn: column,
				endRow: row + rows,
				endColumn: column + columns,
			});
		}),
	);
});
