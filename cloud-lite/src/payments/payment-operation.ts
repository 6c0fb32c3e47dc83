import { z } from "zod";
import type { Row, Statement } from "../db/database.ts";
import { payLater } from "../outbox/outbox-entry.ts";
import type { PaymentKind } from "../sales/sale-machine.ts";

/** The durable intent behind one call to the payment provider. */
export interface PaymentOperation {
	/** Also the idempotency key at the provider. */
	readonly key: string;
	readonly saleId: string;
	readonly kind: PaymentKind;
	readonly amountCents: number;
	readonly currency: string;
	readonly customer: string | null;
	readonly paymentMethod: string | null;
	/** The provider's object that is captured or cancelled. */
	readonly intent: string | null;
	readonly state: "pending" | "succeeded" | "failed";
	readonly createdAtMs: number;
}

const keyEndings: Readonly<Record<PaymentKind, string>> = Object.freeze({
	auth: "auth",
	capture: "capture",
	cancel: "cancel",
	second: "second:auth",
});

/** The same for ever, so that a repeated call is recognised by the provider: `sale:{id}:capture`. */
export function operationKey(saleId: string, kind: PaymentKind): string {
	return `sale:${saleId}:${keyEndings[kind]}`;
}

const rowSchema = z.object({
	key: z.string(),
	sale_id: z.string(),
	kind: z.enum(["auth", "capture", "cancel", "second"]),
	amount_cents: z.int(),
	currency: z.string(),
	customer: z.string().nullable(),
	payment_method: z.string().nullable(),
	intent: z.string().nullable(),
	state: z.enum(["pending", "succeeded", "failed"]),
	created_at_ms: z.int(),
});

/** A row of table `payment_operation`. */
export function operationOf(row: Row): PaymentOperation {
	const columns = rowSchema.parse(row);
	return {
		key: columns.key,
		saleId: columns.sale_id,
		kind: columns.kind,
		amountCents: columns.amount_cents,
		currency: columns.currency,
		customer: columns.customer,
		paymentMethod: columns.payment_method,
		intent: columns.intent,
		state: columns.state,
		createdAtMs: columns.created_at_ms,
	};
}

/** Writes the intent and puts the call into the outbox; the call itself happens after the commit. */
export function operationStatements(
	operation: Omit<PaymentOperation, "key" | "state" | "createdAtMs">,
	nowMs: number,
): Statement[] {
	const { saleId, kind, amountCents, currency, customer, paymentMethod, intent } = operation;
	const key = operationKey(saleId, kind);
	return [
		{
			sql: `INSERT INTO payment_operation
				(key, sale_id, kind, amount_cents, currency, customer, payment_method, intent, state, created_at_ms)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?)`,
			args: [key, saleId, kind, amountCents, currency, customer, paymentMethod, intent, nowMs],
		},
		payLater(key, { lane: saleId, nowMs }),
	];
}
