import { isChargedFirst } from "../payments/gateway.ts";
import { journal } from "../payments/journal.ts";
import type { Sale } from "./sale.ts";
import type { Draft, PaymentKind } from "./sale-draft.ts";
import type { SaleLine } from "./settlement.ts";

/** What happens to a sale's money once its price is known, and what people decide about it. */
export type MoneyEvent =
	| { readonly type: "hold-captured"; readonly amountCents: number }
	| { readonly type: "hold-released" }
	/** The provider has let the hold go by itself: it expired, or somebody cancelled it there. */
	| { readonly type: "hold-lost" }
	/** The provider does not let the hold go, for it was captured: by hand, or by a call whose answer never came. */
	| { readonly type: "hold-taken"; readonly amountCents: number }
	| { readonly type: "hold-increased"; readonly amountCents: number; readonly mostCapturableCents: number }
	| { readonly type: "increase-declined"; readonly code: string }
	| { readonly type: "charged"; readonly amountCents: number; readonly intent: string }
	| { readonly type: "charge-declined"; readonly code: string; readonly intent: string | null }
	/** The provider does not carry an operation out, and never will. */
	| { readonly type: "payment-failed"; readonly operation: PaymentKind; readonly reason: string }
	/** The shopper says that the price is wrong, before anything was taken. */
	| { readonly type: "price-disputed"; readonly reason: string }
	/** People decide a sale in review. */
	| {
			readonly type: "review-resolved";
			readonly by: string;
			readonly note: string;
			/** What was taken after all, and its price; `null` lets the money go. */
			readonly charge: { readonly lines: readonly SaleLine[]; readonly finalCents: number } | null;
	  }
	| {
			readonly type: "refund-requested";
			readonly by: string;
			readonly reason: string;
			/** Of which payments how much is given back. */
			readonly parts: readonly { readonly intent: string; readonly amountCents: number }[];
	  }
	| { readonly type: "refunded"; readonly sequence: number; readonly amountCents: number }
	/** The bank did not take a refund that was done: the money is with us again. */
	| {
			readonly type: "refund-returned";
			/** What it gave back: a part of the price, or what a sale that is charged first did not use. */
			readonly of: "refund" | "rest";
			readonly sequence: number;
			readonly amountCents: number;
	  }
	| {
			readonly type: "refund-failed";
			readonly sequence: number;
			readonly amountCents: number;
			readonly reason: string;
	  }
	/** A debt shall be paid now. */
	| { readonly type: "debt-due"; readonly shopperPresent: boolean }
	| { readonly type: "debt-paid"; readonly amountCents: number; readonly intent: string }
	| {
			readonly type: "debt-declined";
			readonly code: string;
			readonly intent: string | null;
			/** With it the phone lets the bank ask its question. */
			readonly clientSecret: string | null;
	  }
	| { readonly type: "debt-forgiven"; readonly by: string; readonly note: string }
	/** The card holder's bank has taken a payment back. */
	| { readonly type: "chargeback-opened"; readonly amountCents: number; readonly reason: string }
	| {
			readonly type: "chargeback-closed";
			readonly sequence: number;
			readonly amountCents: number;
			readonly won: boolean;
	  };

const dayMs = 86_400_000;
/** After each failure to take a debt, how long until it is tried again by itself; then only the shopper can. */
const debtRetriesMs: readonly number[] = Object.freeze([dayMs, 3 * dayMs, 7 * dayMs]);

/** What is still to be paid of a sale whose payment was declined; 0 when nothing is. */
export function owedCents({ state, cause, finalCents, capturedCents }: Sale): number {
	return state === "review" && cause === "underpaid" && finalCents !== null ? finalCents - capturedCents : 0;
}

/** What of a sale can still be given back. */
export function refundableCents({ capturedCents, refundedCents, refundingCents, disputedCents }: Sale): number {
	return capturedCents - refundedCents - refundingCents - disputedCents;
}

/** @returns whether the event changes anything */
export function applyToMoney(draft: Draft, event: MoneyEvent): boolean {
	switch (event.type) {
		case "hold-captured":
			return holdCaptured(draft, event.amountCents);
		case "hold-released":
			return holdReleased(draft);
		case "hold-lost":
			return holdLost(draft);
		case "hold-taken":
			return holdTaken(draft, event.amountCents);
		case "hold-increased":
			return holdIncreased(draft, event);
		case "increase-declined":
			return increaseDeclined(draft, event.code);
		case "charged":
			return charged(draft, event);
		case "charge-declined":
			return chargeDeclined(draft, event);
		case "payment-failed":
			return paymentFailed(draft, event);
		case "price-disputed":
			return priceDisputed(draft, event.reason);
		case "review-resolved":
			return reviewResolved(draft, event);
		case "refund-requested":
			return refundRequested(draft, event);
		case "refunded":
			return refunded(draft, event);
		case "refund-returned":
			return refundReturned(draft, event);
		case "refund-failed":
			return refundFailed(draft, event);
		case "debt-due":
			return debtDue(draft, event.shopperPresent);
		case "debt-paid":
			return debtPaid(draft, event);
		case "debt-declined":
			return debtDeclined(draft, event);
		case "debt-forgiven":
			return debtForgiven(draft, event);
		case "chargeback-opened":
			return chargebackOpened(draft, event);
		case "chargeback-closed":
			return chargebackClosed(draft, event);
	}
}

function holdCaptured(draft: Draft, amountCents: number): boolean {
	const { collection, holdState, finalCents, gateway } = draft.sale;
	if (collection !== "running" || holdState !== "held" || finalCents === null) return false;
	draft.releaseMemo(amountCents);
	draft.set({ capturedCents: amountCents });
	draft.journals.push(journal(isChargedFirst(gateway) ? "prepaid_used" : "capture", amountCents));
	if (amountCents > finalCents) {
		// Not by us: somebody captured by hand at the provider. The shopper has to get the difference back.
		draft.set({ collection: "done" });
		draft.review("captured_too_much", { amountCents, finalCents });
		return true;
	}
	if (amountCents < finalCents) {
		draft.tell("hold_captured", { amountCents, finalCents }, "payment.captured");
		draft.chargeRest();
		return true;
	}
	draft.captured(amountCents);
	return true;
}

function holdReleased(draft: Draft): boolean {
	const { state, settlement, cause, collection, holdState } = draft.sale;
	if (collection === "done" && holdState === "held") {
		draft.releaseMemo();
		draft.tell("hold_released");
		return true;
	}
	if (settlement !== "cancel" || state === "captured" || state === "cancelled") return false;
	draft.cancelled(cause ?? "hold_released");
	return true;
}

function holdLost(draft: Draft): boolean {
	const { state, settlement, holdState, collection, nonceReceivedAtMs } = draft.sale;
	if (holdState !== "held") return false;
	if (settlement === "cancel") return holdReleased(draft);
	draft.releaseMemo();
	draft.tell("hold_lost", {}, "payment.hold_lost");
	// No unlock has left, so none will: without a hold the door stays closed.
	if (state === "authorised" && nonceReceivedAtMs === null) draft.cancelHold("hold_lost");
	if (collection === "running") draft.chargeRest();
	return true;
}

function holdTaken(draft: Draft, amountCents: number): boolean {
	const { holdState, holdIntent, capturedCents } = draft.sale;
	if (holdState !== "held") return false;
	const owed = owedCents(draft.sale);
	draft.releaseMemo();
	draft.set({ capturedCents: capturedCents + amountCents });
	draft.tell("hold_taken", { amountCents }, "payment.captured");
	if (owed === 0) {
		// Nobody owes anything: people give it back.
		draft.journals.push(journal("overpaid", amountCents));
		draft.review("captured_too_much", { amountCents });
		return true;
	}
	draft.journals.push(journal("debt_paid", Math.min(owed, amountCents)));
	if (owed > amountCents) {
		draft.effects.push({ type: "record-debt", amountCents: owed - amountCents });
		return true;
	}
	const excessCents = amountCents - owed;
	if (excessCents > 0) {
		draft.journals.push(journal("overpaid", excessCents));
		draft.set({ refundingCents: draft.sale.refundingCents + excessCents, refunds: draft.sale.refunds + 1 });
		draft.pay("refund", excessCents, holdIntent, { sequence: draft.sale.refunds });
	}
	draft.effects.push({ type: "settle-debt" });
	draft.captured(amountCents);
	return true;
}

function holdIncreased(draft: Draft, event: Extract<MoneyEvent, { type: "hold-increased" }>): boolean {
	const { holdState, collection, heldCents } = draft.sale;
	if (collection !== "running" || holdState !== "held" || event.amountCents <= heldCents) return false;
	const { amountCents, mostCapturableCents } = event;
	draft.journals.push(journal("increase", amountCents - heldCents));
	draft.set({ holdCents: amountCents, heldCents: amountCents, mostCapturableCents });
	draft.tell("hold_increased", { amountCents }, "payment.increased");
	draft.captureHold();
	return true;
}

function increaseDeclined(draft: Draft, code: string): boolean {
	const { holdState, collection } = draft.sale;
	if (collection !== "running" || holdState !== "held") return false;
	draft.set({ incrementable: false });
	draft.tell("increase_declined", { code });
	draft.captureHold();
	return true;
}

function charged(draft: Draft, event: Extract<MoneyEvent, { type: "charged" }>): boolean {
	const { collection, capturedCents, finalCents } = draft.sale;
	if (collection !== "running" || finalCents === null) return false;
	if (capturedCents + event.amountCents !== finalCents) {
		throw new Error(`sale ${draft.sale.id}: ${capturedCents} and ${event.amountCents} cents are not ${finalCents}`);
	}
	draft.set({ capturedCents: finalCents, secondIntent: event.intent });
	draft.journals.push(journal("charge", event.amountCents));
	draft.captured(event.amountCents);
	return true;
}

function chargeDeclined(draft: Draft, event: Extract<MoneyEvent, { type: "charge-declined" }>): boolean {
	const { collection, capturedCents, finalCents } = draft.sale;
	if (collection !== "running" || finalCents === null) return false;
	draft.set({ secondIntent: event.intent, declineCode: event.code });
	draft.tell("charge_declined", { code: event.code }, "payment.declined");
	underpaid(draft, finalCents - capturedCents, { code: event.code });
	return true;
}

function paymentFailed(draft: Draft, event: Extract<MoneyEvent, { type: "payment-failed" }>): boolean {
	const { state, capturedCents, finalCents, collection } = draft.sale;
	const { operation, reason } = event;
	draft.tell("payment_failed", { operation, reason });
	if (collection === "running" && finalCents !== null && ["capture", "second"].includes(operation)) {
		underpaid(draft, finalCents - capturedCents, { operation, reason });
		return true;
	}
	if (state === "captured" || state === "cancelled" || state === "review") return true;
	draft.review(`${operation}_failed`, { reason });
	return true;
}

/** What is missing becomes a debt, which blocks the shopper's next sale. */
function underpaid(draft: Draft, missingCents: number, detail: Readonly<Record<string, unknown>>): void {
	draft.journals.push(journal("debt", missingCents));
	draft.effects.push({ type: "record-debt", amountCents: missingCents });
	draft.set({ collection: "done" });
	draft.review("underpaid", detail);
	const { holdState, heldCents, holdIntent } = draft.sale;
	if (holdState === "held") draft.pay("cancel", heldCents, holdIntent);
	tryDebtLater(draft);
}

function tryDebtLater(draft: Draft): void {
	const waitMs = debtRetriesMs[draft.sale.debtAttempts];
	draft.set({ checkAtMs: waitMs === undefined ? null : draft.nowMs + waitMs });
}

function priceDisputed(draft: Draft, reason: string): boolean {
	if (draft.sale.collection !== "waiting") return false;
	// No price stands any more: people say what is right before the hold ends.
	draft.set({ collection: "none", settlement: null });
	draft.tell("price_disputed", { reason });
	draft.review("price_disputed", { reason });
	return true;
}

function reviewResolved(draft: Draft, event: Extract<MoneyEvent, { type: "review-resolved" }>): boolean {
	const { state, settlement, shopperId } = draft.sale;
	if (state !== "review" || settlement !== null) return false;
	const { by, note, charge } = event;
	draft.tell("review_resolved", { by, note, finalCents: charge?.finalCents ?? 0 }, "review.resolved");
	if (charge === null || charge.finalCents === 0 || shopperId === null) {
		draft.cancelHold(draft.sale.cause ?? "review_released");
		return true;
	}
	draft.price(charge.lines, charge.finalCents);
	draft.collect();
	return true;
}

function refundRequested(draft: Draft, event: Extract<MoneyEvent, { type: "refund-requested" }>): boolean {
	const { refunds } = draft.sale;
	const { by, reason, parts } = event;
	const amountCents = parts.reduce((sum, part) => sum + part.amountCents, 0);
	if (amountCents <= 0 || amountCents > refundableCents(draft.sale)) return false;
	draft.set({ refundingCents: draft.sale.refundingCents + amountCents, refunds: refunds + parts.length });
	draft.tell("refund_requested", { amountCents, reason, by }, "refund.requested");
	for (const [index, part] of parts.entries()) {
		draft.pay("refund", part.amountCents, part.intent, { sequence: refunds + index + 1 });
	}
	return true;
}

function refunded(draft: Draft, event: Extract<MoneyEvent, { type: "refunded" }>): boolean {
	const { sequence, amountCents } = event;
	const { refundingCents, refundedCents } = draft.sale;
	draft.set({ refundingCents: refundingCents - amountCents, refundedCents: refundedCents + amountCents });
	draft.journals.push(journal("refund", amountCents, sequence));
	draft.tell("refunded", { amountCents }, "payment.refunded");
	return true;
}

function refundReturned(draft: Draft, event: Extract<MoneyEvent, { type: "refund-returned" }>): boolean {
	const { of, sequence, amountCents } = event;
	const { refundedCents, capturedCents } = draft.sale;
	if (of === "refund") {
		draft.set({ refundedCents: refundedCents - amountCents });
		draft.journals.push(journal("refund_failed", amountCents, sequence));
	} else {
		// Too much is taken now, and people can give it back again.
		draft.set({ capturedCents: capturedCents + amountCents });
		draft.journals.push(journal("overpaid", amountCents));
	}
	draft.tell("refund_returned", { amountCents }, "refund.returned");
	return true;
}

function refundFailed(draft: Draft, event: Extract<MoneyEvent, { type: "refund-failed" }>): boolean {
	const { amountCents, reason } = event;
	draft.set({ refundingCents: draft.sale.refundingCents - amountCents });
	draft.tell("refund_failed", { amountCents, reason }, "refund.failed");
	return true;
}

function debtDue(draft: Draft, shopperPresent: boolean): boolean {
	const { debtPending, debtAttempts, secondIntent } = draft.sale;
	const amountCents = owedCents(draft.sale);
	if (amountCents === 0 || debtPending) return false;
	const sequence = debtAttempts + 1;
	draft.set({ debtAttempts: sequence, debtPending: true, checkAtMs: null });
	draft.tell("debt_due", { amountCents, shopperPresent });
	// An earlier attempt that waits for the shopper's bank must not be paid as well.
	if (secondIntent !== null) draft.pay("cancel", 0, secondIntent, { sequence: sequence + 1 });
	draft.pay("debt", amountCents, null, { sequence, shopperPresent });
	return true;
}

function debtPaid(draft: Draft, event: Extract<MoneyEvent, { type: "debt-paid" }>): boolean {
	const { amountCents, intent } = event;
	const { debtPending, secondIntent, capturedCents, refunds, refundingCents } = draft.sale;
	const owed = owedCents(draft.sale);
	if (owed > 0 && amountCents === owed) {
		draft.set({ capturedCents: capturedCents + amountCents, secondIntent: intent, debtPending: false });
		// The first of this kind is what a hold gave after all.
		draft.journals.push(journal("debt_paid", amountCents, 2));
		draft.effects.push({ type: "settle-debt" });
		draft.captured(amountCents);
		return true;
	}
	if (!debtPending && secondIntent === intent) return false;
	// Two attempts were paid, one of them after the bank's question: the second one goes back at once.
	draft.set({
		capturedCents: capturedCents + amountCents,
		refundingCents: refundingCents + amountCents,
		refunds: refunds + 1,
		debtPending: false,
	});
	draft.journals.push(journal("overpaid", amountCents, refunds + 2));
	draft.tell("overpaid", { amountCents }, "payment.overpaid");
	draft.pay("refund", amountCents, intent, { sequence: refunds + 1 });
	return true;
}

function debtDeclined(draft: Draft, event: Extract<MoneyEvent, { type: "debt-declined" }>): boolean {
	const { code, intent, clientSecret } = event;
	draft.set({ debtPending: false });
	draft.tell("debt_declined", { code }, "payment.declined");
	if (owedCents(draft.sale) === 0) return true;
	draft.set({ declineCode: code, secondIntent: intent, ...(clientSecret === null ? {} : { clientSecret }) });
	tryDebtLater(draft);
	return true;
}

function debtForgiven(draft: Draft, event: Extract<MoneyEvent, { type: "debt-forgiven" }>): boolean {
	const owed = owedCents(draft.sale);
	if (owed === 0 || draft.sale.debtPending) return false;
	const { by, note } = event;
	draft.journals.push(journal("forgiven", owed));
	draft.effects.push({ type: "settle-debt" });
	draft.tell("debt_forgiven", { amountCents: owed, by, note }, "debt.forgiven");
	if (draft.sale.capturedCents > 0) draft.captured(draft.sale.capturedCents);
	else draft.cancelHold("debt_forgiven");
	return true;
}

function chargebackOpened(draft: Draft, event: Extract<MoneyEvent, { type: "chargeback-opened" }>): boolean {
	const { amountCents, reason } = event;
	const { chargebacks, disputedCents } = draft.sale;
	draft.set({ chargebacks: chargebacks + 1, disputedCents: disputedCents + amountCents });
	draft.journals.push(journal("dispute", amountCents, chargebacks + 1));
	draft.tell("chargeback_opened", { amountCents, reason }, "chargeback.opened");
	return true;
}

function chargebackClosed(draft: Draft, event: Extract<MoneyEvent, { type: "chargeback-closed" }>): boolean {
	const { amountCents, sequence, won } = event;
	if (won) draft.set({ disputedCents: draft.sale.disputedCents - amountCents });
	draft.journals.push(journal(won ? "dispute_won" : "dispute_lost", amountCents, sequence));
	draft.tell(won ? "chargeback_won" : "chargeback_lost", { amountCents }, "chargeback.closed");
	return true;
}
