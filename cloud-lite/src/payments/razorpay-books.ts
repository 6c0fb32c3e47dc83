import { z } from "zod";
import type { BookEntry, BooksResult, DisputeResult, GatewayBooks, ProviderDispute } from "./gateway-books.ts";
import type { RazorpayAccess } from "./razorpay-client.ts";
import {
	attemptRazorpay,
	keyOf,
	paymentSchema,
	type RazorpayPayment,
	type RazorpayRefund,
	refundSchema,
} from "./razorpay-provider.ts";
import { textPdf } from "./text-pdf.ts";

const disputeSchema = z.object({
	id: z.string(),
	payment_id: z.string(),
	amount: z.int(),
	amount_deducted: z.int(),
	reason_code: z.string(),
	respond_by: z.int(),
	status: z.string(),
	currency: z.string(),
	created_at: z.int(),
});
type RazorpayDispute = z.infer<typeof disputeSchema>;

const pageLength = 100;
const mostOfASummary = 1_000;
/** A lost dispute or a failed refund may be of a payment that was made long before. */
const lookBackMs = 180 * 24 * 3_600_000;

/**
 * Payments, refunds and disputes of a Razorpay account. What a sale that is charged first gave back of its order is a
 * part of the payment, not a refund. Source: razorpay.com/docs/api, Payments, Refunds and Disputes.
 */
export class RazorpayBooks implements GatewayBooks {
	readonly #access: RazorpayAccess;

	constructor(access: RazorpayAccess) {
		this.#access = access;
	}

	async books(sinceMs: number): Promise<BooksResult> {
		return attemptRazorpay<BooksResult>(async () => {
			const from = Math.floor(sinceMs / 1_000);
			const early = Math.max(0, Math.floor((sinceMs - lookBackMs) / 1_000));
			const captured = (await all(paymentSchema, (page) => this.#access.client.payments.all({ from, ...page }))).filter(
				(payment) => payment.captured,
			);
			const refunds = await all(refundSchema, (page) => this.#access.client.refunds.all({ from: early, ...page }));
			const disputes = await all(disputeSchema, (page) => this.#access.client.disputes.all({ from: early, ...page }));
			const payments = new Map(captured.map((payment) => [payment.id, payment]));
			const entries = captured.map(paymentEntry);
			for (const refund of refunds) {
				const payment = payments.get(refund.payment_id) ?? (await this.#payment(refund.payment_id));
				payments.set(payment.id, payment);
				// What went back because nobody captured it was never ours.
				if (payment.captured) entries.push(...refundEntries(refund, payment));
			}
			for (const dispute of disputes) {
				if (dispute.amount_deducted === 0) continue;
				const payment = payments.get(dispute.payment_id) ?? (await this.#payment(dispute.payment_id));
				entries.push(disputeEntry(dispute, payment));
			}
			return { kind: "found", entries: entries.sort((one, other) => one.atMs - other.atMs) };
		});
	}

	async dispute(id: string): Promise<DisputeResult> {
		return attemptRazorpay<DisputeResult>(async () => {
			const dispute = disputeSchema.parse(await this.#access.client.disputes.fetch(id));
			const payment = await this.#payment(dispute.payment_id);
			return { kind: "found", dispute: disputeOf(dispute, payment) };
		});
	}

	/** As a document, the only form that Razorpay takes (razorpay.com/docs/api/disputes/contest). */
	async submitEvidence(call: Parameters<GatewayBooks["submitEvidence"]>[0]): Promise<DisputeResult> {
		return attemptRazorpay<DisputeResult>(async () => {
			const { disputeId, productDescription, serviceDate, activityLog } = call;
			const before = disputeSchema.parse(await this.#access.client.disputes.fetch(disputeId));
			const payment = await this.#payment(before.payment_id);
			// An earlier answer was lost: it is handed in.
			if (before.status !== "open") return { kind: "found", dispute: disputeOf(before, payment) };
			const summary = `Sold at an unattended machine on ${serviceDate}: ${productDescription}`;
			const document = await this.#access.uploadEvidence(textPdf(`${summary}\n\n${activityLog}`));
			const contest = {
				amount: before.amount,
				summary: summary.slice(0, mostOfASummary),
				proof_of_service: [document],
				action: "submit",
			};
			const after = disputeSchema.parse(await this.#access.client.disputes.contest(disputeId, contest));
			return { kind: "found", dispute: disputeOf(after, payment) };
		});
	}

	async #payment(id: string): Promise<RazorpayPayment> {
		return paymentSchema.parse(await this.#access.client.payments.fetch(id));
	}
}

/** Everything that a list has, page by page. */
async function all<Item>(
	schema: z.ZodType<Item>,
	ask: (page: { count: number; skip: number }) => Promise<{ items: unknown }>,
): Promise<Item[]> {
	const items: Item[] = [];
	for (;;) {
		const page = z.array(schema).parse((await ask({ count: pageLength, skip: items.length })).items);
		items.push(...page);
		if (page.length < pageLength) return items;
	}
}

function paymentEntry({ id, amount, fee, currency, order_id, created_at }: RazorpayPayment): BookEntry {
	return {
		id,
		kind: "payment",
		amountCents: amount,
		feeCents: fee ?? 0,
		currency: currency.toLowerCase(),
		intent: order_id,
		atMs: created_at * 1_000,
	};
}

function refundEntries(refund: RazorpayRefund, payment: RazorpayPayment): BookEntry[] {
	const { id, amount, currency, created_at, status } = refund;
	const key = keyOf(refund);
	const isRest = key !== null && /:(capture|cancel)$/.test(key);
	const entry: BookEntry = {
		id,
		kind: isRest ? "payment" : "refund",
		amountCents: -amount,
		feeCents: 0,
		currency: currency.toLowerCase(),
		intent: payment.order_id,
		atMs: created_at * 1_000,
	};
	return status === "failed" ? [entry, { ...entry, id: `${id}:failed`, amountCents: amount }] : [entry];
}

function disputeEntry(dispute: RazorpayDispute, payment: RazorpayPayment): BookEntry {
	const { id, amount_deducted, currency, created_at } = dispute;
	return {
		id,
		kind: "dispute",
		amountCents: -amount_deducted,
		feeCents: 0,
		currency: currency.toLowerCase(),
		intent: payment.order_id,
		atMs: created_at * 1_000,
	};
}

function disputeOf(dispute: RazorpayDispute, payment: RazorpayPayment): ProviderDispute {
	const { id, reason_code, status, amount_deducted, respond_by } = dispute;
	return {
		id,
		intent: payment.order_id,
		reason: reason_code,
		status,
		withdrawnCents: amount_deducted,
		evidenceDueAtMs: respond_by * 1_000,
	};
}
