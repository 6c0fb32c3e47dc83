import { formatCents } from "@visionvend/sdk/catalog/money";
import { expect, test } from "vitest";
import { formatPrice } from "./price.ts";

test.each([
	[350, "usd", "$3.50"],
	[5, "USD", "$0.05"],
	[0, "usd", "$0.00"],
	[123_450, "eur", "€1234.50"],
	[350, "gbp", "3.50 GBP"],
	[350, "jpy", "350 JPY"],
])("%i of %s is %s", (cents, currency, text) => {
	expect(formatPrice(cents, currency)).toBe(text);
});

test("up to a thousand dollars it is what the receipt on the phone says", () => {
	for (const cents of [0, 1, 99, 100, 999, 12_345, 99_999]) {
		expect(formatPrice(cents, "USD")).toBe(formatCents(cents, "USD"));
	}
});
