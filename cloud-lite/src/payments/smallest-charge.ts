import type { GatewayName } from "./gateway.ts";

// docs.stripe.com/currencies, "Minimum and maximum charge amounts".
const smallest: Readonly<Record<string, number>> = Object.freeze({
	usd: 50,
	eur: 50,
	cad: 50,
	aud: 50,
	gbp: 30,
	mxn: 1_000,
});
const elsewhere = 50;
/** razorpay.com/docs/api/orders/create: an order is of 100 at least, in the smallest unit. */
const smallestOrder = 100;

/**
 * How much of a price above the hold is captured, so that the rest is not too small to be charged: the sum of both is
 * the price, and neither is more than it may be.
 */
export function captureOfHold(
	finalCents: number,
	heldCents: number,
	{ currency, gateway }: { readonly currency: string; readonly gateway: GatewayName | null },
): number {
	const capture = Math.min(finalCents, heldCents);
	const least = gateway === "razorpay" ? smallestOrder : (smallest[currency.toLowerCase()] ?? elsewhere);
	const rest = finalCents - capture;
	if (rest === 0 || rest >= least || finalCents - least < least) return capture;
	return finalCents - least;
}
