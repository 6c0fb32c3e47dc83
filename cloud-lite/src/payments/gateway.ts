import { z } from "zod";
import type { GatewayBooks } from "./gateway-books.ts";
import type { PaymentProvider } from "./payment-provider.ts";

/** Whose account money goes through. */
export const gatewayNameSchema = z.enum(["stripe", "razorpay"]);
export type GatewayName = z.infer<typeof gatewayNameSchema>;

/** An account with a payment provider. */
export interface Gateway {
	readonly provider: PaymentProvider;
	readonly books: GatewayBooks;
	/** What a phone names the account by where it asks the shopper to pay; null where the phone needs nothing of us. */
	readonly publicKey: string | null;
}

/** The accounts that this cloud has. */
export type Gateways = Readonly<Partial<Record<GatewayName, Gateway>>>;

/**
 * Whether money is taken before the door opens, and what was not used goes back: Razorpay deducts it when the shopper
 * agrees, and captures all of it or nothing. Stripe holds an amount and captures less of it.
 */
export function isChargedFirst(gateway: GatewayName | null): boolean {
	return gateway === "razorpay";
}
