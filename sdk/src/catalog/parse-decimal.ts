/**
 * Reads a decimal number as a whole number of its smallest unit, digit by digit: `parseDecimal("355.2", 3)` is 355200.
 * Returns `undefined` for anything but up to 12 digits, and at most `fractionDigits` more after a point: signs,
 * exponents and further decimals are refused, never rounded.
 */
export function parseDecimal(text: string, fractionDigits: number): number | undefined {
	const match = /^([0-9]{1,12})(?:\.([0-9]+))?$/.exec(text);
	if (match === null) {
		return undefined;
	}
	const [, whole = "", fraction = ""] = match;
	return fraction.length > fractionDigits ? undefined : Number(whole + fraction.padEnd(fractionDigits, "0"));
}
