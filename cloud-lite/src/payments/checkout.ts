import { z } from "@hono/zod-openapi";
import type { Sale } from "../sales/sale.ts";
import { owedCents } from "../sales/sale-collection.ts";
import type { Gateways } from "./gateway.ts";

/** What Razorpay's Checkout asks for. */
export const checkoutSchema = z
	.object({
		keyId: z.string(),
		orderId: z.string(),
		amountCents: z.int(),
		currency: z.string(),
	})
	.openapi("Checkout");
export type Checkout = z.infer<typeof checkoutSchema>;

/** Whether the phone has to do something for a payment of this sale: pay first, or answer the bank about a debt. */
export function waitsForShopper(sale: Sale): boolean {
	const { state, settlement, holdIntent, clientSecret, secondIntent, declineCode, debtPending } = sale;
	if (clientSecret === null) return false;
	if (state === "requested") return settlement === null && holdIntent === null;
	const isAsked = secondIntent !== null && declineCode === "authentication_required";
	return owedCents(sale) > 0 && !debtPending && isAsked;
}

/** What the shopper pays in the provider's form; `undefined` where nothing waits, or the provider has no such form. */
export function checkoutOf(sale: Sale, gateways: Gateways): Checkout | undefined {
	const keyId = sale.gateway === null ? undefined : gateways[sale.gateway]?.publicKey;
	const { secondIntent, clientSecret, holdCents, currency } = sale;
	if (keyId === undefined || keyId === null || !waitsForShopper(sale)) return undefined;
	const owed = owedCents(sale);
	const orderId = owed > 0 ? secondIntent : clientSecret;
	return orderId === null ? undefined : { keyId, orderId, amountCents: owed > 0 ? owed : holdCents, currency };
}
