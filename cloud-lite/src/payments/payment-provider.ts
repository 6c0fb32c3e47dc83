/** Nobody can say whether it happened: the same call under the same key tells, later. */
export interface Unknown {
	readonly kind: "unknown";
	readonly message: string;
}
/** Certainly not done, and asking again will not help. */
export interface Refused {
	readonly kind: "refused";
	readonly code: string;
	readonly message: string;
}
/** The card was not accepted; `message` may be shown to its owner. */
export interface Declined {
	readonly kind: "declined";
	readonly code: string;
	readonly message: string;
	/** An intent that was left behind without money, when there is one. */
	readonly intent: string | null;
}

export type HoldResult =
	| {
			readonly kind: "held";
			readonly intent: string;
			readonly clientSecret: string | null;
			/** Until when the hold stands, as the provider says; null when it does not. */
			readonly captureBeforeMs: number | null;
			/** Whether the hold may grow. */
			readonly incrementable: boolean;
			/** The most that may be captured of it. */
			readonly mostCapturableCents: number;
	  }
	/** The shopper has to pay it first, in the provider's own form; asked again, it is held once that is done. */
	| { readonly kind: "awaiting"; readonly intent: string }
	| Declined
	| Refused
	| Unknown;
export type CaptureResult =
	| { readonly kind: "captured"; readonly amountCents: number }
	/** The hold is there no more. */
	| { readonly kind: "gone"; readonly message: string }
	| Refused
	| Unknown;
export type IncreaseResult =
	/** The hold has this much in all now. */
	| { readonly kind: "increased"; readonly amountCents: number; readonly mostCapturableCents: number }
	| { readonly kind: "gone"; readonly message: string }
	| Declined
	| Refused
	| Unknown;
export type CancelResult =
	| { readonly kind: "released" }
	/** Too late: the money was taken. */
	| { readonly kind: "taken"; readonly amountCents: number }
	| Refused
	| Unknown;
export type RefundResult = { readonly kind: "refunded"; readonly amountCents: number } | Refused | Unknown;
export type ChargeResult =
	| { readonly kind: "charged"; readonly intent: string; readonly amountCents: number }
	/** The bank has a question for the shopper, who is present; the phone asks it with the secret. */
	| { readonly kind: "action_required"; readonly intent: string; readonly clientSecret: string | null }
	| Declined
	| Refused
	| Unknown;
export type SaveResult =
	| { readonly kind: "saved"; readonly customer: string; readonly paymentMethod: string }
	| Declined
	| Refused
	| Unknown;
export type IntentStatus =
	| { readonly kind: "found"; readonly status: string; readonly receivedCents: number }
	| Refused
	| Unknown;

export type RefundStatus =
	| {
			readonly kind: "found";
			/** The key that it was made with; null when it is none of ours. */
			readonly operation: string | null;
			readonly amountCents: number;
			/** The bank did not take it, and the provider has the money for us again. */
			readonly failed: boolean;
	  }
	| Refused
	| Unknown;

interface Payment {
	/** Same key, same call: it is done once, however often it is asked for. */
	readonly key: string;
	readonly saleId: string;
	readonly amountCents: number;
	readonly currency: string;
	/** What the shopper has saved; null where nothing is. */
	readonly card: { readonly customer: string; readonly paymentMethod: string } | null;
	/** What an earlier call of this key made. */
	readonly intent: string | null;
	/** Ask first what became of an earlier call: a key is remembered for a day only, and can be stuck with an error. */
	readonly lookFirst: boolean;
}

/** A payment provider: takes an amount aside, and of it what a sale costs. No method rejects for what the provider does. */
export interface PaymentProvider {
	hold(payment: Payment): Promise<HoldResult>;
	capture(call: {
		readonly key: string;
		readonly intent: string;
		readonly amountCents: number;
		readonly lookFirst: boolean;
	}): Promise<CaptureResult>;
	/** Holds more: `amountCents` is the new total. */
	increase(call: {
		readonly key: string;
		readonly intent: string;
		readonly amountCents: number;
		readonly lookFirst: boolean;
	}): Promise<IncreaseResult>;
	cancel(call: { readonly key: string; readonly intent: string; readonly lookFirst: boolean }): Promise<CancelResult>;
	/** Takes money from a saved card; `purpose` tells several payments of a sale apart. */
	charge(payment: Payment & { readonly purpose: string; readonly shopperPresent: boolean }): Promise<ChargeResult>;
	/** Gives back some of what a payment took. */
	refund(call: {
		readonly key: string;
		readonly intent: string;
		readonly amountCents: number;
		readonly lookFirst: boolean;
	}): Promise<RefundResult>;
	/** Saves a card with a customer, making the customer first when there is none. */
	save(call: {
		readonly shopperId: string;
		readonly customer: string | null;
		readonly paymentMethod: string;
	}): Promise<SaveResult>;
	status(intent: string): Promise<IntentStatus>;
	refundStatus(refundId: string): Promise<RefundStatus>;
	/** Whether the last call reached the provider; undefined before the first. */
	readonly reachable: boolean | undefined;
}
