import { isChargedFirst } from "../payments/gateway.ts";
import { type Journal, journal } from "../payments/journal.ts";
import { captureOfHold } from "../payments/smallest-charge.ts";
import type { Sale, SaleState } from "./sale.ts";
import type { SaleLine } from "./settlement.ts";

/** A call to the payment provider; `increment`, `refund` and `debt` may come several times in a sale. */
export type PaymentKind = "auth" | "capture" | "cancel" | "second" | "increment" | "refund" | "debt";

/** What has to be written or sent beside the sale itself; all in the same batch. */
export type Effect =
	| { readonly type: "use-counter"; readonly counter: number }
	| { readonly type: "request-hello"; readonly request: string }
	| { readonly type: "send-unlock"; readonly nonce: string; readonly counter: number }
	| PayEffect
	| { readonly type: "send-receipt" }
	/** Replaces what was recorded before. */
	| { readonly type: "record-lines"; readonly lines: readonly SaleLine[] }
	| { readonly type: "record-debt"; readonly amountCents: number }
	| { readonly type: "settle-debt" };

export interface PayEffect {
	readonly type: "pay";
	readonly kind: PaymentKind;
	/** Counts the calls of a kind, from 1. */
	readonly sequence: number;
	readonly amountCents: number;
	readonly intent: string | null;
	/** The shopper waits at the phone and can answer a question of the bank. */
	readonly shopperPresent: boolean;
}

/** What a line of the history says beside its name; becomes JSON. */
export type HistoryDetail = Readonly<Record<string, unknown>>;

/** One line of the sale's history; `log` names the room's log entry that tells of it, when there is one. */
export interface HistoryEntry {
	readonly event: string;
	readonly detail: HistoryDetail;
	readonly log: string | null;
}

export interface Reaction {
	readonly sale: Sale;
	readonly history: readonly HistoryEntry[];
	readonly journals: readonly Journal[];
	readonly effects: readonly Effect[];
}

const hourMs = 3_600_000;
/** Before the provider drops a hold: when its owner is warned, when a sale without a report is given to people, and when their time is over. */
const warningBeforeExpiryMs = 24 * hourMs;
export const reviewBeforeExpiryMs = 6 * hourMs;
export const releaseBeforeExpiryMs = hourMs;

const after: Readonly<Record<SaleState, readonly SaleState[]>> = Object.freeze({
	requested: ["authorised", "cancelled", "review"],
	authorised: ["unlocked", "cancelled", "review"],
	unlocked: ["open", "cancelled", "review"],
	open: ["closed", "review"],
	closed: ["captured", "cancelled", "review"],
	review: ["captured", "cancelled"],
	captured: [],
	cancelled: [],
});

/** Whether a sale may go from one state straight to another. */
export function mayFollow(from: SaleState, to: SaleState): boolean {
	return after[from].includes(to);
}

/** The way through the states that a door has to take. */
export const doorWay: readonly SaleState[] = Object.freeze(["authorised", "unlocked", "open", "closed"]);

/** A sale as it changes: the next state of its row, and everything that has to be written with it. */
export class Draft {
	sale: Sale;
	readonly nowMs: number;
	readonly history: HistoryEntry[] = [];
	readonly journals: Journal[] = [];
	readonly effects: Effect[] = [];

	constructor(sale: Sale, nowMs: number) {
		this.sale = { ...sale, version: sale.version + 1 };
		this.nowMs = nowMs;
	}

	set(change: Partial<Sale>): void {
		this.sale = { ...this.sale, ...change };
	}

	tell(event: string, detail: HistoryDetail = {}, log: string | null = null): void {
		this.history.push({ event, detail, log });
	}

	move(state: SaleState, detail: HistoryDetail = {}, log: string | null = null): void {
		if (!mayFollow(this.sale.state, state)) {
			throw new Error(`sale ${this.sale.id}: ${state} cannot follow ${this.sale.state}`);
		}
		this.set({ state, checkAtMs: null });
		this.tell(state, detail, log);
	}

	/** Walks to a state of the door's way, through the ones between, which were not told for some message was lost. */
	walk(state: SaleState): void {
		const end = doorWay.indexOf(state);
		for (let next = doorWay.indexOf(this.sale.state) + 1; next > 0 && next <= end; next += 1) {
			const step = doorWay[next];
			if (step) this.move(step, {}, step === "unlocked" ? "unlock.executed" : null);
		}
	}

	/** Gives the sale to people; it stays with them when it is there already, for another cause. */
	review(cause: string, detail: HistoryDetail = {}): void {
		this.set({ cause });
		if (this.sale.state === "review") this.tell("review_cause", { cause, ...detail }, "sale.review");
		else this.move("review", { cause, ...detail }, "sale.review");
		this.watchExpiry();
		this.effects.push({ type: "send-receipt" });
	}

	pay(
		kind: PaymentKind,
		amountCents: number,
		intent: string | null,
		more: { readonly sequence?: number; readonly shopperPresent?: boolean } = {},
	): void {
		const { sequence = 1, shopperPresent = false } = more;
		this.effects.push({ type: "pay", kind, sequence, amountCents, intent, shopperPresent });
	}

	/** Lets the hold go; the sale is cancelled once the provider has done it, or at once when there is no hold any more. */
	cancelHold(cause: string): void {
		const { holdIntent, holdState, heldCents } = this.sale;
		this.set({ settlement: "cancel", cause, checkAtMs: null });
		if (this.sale.collection === "none" && this.sale.finalCents !== null) {
			// A price that was disputed and does not stand.
			this.set({ finalCents: null });
			this.effects.push({ type: "record-lines", lines: [] });
		}
		if (holdState !== "held") {
			this.cancelled(cause);
			return;
		}
		this.tell("cancel_decided", { cause });
		this.pay("cancel", heldCents, holdIntent);
	}

	cancelled(cause: string): void {
		const shown = this.sale.state === "unlocked" || this.sale.state === "closed" || this.sale.state === "review";
		this.releaseMemo();
		this.move("cancelled", { cause }, "payment.cancelled");
		if (shown) this.effects.push({ type: "send-receipt" });
	}

	/** The hold is over. `usedCents` of what was charged first stay, the rest has gone back. */
	releaseMemo(usedCents = 0): void {
		const { holdState, heldCents, gateway } = this.sale;
		if (holdState !== "held") return;
		this.set({ holdState: "gone" });
		if (!isChargedFirst(gateway)) this.journals.push(journal("release", heldCents));
		else if (usedCents < heldCents) this.journals.push(journal("prepaid_returned", heldCents - usedCents));
	}

	/** Settles on a price. Nothing is taken before `collect`. */
	price(lines: readonly SaleLine[], finalCents: number): void {
		this.set({ settlement: "capture", finalCents, checkAtMs: null });
		this.tell("priced", { finalCents });
		this.effects.push({ type: "record-lines", lines });
	}

	/**
	 * Takes the price, by the first way that is open: out of the hold; out of a larger hold; above the hold where the card
	 * network lets us; what the hold has, and the rest by a second payment.
	 */
	collect(): void {
		const finalCents = this.#price();
		this.set({ collection: "running", checkAtMs: null });
		this.journals.push(journal("sale", finalCents));
		const { holdState, heldCents, incrementable, holdIntent } = this.sale;
		if (holdState !== "held") this.chargeRest();
		else if (finalCents > heldCents && incrementable) this.pay("increment", finalCents, holdIntent);
		else this.captureHold();
	}

	/** Captures all of the price where the hold may give it, else as much that the rest can be charged. */
	captureHold(): void {
		const finalCents = this.#price();
		const { heldCents, mostCapturableCents, holdIntent } = this.sale;
		const amountCents =
			finalCents <= mostCapturableCents ? finalCents : captureOfHold(finalCents, heldCents, this.sale);
		this.pay("capture", amountCents, holdIntent);
	}

	/** Takes what the hold did not cover from the saved card. */
	chargeRest(): void {
		this.pay("second", this.#price() - this.sale.capturedCents, null);
	}

	/** What the shopper took is paid, and the sale is over. */
	captured(amountCents: number): void {
		this.set({ collection: "done", cause: null });
		this.move("captured", { amountCents }, "payment.captured");
		this.effects.push({ type: "send-receipt" });
		const { holdState, captureBeforeMs } = this.sale;
		// A hold that could not be let go ends by itself.
		if (holdState === "held") this.set({ checkAtMs: captureBeforeMs });
	}

	/** Looks again when the hold comes near its end. */
	watchExpiry(): void {
		const { captureBeforeMs, holdState, state } = this.sale;
		const inReview = state === "review";
		if (captureBeforeMs === null || (inReview && holdState !== "held")) return;
		const last = inReview ? releaseBeforeExpiryMs : reviewBeforeExpiryMs;
		const warnAtMs = captureBeforeMs - warningBeforeExpiryMs;
		this.set({ checkAtMs: this.nowMs < warnAtMs ? warnAtMs : captureBeforeMs - last });
	}

	/** Tells once that the hold comes near its end, and looks again when it is nearer. */
	warnOfExpiry(): void {
		const { captureBeforeMs } = this.sale;
		if (
			captureBeforeMs !== null &&
			this.sale.holdState === "held" &&
			this.nowMs >= captureBeforeMs - warningBeforeExpiryMs
		) {
			this.tell("hold_expiring", { captureBeforeMs }, "hold.expiring");
		}
		this.watchExpiry();
	}

	askHello(request: string, waitMs: number): void {
		this.set({ helloRequest: request, helloRequestedAtMs: this.nowMs, checkAtMs: this.nowMs + waitMs });
		this.effects.push({ type: "request-hello", request });
	}

	#price(): number {
		const { finalCents, id } = this.sale;
		if (finalCents === null) throw new Error(`sale ${id} has no price to take`);
		return finalCents;
	}
}
