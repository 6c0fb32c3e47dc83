/** Currencies whose smallest unit is the main one (ISO 4217), as Stripe lists them. */
const WITHOUT_CENTS = " bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf ";

/** A price for the screen: `$3.50`, `€3.50`, `350 JPY`. */
export function formatPrice(cents: number, currency: string): string {
	const code = currency.toLowerCase();
	if (WITHOUT_CENTS.includes(` ${code} `)) return `${cents} ${currency.toUpperCase()}`;
	const digits = String(cents).padStart(3, "0");
	const amount = `${digits.slice(0, -2)}.${digits.slice(-2)}`;
	if (code === "usd") return `$${amount}`;
	if (code === "eur") return `€${amount}`;
	return `${amount} ${currency.toUpperCase()}`;
}
