import type { Refused, Unknown } from "./payment-provider.ts";

/** One line of the provider's own books about our account. */
export interface BookEntry {
	readonly id: string;
	readonly kind: "payment" | "refund" | "dispute" | "payout" | "other";
	/** Positive: towards us. Before the fee. */
	readonly amountCents: number;
	readonly feeCents: number;
	readonly currency: string;
	/** The payment that it is about; null where it is about none. */
	readonly intent: string | null;
	readonly atMs: number;
}

export type BooksResult = { readonly kind: "found"; readonly entries: readonly BookEntry[] } | Refused | Unknown;

/** A payment that the card holder's bank has a question about, or has taken back. */
export interface ProviderDispute {
	readonly id: string;
	readonly intent: string | null;
	readonly reason: string;
	/** As the provider names it: `needs_response`, `under_review`, `won`, `lost`, … */
	readonly status: string;
	/** What the bank has taken from us, whether or not it came back. */
	readonly withdrawnCents: number;
	readonly evidenceDueAtMs: number | null;
}

export type DisputeResult = { readonly kind: "found"; readonly dispute: ProviderDispute } | Refused | Unknown;

/** What the provider knows beside single payments; read by the reconciliation and by webhooks. */
export interface GatewayBooks {
	/** All lines since then, oldest first. */
	books(sinceMs: number): Promise<BooksResult>;
	dispute(id: string): Promise<DisputeResult>;
	/** Hands in what speaks for us; once. */
	submitEvidence(call: {
		readonly disputeId: string;
		readonly key: string;
		readonly productDescription: string;
		readonly serviceDate: string;
		readonly activityLog: string;
	}): Promise<DisputeResult>;
}
