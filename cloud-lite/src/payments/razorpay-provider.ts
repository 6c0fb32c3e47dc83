import { createHash } from "node:crypto";
import type { Clock } from "@visionvend/sdk/clock";
import type Razorpay from "razorpay";
import { z } from "zod";
import type {
	CancelResult,
	CaptureResult,
	ChargeResult,
	HoldResult,
	IncreaseResult,
	IntentStatus,
	PaymentProvider,
	RefundResult,
	RefundStatus,
	Refused,
	SaveResult,
	Unknown,
} from "./payment-provider.ts";
import { ProviderCircuit } from "./provider-circuit.ts";

const orderSchema = z.object({ id: z.string(), amount: z.int(), currency: z.string() });
/** Of a payment, what money asks for. Source: razorpay.com/docs/api/payments/entity. */
export const paymentSchema = z.object({
	id: z.string(),
	order_id: z.string().nullable(),
	amount: z.int(),
	currency: z.string(),
	status: z.enum(["created", "authorized", "captured", "refunded", "failed"]),
	captured: z.boolean(),
	fee: z.int().nullable(),
	created_at: z.int(),
});
export type RazorpayPayment = z.infer<typeof paymentSchema>;
/** Of a refund, what money asks for. Without notes the API answers an empty list. */
export const refundSchema = z.object({
	id: z.string(),
	payment_id: z.string(),
	amount: z.int(),
	currency: z.string(),
	status: z.enum(["pending", "processed", "failed"]),
	notes: z.union([z.object({ operation: z.string().optional() }), z.tuple([])]),
	created_at: z.int(),
});
export type RazorpayRefund = z.infer<typeof refundSchema>;
const errorSchema = z.object({
	statusCode: z.coerce.number(),
	error: z.object({ code: z.string(), description: z.string() }).optional(),
});

/** A sale that stays in review is decided before this; what was charged does not end by itself. */
const decidedWithinMs = 5 * 24 * 3_600_000;
const mostOfAList = 100;

/**
 * Razorpay through its official client. The shopper pays an order in Razorpay's Checkout before the door opens; what the
 * sale does not use goes back at once. An order is what other providers call an intent. Sources: razorpay.com/docs/api,
 * Orders, Payments and Refunds.
 */
export class RazorpayProvider implements PaymentProvider {
	readonly #client: Razorpay;
	readonly #clock: Clock;
	readonly #circuit: ProviderCircuit;

	/** `client`: of `createRazorpay`. */
	constructor(client: Razorpay, clock: Clock) {
		this.#client = client;
		this.#clock = clock;
		this.#circuit = new ProviderCircuit("Razorpay", clock);
	}

	get reachable(): boolean | undefined {
		return this.#circuit.reachable;
	}

	/** Held is what the shopper has paid and we have captured. */
	async hold(call: Parameters<PaymentProvider["hold"]>[0]): Promise<HoldResult> {
		return this.#try<HoldResult>(async () => {
			const orderId = call.intent ?? (await this.#order(call, "hold", "manual"));
			const payment = await this.#payment(orderId);
			if (!payment) return { kind: "awaiting", intent: orderId };
			if (payment.status === "authorized") {
				await this.#client.payments.capture(payment.id, payment.amount, payment.currency);
			}
			return {
				kind: "held",
				intent: orderId,
				clientSecret: orderId,
				captureBeforeMs: this.#clock.now() + decidedWithinMs,
				incrementable: false,
				mostCapturableCents: payment.amount,
			};
		});
	}

	/** All of it was captured already; what is above the amount goes back. */
	async capture(call: Parameters<PaymentProvider["capture"]>[0]): Promise<CaptureResult> {
		return this.#try<CaptureResult>(async () => {
			const payment = await this.#payment(call.intent);
			if (!payment?.captured) return { kind: "gone", message: "the order is not paid" };
			const restCents = payment.amount - call.amountCents;
			if (restCents <= 0) return { kind: "captured", amountCents: payment.amount };
			const returned = await this.#giveBack(payment, restCents, call);
			if (returned.kind === "refunded") {
				return { kind: "captured", amountCents: payment.amount - returned.amountCents };
			}
			// The shopper has paid all of it, and people have to give the rest back.
			return { kind: "captured", amountCents: payment.amount };
		});
	}

	async increase(): Promise<IncreaseResult> {
		return { kind: "refused", code: "not_offered", message: "Razorpay does not let an order grow" };
	}

	async cancel(call: Parameters<PaymentProvider["cancel"]>[0]): Promise<CancelResult> {
		return this.#try<CancelResult>(async () => {
			const payment = await this.#payment(call.intent);
			// What is paid later is never captured, and goes back by itself.
			if (!payment?.captured) return { kind: "released" };
			const returned = await this.#giveBack(payment, payment.amount, call);
			return returned.kind === "refunded" ? { kind: "released" } : returned;
		});
	}

	/** Nothing is taken without the shopper: an order waits to be paid in Checkout. */
	async charge(call: Parameters<PaymentProvider["charge"]>[0]): Promise<ChargeResult> {
		if (!call.shopperPresent) {
			const message = "Pay what is missing in the app.";
			return { kind: "declined", code: "authentication_required", message, intent: null };
		}
		return this.#try<ChargeResult>(async () => {
			const orderId = await this.#order(call, call.purpose, "automatic");
			return { kind: "action_required", intent: orderId, clientSecret: orderId };
		});
	}

	async refund(call: Parameters<PaymentProvider["refund"]>[0]): Promise<RefundResult> {
		return this.#try<RefundResult>(async () => {
			const payment = await this.#payment(call.intent);
			if (!payment?.captured) return { kind: "refused", code: "not_paid", message: "the order is not paid" };
			return this.#giveBack(payment, call.amountCents, call);
		});
	}

	async save(): Promise<SaveResult> {
		return { kind: "refused", code: "not_needed", message: "Nothing is saved: each sale is paid in Checkout." };
	}

	async status(intent: string): Promise<IntentStatus> {
		return this.#try<IntentStatus>(async () => {
			const payment = await this.#payment(intent);
			return payment?.captured
				? { kind: "found", status: "succeeded", receivedCents: payment.amount }
				: { kind: "found", status: payment?.status ?? "created", receivedCents: 0 };
		});
	}

	async refundStatus(refundId: string): Promise<RefundStatus> {
		return this.#try<RefundStatus>(async () => {
			const refund = refundSchema.parse(await this.#client.refunds.fetch(refundId));
			const { amount: amountCents, status } = refund;
			return { kind: "found", operation: keyOf(refund), amountCents, failed: status === "failed" };
		});
	}

	/** An order of this purpose; the earlier one where there may be one, so that the shopper sees one only. */
	async #order(
		call: Parameters<PaymentProvider["hold"]>[0],
		purpose: string,
		capture: "automatic" | "manual",
	): Promise<string> {
		// 40 characters at most.
		const receipt = createHash("sha256").update(call.key).digest("hex").slice(0, 40);
		if (call.lookFirst) {
			const { items } = await this.#client.orders.all({ receipt, count: mostOfAList });
			const earlier = z.array(orderSchema).parse(items).at(-1);
			if (earlier) return earlier.id;
		}
		const order = await this.#client.orders.create({
			amount: call.amountCents,
			currency: call.currency.toUpperCase(),
			receipt,
			notes: { sale_id: call.saleId, purpose },
			payment: { capture },
		});
		return orderSchema.parse(order).id;
	}

	/** The payment of an order that brought money, when there is one. */
	async #payment(orderId: string): Promise<RazorpayPayment | undefined> {
		const { items } = await this.#client.orders.fetchPayments(orderId);
		const payments = z.array(paymentSchema).parse(items);
		return payments.find(({ captured }) => captured) ?? payments.find(({ status }) => status === "authorized");
	}

	/** Refunds once for each key. */
	async #giveBack(
		payment: RazorpayPayment,
		amountCents: number,
		{ key, lookFirst }: { readonly key: string; readonly lookFirst: boolean },
	): Promise<{ readonly kind: "refunded"; readonly amountCents: number } | Refused> {
		let refund = lookFirst ? await this.#refundOf(payment.id, key) : undefined;
		try {
			refund ??= refundSchema.parse(
				await this.#client.payments.refund(payment.id, { amount: amountCents, notes: { operation: key } }),
			);
		} catch (error) {
			const failure = failureOf(error);
			if (failure.kind === "unknown") throw error;
			return failure;
		}
		if (refund.status === "failed")
			return { kind: "refused", code: "failed", message: "the bank did not take the refund" };
		return { kind: "refunded", amountCents: refund.amount };
	}

	async #refundOf(paymentId: string, key: string): Promise<RazorpayRefund | undefined> {
		const { items } = await this.#client.payments.fetchMultipleRefund(paymentId, { count: mostOfAList });
		return z
			.array(refundSchema)
			.parse(items)
			.find((refund) => keyOf(refund) === key);
	}

	#try<Result extends { readonly kind: string }>(call: () => Promise<Result>): Promise<Result | Refused | Unknown> {
		return this.#circuit.call(() => attemptRazorpay(call));
	}
}

/** The operation of ours that made a refund; null when somebody made it by hand. */
export function keyOf({ notes }: RazorpayRefund): string | null {
	return "operation" in notes ? (notes.operation ?? null) : null;
}

/** Answers a failed call by what it means. */
export async function attemptRazorpay<Result>(call: () => Promise<Result>): Promise<Result | Refused | Unknown> {
	try {
		return await call();
	} catch (error) {
		return failureOf(error);
	}
}

/**
 * What a rejection of the client says about a call: certainly not done, or nobody knows. A broken connection comes as a
 * TypeError, for the client looks for an answer where there is none.
 */
function failureOf(error: unknown): Refused | Unknown {
	const answered = errorSchema.safeParse(error);
	if (!answered.success) {
		if (error instanceof TypeError) return { kind: "unknown", message: "Razorpay does not answer" };
		throw error;
	}
	const { statusCode, error: said } = answered.data;
	const message = said?.description ?? `Razorpay answered ${statusCode}`;
	const refused = statusCode === 400 || statusCode === 404;
	return refused ? { kind: "refused", code: said?.code ?? "refused", message } : { kind: "unknown", message };
}
