import { z } from "zod";
import type { Row, Statement } from "../db/database.ts";
import { payLater } from "../outbox/outbox-entry.ts";
import type { PaymentKind } from "../sales/sale-draft.ts";
import { type GatewayName, gatewayNameSchema } from "./gateway.ts";

/** The durable intent behind one call to the payment provider. */
export interface PaymentOperation {
	/** Also the idempotency key at the provider. */
	readonly key: string;
	readonly saleId: string;
	readonly kind: PaymentKind;
	/** Counts the operations of a kind in a sale, from 1. */
	readonly sequence: number;
	/** The new total for `increment`; what was really taken once a payment has succeeded. */
	readonly amountCents: number;
	readonly currency: string;
	readonly customer: string | null;
	readonly paymentMethod: string | null;
	/** The provider's object that is captured, cancelled, increased or refunded; for a payment, the one that it made. */
	readonly intent: string | null;
	/** The shopper waits at the phone and can answer a question of the bank. */
	readonly shopperPresent: boolean;
	readonly state: "pending" | "succeeded" | "failed";
	readonly createdAtMs: number;
	/** The account that the sale is paid through. */
	readonly gateway: GatewayName | null;
}

const keyEndings: Readonly<Record<PaymentKind, string>> = Object.freeze({
	auth: "auth",
	capture: "capture",
	cancel: "cancel",
	second: "second:auth",
	increment: "inc",
	refund: "refund",
	debt: "debt",
});
const numbered: readonly PaymentKind[] = Object.freeze(["increment", "refund", "debt"]);

/**
 * The same for ever, so that a repeated call is recognised by the provider: `sale:{id}:capture`, and with a number where
 * there may be several: `sale:{id}:refund:2`.
 */
export function operationKey(saleId: string, kind: PaymentKind, sequence = 1): string {
	const key = `sale:${saleId}:${keyEndings[kind]}`;
	return sequence > 1 || numbered.includes(kind) ? `${key}:${sequence}` : key;
}

const rowSchema = z.object({
	key: z.string(),
	sale_id: z.string(),
	kind: z.enum(["auth", "capture", "cancel", "second", "increment", "refund", "debt"]),
	sequence: z.int(),
	amount_cents: z.int(),
	currency: z.string(),
	customer: z.string().nullable(),
	payment_method: z.string().nullable(),
	intent: z.string().nullable(),
	shopper_present: z.int(),
	state: z.enum(["pending", "succeeded", "failed"]),
	created_at_ms: z.int(),
	gateway: gatewayNameSchema.nullable(),
});

/** A row of table `payment_operation` with the `gateway` of its sale. */
export function operationOf(row: Row): PaymentOperation {
	const columns = rowSchema.parse(row);
	return {
		key: columns.key,
		saleId: columns.sale_id,
		kind: columns.kind,
		sequence: columns.sequence,
		amountCents: columns.amount_cents,
		currency: columns.currency,
		customer: columns.customer,
		paymentMethod: columns.payment_method,
		intent: columns.intent,
		shopperPresent: columns.shopper_present === 1,
		state: columns.state,
		createdAtMs: columns.created_at_ms,
		gateway: columns.gateway,
	};
}

/**
 * Writes the intent and puts the call into the outbox; the call itself happens after the commit.
 * @param dueAtMs when the outbox calls; later than now where the writer calls by itself, and it is only for one that died
 */
export function operationStatements(
	operation: Omit<PaymentOperation, "key" | "state" | "createdAtMs" | "gateway">,
	nowMs: number,
	dueAtMs = nowMs,
): Statement[] {
	const { saleId, kind, sequence, amountCents, currency, customer, paymentMethod, intent, shopperPresent } = operation;
	const key = operationKey(saleId, kind, sequence);
	return [
		{
			sql: `INSERT INTO payment_operation
				(key, sale_id, kind, sequence, amount_cents, currency, customer, payment_method, intent, shopper_present,
					state, created_at_ms)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?)`,
			args: [
				key,
				saleId,
				kind,
				sequence,
				amountCents,
				currency,
				customer,
				paymentMethod,
				intent,
				shopperPresent ? 1 : 0,
				nowMs,
			],
		},
		payLater(key, { lane: saleId, nowMs, dueAtMs }),
	];
}
