import { z } from "@hono/zod-openapi";
import type { Database } from "../db/database.ts";
import { checkoutOf, checkoutSchema, waitsForShopper } from "../payments/checkout.ts";
import type { Gateways } from "../payments/gateway.ts";
import { saleStates } from "./sale.ts";
import type { SaleStore } from "./sale-store.ts";

/** A sale as the API shows it. Amounts in the smallest unit of the currency. */
export const saleViewSchema = z
	.object({
		id: z.string(),
		machineId: z.string(),
		state: z.enum(saleStates),
		cause: z
			.string()
			.nullable()
			.openapi({ description: "Why it was cancelled or needs review", example: "never_opened" }),
		currency: z.string(),
		heldCents: z.int(),
		capturedCents: z.int(),
		items: z.array(z.object({ sku: z.string(), name: z.string(), quantity: z.int(), unitPriceCents: z.int() })),
		clientSecret: z
			.string()
			.nullable()
			.openapi({ description: "While a payment waits for the shopper: with it the phone confirms it at Stripe" }),
		checkout: checkoutSchema.nullable().openapi({ description: "What the shopper has to pay in Razorpay's Checkout" }),
		events: z.array(z.object({ atMs: z.int(), event: z.string() })),
	})
	.openapi("Sale");

export type SaleView = z.infer<typeof saleViewSchema>;

const eventSchema = z.object({ at_ms: z.int(), event: z.string() });

/** The sale as its shopper may see it; `undefined` when there is none, or it is somebody else's. */
export async function viewSale(
	sales: SaleStore,
	database: Database,
	saleId: string,
	shopperId: string,
	gateways: Gateways,
): Promise<SaleView | undefined> {
	const sale = await sales.find(saleId);
	if (!sale || sale.shopperId !== shopperId) return undefined;
	const events = await database.read("SELECT at_ms, event FROM sale_event WHERE sale_id = ? ORDER BY id", [saleId]);
	const { id, machineId, state, cause, currency, heldCents, capturedCents } = sale;
	return {
		id,
		machineId,
		state,
		cause,
		currency,
		heldCents,
		capturedCents,
		items: (await sales.lines(saleId)).map((line) => ({ ...line })),
		clientSecret: waitsForShopper(sale) ? sale.clientSecret : null,
		checkout: checkoutOf(sale, gateways) ?? null,
		events: events.map((row) => {
			const { at_ms, event } = eventSchema.parse(row);
			return { atMs: at_ms, event };
		}),
	};
}
