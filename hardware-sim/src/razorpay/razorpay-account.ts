import type { Clock } from "@visionvend/sdk/clock";
import type { Random } from "@visionvend/sdk/random";
import { randomText } from "../stripe/ids.ts";
import { RazorpayError } from "./razorpay-error.ts";

/** Key and value pairs of the merchant. */
export type Notes = Readonly<Record<string, string>>;

/** razorpay.com/docs/api/orders/entity */
export interface RazorpayOrder {
	readonly id: string;
	readonly entity: "order";
	/** In the smallest unit of the currency. */
	readonly amount: number;
	amount_paid: number;
	amount_due: number;
	readonly currency: string;
	readonly receipt: string | null;
	status: "created" | "attempted" | "paid";
	attempts: number;
	readonly notes: Notes;
	/** Unix seconds. */
	readonly created_at: number;
}

/** razorpay.com/docs/api/payments/entity */
export interface RazorpayPayment {
	readonly id: string;
	readonly entity: "payment";
	readonly amount: number;
	readonly currency: string;
	status: "created" | "authorized" | "captured" | "refunded" | "failed";
	readonly order_id: string;
	readonly method: "upi" | "card";
	captured: boolean;
	amount_refunded: number;
	refund_status: "partial" | "full" | null;
	/** Of a captured payment, tax included; null before. */
	fee: number | null;
	tax: number | null;
	error_code: string | null;
	error_description: string | null;
	readonly notes: Notes;
	readonly created_at: number;
}

/** razorpay.com/docs/api/refunds/entity */
export interface RazorpayRefund {
	readonly id: string;
	readonly entity: "refund";
	readonly amount: number;
	readonly currency: string;
	readonly payment_id: string;
	readonly notes: Notes;
	readonly receipt: string | null;
	readonly created_at: number;
	status: "pending" | "processed" | "failed";
	readonly speed_requested: "normal";
	readonly speed_processed: "normal";
}

/** razorpay.com/docs/api/disputes/entity */
export interface RazorpayDispute {
	readonly id: string;
	readonly entity: "dispute";
	readonly payment_id: string;
	readonly amount: number;
	readonly currency: string;
	/** 0 unless the dispute is lost. */
	amount_deducted: number;
	readonly reason_code: string;
	readonly respond_by: number;
	status: "open" | "under_review" | "won" | "lost" | "closed";
	readonly phase: "chargeback";
	/** What was handed in, as it came; null before. */
	evidence: object | null;
	readonly created_at: number;
}

/** razorpay.com/docs/api/documents/entity */
export interface RazorpayDocument {
	readonly id: string;
	readonly entity: "document";
	readonly purpose: "dispute_evidence";
	readonly name: string;
	readonly mime_type: "application/pdf";
	readonly size: number;
	readonly created_at: number;
}

// razorpay.com/docs/payments/payments/capture-settings: what is not captured within 3 days goes back by itself.
const uncapturedLivesMs = 3 * 24 * 3_600_000;
// A refund that fails does so after the bank has looked at it.
const refundFailsAfterMs = 3_600_000;

/** What a merchant's account holds, and how it moves. Amounts in the smallest unit of their currency. */
export class RazorpayAccount {
	readonly orders = new Map<string, RazorpayOrder>();
	readonly payments = new Map<string, RazorpayPayment>();
	readonly refunds = new Map<string, RazorpayRefund>();
	readonly disputes = new Map<string, RazorpayDispute>();
	/** Bytes by their id. */
	readonly documents = new Map<string, Uint8Array>();
	/** Whether the bank sends a refund back an hour after it was made. */
	refundFails: (paymentId: string) => boolean = () => false;
	readonly #capturedByHand = new Set<string>();
	readonly #timers = new Set<() => void>();
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #emit: (event: string, payload: Readonly<Record<string, object>>) => void;

	constructor(options: {
		clock: Clock;
		random: Random;
		/** `payload` as webhooks carry it, without the `entity` level. */
		onEvent: (event: string, payload: Readonly<Record<string, object>>) => void;
	}) {
		this.#clock = options.clock;
		this.#random = options.random;
		this.#emit = options.onEvent;
	}

	createOrder(wish: {
		amount: number;
		currency: string;
		receipt: string | null;
		notes: Notes;
		capture: "automatic" | "manual";
	}): RazorpayOrder {
		const { amount, currency, receipt, notes, capture } = wish;
		const order: RazorpayOrder = {
			id: this.#newId("order"),
			entity: "order",
			amount,
			amount_paid: 0,
			amount_due: amount,
			currency,
			receipt,
			status: "created",
			attempts: 0,
			notes,
			created_at: this.#seconds(),
		};
		this.orders.set(order.id, order);
		if (capture === "manual") this.#capturedByHand.add(order.id);
		return order;
	}

	/** The customer pays in Checkout; `succeeds` tells what the bank says. */
	pay(orderId: string, succeeds: boolean): RazorpayPayment {
		const order = found(this.orders, orderId);
		if (order.status === "paid") throw new RazorpayError(400, "Order already paid");
		const payment: RazorpayPayment = {
			id: this.#newId("pay"),
			entity: "payment",
			amount: order.amount,
			currency: order.currency,
			status: succeeds ? "authorized" : "failed",
			order_id: order.id,
			method: "upi",
			captured: false,
			amount_refunded: 0,
			refund_status: null,
			fee: null,
			tax: null,
			error_code: succeeds ? null : "BAD_REQUEST_ERROR",
			error_description: succeeds ? null : "Payment failed at the bank",
			notes: order.notes,
			created_at: this.#seconds(),
		};
		this.payments.set(payment.id, payment);
		order.status = "attempted";
		order.attempts += 1;
		if (!succeeds) {
			this.#emit("payment.failed", { payment });
			return payment;
		}
		this.#emit("payment.authorized", { payment });
		if (this.#capturedByHand.has(order.id)) this.#after(uncapturedLivesMs, () => this.#expire(payment));
		else this.#captured(payment, order);
		return payment;
	}

	capture(paymentId: string, amount: number, currency: string): RazorpayPayment {
		const payment = found(this.payments, paymentId);
		if (payment.captured) throw new RazorpayError(400, "This payment has already been captured");
		if (payment.status !== "authorized") {
			throw new RazorpayError(400, "Only payments which have been authorized and not yet captured can be captured");
		}
		if (amount !== payment.amount || currency !== payment.currency) {
			throw new RazorpayError(400, "Capture amount must be equal to the amount authorized");
		}
		this.#captured(payment, found(this.orders, payment.order_id));
		return payment;
	}

	refund(
		paymentId: string,
		wish: { amount: number | undefined; notes: Notes; receipt: string | null },
	): RazorpayRefund {
		const payment = found(this.payments, paymentId);
		if (!payment.captured) throw new RazorpayError(400, "The payment has not been captured, so it cannot be refunded");
		const left = payment.amount - payment.amount_refunded;
		if (left === 0) throw new RazorpayError(400, "The payment has been fully refunded already");
		const amount = wish.amount ?? left;
		if (amount > left) {
			throw new RazorpayError(400, "The total refund amount is greater than the refund payment amount");
		}
		const fails = this.refundFails(paymentId);
		const refund = this.#refunded(payment, amount, { ...wish, status: fails ? "pending" : "processed" });
		if (fails) this.#after(refundFailsAfterMs, () => this.#refundFailed(refund, payment));
		else this.#emit("refund.processed", { refund, payment });
		return refund;
	}

	dispute(paymentId: string): RazorpayDispute {
		const payment = found(this.payments, paymentId);
		const dispute: RazorpayDispute = {
			id: this.#newId("disp"),
			entity: "dispute",
			payment_id: payment.id,
			amount: payment.amount - payment.amount_refunded,
			currency: payment.currency,
			amount_deducted: 0,
			reason_code: "goods_or_services_not_provided",
			respond_by: this.#seconds() + 7 * 86_400,
			status: "open",
			phase: "chargeback",
			evidence: null,
			created_at: this.#seconds(),
		};
		this.disputes.set(dispute.id, dispute);
		this.#emit("payment.dispute.created", { payment, dispute });
		return dispute;
	}

	/** Keeps a document and answers its id. */
	addDocument(bytes: Uint8Array, name: string): RazorpayDocument {
		const document: RazorpayDocument = {
			id: this.#newId("doc"),
			entity: "document",
			purpose: "dispute_evidence",
			name,
			mime_type: "application/pdf",
			size: bytes.length,
			created_at: this.#seconds(),
		};
		this.documents.set(document.id, bytes);
		return document;
	}

	/** The merchant hands its evidence in, once. */
	contest(disputeId: string, evidence: { readonly proof_of_service: readonly string[] }): RazorpayDispute {
		const dispute = found(this.disputes, disputeId);
		if (dispute.status !== "open") throw new RazorpayError(400, "The dispute cannot be contested in its current state");
		for (const id of evidence.proof_of_service) found(this.documents, id);
		dispute.evidence = evidence;
		dispute.status = "under_review";
		const payment = found(this.payments, dispute.payment_id);
		this.#emit("payment.dispute.under_review", { payment, dispute });
		return dispute;
	}

	decideDispute(disputeId: string, won: boolean): RazorpayDispute {
		const dispute = found(this.disputes, disputeId);
		dispute.status = won ? "won" : "lost";
		if (!won) dispute.amount_deducted = dispute.amount;
		const payment = found(this.payments, dispute.payment_id);
		this.#emit(won ? "payment.dispute.won" : "payment.dispute.lost", { payment, dispute });
		return dispute;
	}

	/** What the account has of its payments: refunds, fees and lost disputes taken off. */
	balance(): number {
		let balance = 0;
		for (const { captured, amount, fee } of this.payments.values()) if (captured) balance += amount - (fee ?? 0);
		for (const { payment_id, status, amount } of this.refunds.values()) {
			if (status !== "failed" && this.payments.get(payment_id)?.captured === true) balance -= amount;
		}
		for (const { amount_deducted } of this.disputes.values()) balance -= amount_deducted;
		return balance;
	}

	/** Forgets everything that waits for its time. */
	close(): void {
		for (const cancel of this.#timers) cancel();
		this.#timers.clear();
	}

	#captured(payment: RazorpayPayment, order: RazorpayOrder): void {
		payment.status = "captured";
		payment.captured = true;
		// 2 % and 18 % tax on it, as the public price list says.
		const fee = Math.round(payment.amount * 0.02);
		payment.tax = Math.round(fee * 0.18);
		payment.fee = fee + payment.tax;
		order.status = "paid";
		order.amount_paid = order.amount;
		order.amount_due = 0;
		this.#emit("payment.captured", { payment });
		this.#emit("order.paid", { payment, order });
	}

	/** Nobody captured it in time: the customer gets it back, without fees. */
	#expire(payment: RazorpayPayment): void {
		if (payment.status !== "authorized") return;
		const refund = this.#refunded(payment, payment.amount, { notes: {}, receipt: null, status: "processed" });
		this.#emit("refund.processed", { refund, payment });
	}

	#refunded(
		payment: RazorpayPayment,
		amount: number,
		given: { notes: Notes; receipt: string | null; status: RazorpayRefund["status"] },
	): RazorpayRefund {
		const refund: RazorpayRefund = {
			id: this.#newId("rfnd"),
			entity: "refund",
			amount,
			currency: payment.currency,
			payment_id: payment.id,
			notes: given.notes,
			receipt: given.receipt,
			created_at: this.#seconds(),
			status: given.status,
			speed_requested: "normal",
			speed_processed: "normal",
		};
		this.refunds.set(refund.id, refund);
		this.#setRefunded(payment, payment.amount_refunded + amount);
		this.#emit("refund.created", { refund, payment });
		return refund;
	}

	#refundFailed(refund: RazorpayRefund, payment: RazorpayPayment): void {
		refund.status = "failed";
		this.#setRefunded(payment, payment.amount_refunded - refund.amount);
		this.#emit("refund.failed", { refund, payment });
	}

	#setRefunded(payment: RazorpayPayment, amount: number): void {
		payment.amount_refunded = amount;
		payment.refund_status = amount === 0 ? null : amount === payment.amount ? "full" : "partial";
		if (payment.refund_status === "full") payment.status = "refunded";
		else if (payment.captured) payment.status = "captured";
	}

	#after(delayMs: number, callback: () => void): void {
		const cancel = this.#clock.after(delayMs, () => {
			this.#timers.delete(cancel);
			callback();
		});
		this.#timers.add(cancel);
	}

	#newId(prefix: string): string {
		return `${prefix}_${randomText(this.#random, 14)}`;
	}

	#seconds(): number {
		return Math.floor(this.#clock.now() / 1_000);
	}
}

/** @throws RazorpayError 400 as the API answers for ids that it does not know */
export function found<Item>(items: ReadonlyMap<string, Item>, id: string): Item {
	const item = items.get(id);
	if (item === undefined) throw new RazorpayError(400, "The id provided does not exist");
	return item;
}
