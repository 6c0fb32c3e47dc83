import Stripe from "stripe";
import type { BookEntry, BooksResult, DisputeResult, GatewayBooks, ProviderDispute } from "./gateway-books.ts";
import type { Refused, Unknown } from "./payment-provider.ts";
import { failureOf } from "./stripe-provider.ts";

/** The balance transactions and disputes of a Stripe account. Source: API reference, Balance Transactions and Disputes. */
export class StripeBooks implements GatewayBooks {
	readonly #stripe: Stripe;

	/** `stripe`: made with `maxNetworkRetries: 0`. */
	constructor(stripe: Stripe) {
		this.#stripe = stripe;
	}

	async books(sinceMs: number): Promise<BooksResult> {
		return attempt<BooksResult>(async () => {
			const entries: BookEntry[] = [];
			const pages = this.#stripe.balanceTransactions.list({
				created: { gte: Math.floor(sinceMs / 1000) },
				limit: 100,
				expand: ["data.source"],
			});
			for await (const transaction of pages) entries.push(entryOf(transaction));
			return { kind: "found", entries: entries.reverse() };
		});
	}

	async dispute(id: string): Promise<DisputeResult> {
		return attempt<DisputeResult>(async () => {
			return { kind: "found", dispute: disputeOf(await this.#stripe.disputes.retrieve(id)) };
		});
	}

	async submitEvidence(call: Parameters<GatewayBooks["submitEvidence"]>[0]): Promise<DisputeResult> {
		const { disputeId, key, productDescription, serviceDate, activityLog } = call;
		return attempt<DisputeResult>(async () => {
			const evidence = {
				product_description: productDescription,
				service_date: serviceDate,
				// Stripe takes 150,000 characters of text in all.
				access_activity_log: activityLog.slice(0, 20_000),
			};
			const dispute = await this.#stripe.disputes.update(
				disputeId,
				{ evidence, submit: true },
				{ idempotencyKey: key },
			);
			return { kind: "found", dispute: disputeOf(dispute) };
		});
	}
}

async function attempt<Result>(call: () => Promise<Result>): Promise<Result | Refused | Unknown> {
	try {
		return await call();
	} catch (error) {
		if (!(error instanceof Stripe.errors.StripeError)) throw error;
		return failureOf(error);
	}
}

const kinds: Readonly<Record<string, BookEntry["kind"]>> = Object.freeze({
	charge: "payment",
	refund: "refund",
	refund_failure: "refund",
	dispute: "dispute",
	dispute_reversal: "dispute",
	payout: "payout",
	payout_reversal: "payout",
});

function entryOf(transaction: Stripe.BalanceTransaction): BookEntry {
	const { id, reporting_category, amount, fee, currency, created, source } = transaction;
	const payment =
		source !== null && typeof source !== "string" && "payment_intent" in source ? source.payment_intent : null;
	return {
		id,
		kind: kinds[reporting_category] ?? "other",
		amountCents: amount,
		feeCents: fee,
		currency,
		intent: idOf(payment ?? null),
		atMs: created * 1000,
	};
}

function disputeOf(dispute: Stripe.Dispute): ProviderDispute {
	const { id, reason, status, balance_transactions, payment_intent, evidence_details } = dispute;
	return {
		id,
		intent: idOf(payment_intent),
		reason,
		status,
		withdrawnCents: balance_transactions.reduce((cents, { amount }) => cents + Math.max(0, -amount), 0),
		evidenceDueAtMs: evidence_details.due_by === null ? null : evidence_details.due_by * 1000,
	};
}

function idOf(reference: string | { readonly id: string } | null): string | null {
	return reference === null || typeof reference === "string" ? reference : reference.id;
}
