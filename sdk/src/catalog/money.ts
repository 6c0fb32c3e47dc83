import { parseDecimal } from "./parse-decimal.ts";

/**
 * Money is whole cents: the smallest unit of a currency, which Stripe's API counts in too. `cents` stays the word where
 * a currency has another one, or has no smaller unit than its main one (JPY).
 */

/** Writes an amount as people in the United States do: `$1,234.50`, `-$0.05`, `¥350`. `currency` is ISO 4217, either case. */
export function formatCents(cents: number, currency: string): string {
	requireCents(cents);
	const digits = fractionDigits(currency);
	const unit = 10 ** digits;
	const magnitude = Math.abs(cents);
	// Whole and fraction are written apart: no amount is ever divided into a fraction that binary cannot hold.
	const whole = new Intl.NumberFormat("en-US", {
		style: "currency",
		currency,
		minimumFractionDigits: 0,
		maximumFractionDigits: 0,
	}).format(Math.floor(magnitude / unit));
	const fraction = digits === 0 ? "" : `.${String(magnitude % unit).padStart(digits, "0")}`;
	return `${cents < 0 ? "-" : ""}${whole}${fraction}`;
}

/**
 * Reads an amount that a person wrote: `2`, `2.5` and `2.00` are 200, 250 and 200 cents of a dollar. Reads digits, never
 * floating point. Returns `undefined` for anything else: signs, other separators, more decimals than the currency has.
 */
export function parseCents(text: string, currency: string): number | undefined {
	return parseDecimal(text, fractionDigits(currency));
}

/** Adds amounts. Throws a RangeError on anything but whole cents, and when the sum would not be exact. */
export function sumCents(amounts: Iterable<number>): number {
	let sum = 0;
	for (const cents of amounts) {
		requireCents(cents);
		sum += cents;
		requireCents(sum);
	}
	return sum;
}

/** A price times so many units. Throws a RangeError on anything but whole cents and whole units of 0 or more. */
export function multiplyCents(cents: number, quantity: number): number {
	requireCents(cents);
	if (!Number.isSafeInteger(quantity) || quantity < 0) {
		throw new RangeError(`A quantity is a whole number of 0 or more, not ${quantity}.`);
	}
	const product = cents * quantity;
	requireCents(product);
	return product;
}

/** Decimals of a currency by ISO 4217: 2 for USD, 0 for JPY, 3 for KWD. Throws a RangeError for what is no currency code. */
export function fractionDigits(currency: string): number {
	return new Intl.NumberFormat("en-US", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

function requireCents(cents: number): void {
	if (!Number.isSafeInteger(cents)) {
		throw new RangeError(`Money is a whole number of cents up to 2^53, not ${cents}.`);
	}
}
