import fc from "fast-check";
import { expect, test } from "vitest";
import { formatCents, fractionDigits, multiplyCents, parseCents, sumCents } from "./money.ts";

test.each([
	[350, "USD", "$3.50"],
	[350, "usd", "$3.50"],
	[0, "USD", "$0.00"],
	[5, "EUR", "€0.05"],
	[-5, "USD", "-$0.05"],
	[123_456_789, "USD", "$1,234,567.89"],
	[350, "JPY", "¥350"],
	[3500, "KWD", "KWD\u00a03.500"],
	[9_007_199_254_740_991, "USD", "$90,071,992,547,409.91"],
])("%i cents of %s are written %s", (cents, currency, text) => {
	expect(formatCents(cents, currency)).toBe(text);
});

test.each([
	["2.00", "USD", 200],
	["2", "USD", 200],
	["2.5", "USD", 250],
	["1.15", "USD", 115],
	["350", "JPY", 350],
	["0.001", "KWD", 1],
])("%s %s is %i cents", (text, currency, cents) => {
	expect(parseCents(text, currency)).toBe(cents);
});

test.each(["", "-1", "+1", "1,50", "1.", ".5", "1e3", "0x10", " 1", "1.005", "NaN", "1234567890123"])(
	"%j is no amount of dollars",
	(text) => {
		expect(parseCents(text, "USD")).toBeUndefined();
	},
);

test("an amount that was written is read back to the cent", () => {
	fc.assert(
		fc.property(
			fc.integer({ min: 0, max: 99_999_999_999 }),
			fc.constantFrom("USD", "EUR", "JPY", "KWD"),
			(cents, currency) => {
				const written = formatCents(cents, currency).replace(/[^0-9.]/g, "");
				expect(parseCents(written, currency)).toBe(cents);
			},
		),
		{ seed: 1, numRuns: 500 },
	);
});

test("a sum does not depend on the order, and a product is a sum", () => {
	const amounts = fc.array(fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }), { maxLength: 50 });
	fc.assert(
		fc.property(amounts, fc.nat(99), (list, quantity) => {
			expect(sumCents([...list].reverse())).toBe(sumCents(list));
			expect(BigInt(sumCents(list))).toBe(list.reduce((sum, cents) => sum + BigInt(cents), 0n));
			const [first = 0] = list;
			expect(sumCents([multiplyCents(first, quantity)])).toBe(sumCents(Array.from({ length: quantity }, () => first)));
		}),
		{ seed: 2 },
	);
});

test("what is not whole cents is refused", () => {
	expect(() => formatCents(1.5, "USD")).toThrow(/whole number of cents/);
	expect(() => sumCents([1, Number.NaN])).toThrow(/whole number of cents/);
	expect(() => sumCents([Number.MAX_SAFE_INTEGER, 1])).toThrow(/whole number of cents/);
	expect(() => multiplyCents(100, 1.5)).toThrow(/quantity/);
	expect(() => multiplyCents(100, -1)).toThrow(/quantity/);
	expect(() => fractionDigits("dollars")).toThrow(RangeError);
});
