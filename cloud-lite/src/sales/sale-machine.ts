import type { HelloBody } from "@visionvend/sdk/device/messages";
import { type Journal, journal } from "../payments/journal.ts";
import { captureOfHold } from "../payments/smallest-charge.ts";
import { isTerminal, type Sale, type SaleState } from "./sale.ts";
import type { SaleLine, Settlement } from "./settlement.ts";

/** What happens to a sale. */
export type SaleEvent =
	| {
			readonly type: "payment-held";
			readonly intent: string;
			readonly clientSecret: string | null;
			readonly captureBeforeMs: number;
			/** The machine's next counter. */
			readonly counter: number;
			/** Name of the hello to ask for. */
			readonly helloRequest: string;
	  }
	| {
			readonly type: "payment-declined";
			readonly code: string;
			readonly message: string;
			/** An intent that holds nothing and shall not linger. */
			readonly intent: string | null;
	  }
	/** `checkAtMs` has come. */
	| { readonly type: "timer"; readonly helloRequest: string }
	/** The machine has started; a hello that was asked for before may never come. */
	| { readonly type: "machine-started"; readonly helloRequest: string }
	| { readonly type: "hello"; readonly hello: HelloBody }
	| { readonly type: "command"; readonly counter: number; readonly executed: boolean; readonly reason: string }
	| { readonly type: "door"; readonly door: "opened" | "closed" | "ajar" | "forced" }
	| { readonly type: "report"; readonly settlement: Settlement; readonly detail: HistoryDetail }
	| { readonly type: "hold-captured"; readonly amountCents: number }
	| { readonly type: "hold-released" }
	/** The provider has let the hold go by itself: it expired, or somebody cancelled it there. */
	| { readonly type: "hold-lost" }
	| { readonly type: "charged"; readonly amountCents: number; readonly intent: string }
	| { readonly type: "charge-declined"; readonly code: string; readonly intent: string | null }
	/** The provider does not carry an operation out, and never will. */
	| { readonly type: "payment-failed"; readonly operation: PaymentKind; readonly reason: string };

export type PaymentKind = "auth" | "capture" | "cancel" | "second";

/** What has to be written or sent beside the sale itself; all in the same batch. */
export type Effect =
	| { readonly type: "use-counter"; readonly counter: number }
	| { readonly type: "request-hello"; readonly request: string }
	| { readonly type: "send-unlock"; readonly nonce: string; readonly counter: number }
	| { readonly type: "pay"; readonly kind: PaymentKind; readonly amountCents: number; readonly intent: string | null }
	| { readonly type: "send-receipt" }
	| { readonly type: "record-lines"; readonly lines: readonly SaleLine[] }
	| { readonly type: "record-debt"; readonly amountCents: number };

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

/** How long after the request an unlock may still be sent. */
export const unlockWithinMs = 30_000;
/** How long the door may wait to be opened. */
export const windowMs = 10_000;
const helloWithinMs = 10_000;
const retryAfterRefusalMs = 2_000;
const askAgainWhileMeasuringMs = 2_000;
// The controller takes a nonce for 20 s of its own clock, counted from before the hello left it. The rest covers a
// clock that runs 5 % slow.
const nonceDiesAfterMs = 21_000;
const silentMachineCheckMs = 60_000;
/** Before the provider drops a hold: when a sale without a report is given to people, and when their time is over. */
export const reviewBeforeExpiryMs = 6 * 3_600_000;
export const releaseBeforeExpiryMs = 3_600_000;

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
const doorWay: readonly SaleState[] = Object.freeze(["authorised", "unlocked", "open", "closed"]);

class Draft {
	sale: Sale;
	readonly history: HistoryEntry[] = [];
	readonly journals: Journal[] = [];
	readonly effects: Effect[] = [];

	constructor(sale: Sale) {
		this.sale = { ...sale, version: sale.version + 1 };
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

	review(cause: string, detail: HistoryDetail = {}): void {
		const { captureBeforeMs, holdState } = this.sale;
		this.set({ cause });
		this.move("review", { cause, ...detail }, "sale.review");
		if (holdState === "held" && captureBeforeMs !== null)
			this.set({ checkAtMs: captureBeforeMs - releaseBeforeExpiryMs });
		this.effects.push({ type: "send-receipt" });
	}

	/** Lets the hold go; the sale is cancelled once the provider has done it, or at once when there is no hold any more. */
	cancelHold(cause: string): void {
		const { holdIntent, holdState, heldCents } = this.sale;
		this.set({ settlement: "cancel", cause, checkAtMs: null });
		if (holdState !== "held") {
			this.cancelled(cause);
			return;
		}
		this.tell("cancel_decided", { cause });
		this.effects.push({ type: "pay", kind: "cancel", amountCents: heldCents, intent: holdIntent });
	}

	cancelled(cause: string): void {
		const shown = this.sale.state === "unlocked" || this.sale.state === "closed";
		this.releaseMemo();
		this.move("cancelled", { cause }, "payment.cancelled");
		if (shown) this.effects.push({ type: "send-receipt" });
	}

	releaseMemo(): void {
		if (this.sale.holdState !== "held") return;
		this.set({ holdState: "gone" });
		this.journals.push(journal("release", this.sale.heldCents));
	}

	/** Takes what the hold did not cover from the saved card. */
	chargeRest(): void {
		const rest = (this.sale.finalCents ?? 0) - this.sale.capturedCents;
		this.effects.push({ type: "pay", kind: "second", amountCents: rest, intent: null });
	}

	watchExpiry(): void {
		const { captureBeforeMs } = this.sale;
		if (captureBeforeMs !== null) this.set({ checkAtMs: captureBeforeMs - reviewBeforeExpiryMs });
	}

	askHello(request: string, nowMs: number, waitMs: number): void {
		this.set({ helloRequest: request, helloRequestedAtMs: nowMs, checkAtMs: nowMs + waitMs });
		this.effects.push({ type: "request-hello", request });
	}
}

/**
 * The sale's state machine: what a sale becomes by an event, and what has to be done for it. Pure; the caller writes
 * everything in one batch over the version it read. `undefined`: the event changes nothing, being late or repeated.
 */
export function react(sale: Sale, event: SaleEvent, nowMs: number): Reaction | undefined {
	const draft = new Draft(sale);
	if (!apply(draft, event, nowMs)) return undefined;
	const { history, journals, effects } = draft;
	return { sale: draft.sale, history, journals, effects };
}

function apply(draft: Draft, event: SaleEvent, nowMs: number): boolean {
	switch (event.type) {
		case "payment-held":
			return held(draft, event, nowMs);
		case "payment-declined":
			return declined(draft, event);
		case "timer":
			return timer(draft, event.helloRequest, nowMs);
		case "machine-started":
			return machineStarted(draft, event.helloRequest, nowMs);
		case "hello":
			return hello(draft, event.hello, nowMs);
		case "command":
			return command(draft, event, nowMs);
		case "door":
			return door(draft, event.door);
		case "report":
			draft.tell("report_received", event.detail, "report.received");
			return report(draft, event.settlement);
		case "hold-captured":
			return holdCaptured(draft, event.amountCents);
		case "hold-released":
			return holdReleased(draft);
		case "hold-lost":
			return holdLost(draft);
		case "charged":
			return charged(draft, event);
		case "charge-declined":
			return chargeDeclined(draft, event);
		case "payment-failed":
			return paymentFailed(draft, event);
	}
}

function held(draft: Draft, event: Extract<SaleEvent, { type: "payment-held" }>, nowMs: number): boolean {
	const { state, holdCents, settlement, unlockDeadlineMs } = draft.sale;
	if (state !== "requested") return false;
	draft.set({
		heldCents: holdCents,
		holdState: "held",
		holdIntent: event.intent,
		clientSecret: event.clientSecret,
		captureBeforeMs: event.captureBeforeMs,
	});
	draft.journals.push(journal("hold", holdCents));
	draft.move("authorised", { amountCents: holdCents }, "payment.held");
	if (settlement === "cancel" || nowMs >= unlockDeadlineMs) {
		draft.cancelHold("unlock_expired");
		return true;
	}
	draft.set({ counter: event.counter });
	draft.effects.push({ type: "use-counter", counter: event.counter });
	draft.askHello(event.helloRequest, nowMs, helloWithinMs);
	return true;
}

function declined(draft: Draft, event: Extract<SaleEvent, { type: "payment-declined" }>): boolean {
	if (draft.sale.state !== "requested") return false;
	draft.set({
		declineCode: event.code,
		declineMessage: event.message,
		cause: "payment_declined",
		settlement: "cancel",
	});
	draft.move("cancelled", { code: event.code }, "payment.declined");
	if (event.intent !== null) draft.effects.push({ type: "pay", kind: "cancel", amountCents: 0, intent: event.intent });
	return true;
}

function timer(draft: Draft, helloRequest: string, nowMs: number): boolean {
	const { state, settlement, checkAtMs, unlockDeadlineMs, nonceReceivedAtMs, captureBeforeMs, holdState } = draft.sale;
	if (checkAtMs === null || nowMs < checkAtMs) return false;
	draft.set({ checkAtMs: null });
	if (state === "review") {
		if (holdState === "held" && settlement !== "cancel") draft.cancelHold(draft.sale.cause ?? "hold_expiring");
		return true;
	}
	if (settlement !== null || isTerminal(state)) return true;
	if (state === "requested") {
		// Nobody knows yet whether money is held, but the door will not open for it any more.
		draft.set({ settlement: "cancel", cause: "unlock_expired" });
		draft.tell("unlock_expired");
		return true;
	}
	if (captureBeforeMs !== null && nowMs >= captureBeforeMs - reviewBeforeExpiryMs) {
		draft.review(state === "authorised" ? "machine_silent" : "no_report");
		return true;
	}
	if (state !== "authorised") {
		draft.watchExpiry();
		return true;
	}
	if (nowMs < unlockDeadlineMs) {
		draft.askHello(helloRequest, nowMs, helloWithinMs);
	} else if (nonceReceivedAtMs === null) {
		draft.cancelHold("unlock_not_executed");
	} else if (nowMs < nonceReceivedAtMs + nonceDiesAfterMs) {
		draft.set({ checkAtMs: nonceReceivedAtMs + nonceDiesAfterMs });
	} else {
		const longSilent = nowMs - unlockDeadlineMs > 5 * silentMachineCheckMs;
		draft.askHello(helloRequest, nowMs, longSilent ? silentMachineCheckMs : helloWithinMs);
	}
	return true;
}

function machineStarted(draft: Draft, helloRequest: string, nowMs: number): boolean {
	const { state, settlement, unlockDeadlineMs } = draft.sale;
	if (state !== "authorised" || settlement !== null || nowMs >= unlockDeadlineMs) return false;
	draft.askHello(helloRequest, nowMs, helloWithinMs);
	return true;
}

/**
 * Proof that an unlock never ran: its counter was passed over by the controller, which is not about to open for it, or
 * no nonce that carried it lives any more and the counter is still ahead. Anything less is a guess, and a guess gives
 * goods away.
 */
function hello(draft: Draft, body: HelloBody, nowMs: number): boolean {
	const { state, settlement, counter, helloRequest, helloRequestedAtMs, nonceReceivedAtMs, unlockDeadlineMs } =
		draft.sale;
	if (state !== "authorised" || settlement !== null || counter === null) return false;
	if (helloRequest === null || body.request !== helloRequest) return false;
	draft.set({ helloRequest: null });
	if (body.counter >= counter) {
		const behind = body.counter - counter;
		if (behind > 31) {
			draft.review("unlock_unknown", { counter, atCounter: body.counter });
		} else if ((body.executed >>> behind) & 1) {
			draft.walk("unlocked");
			draft.watchExpiry();
		} else if (behind === 0 && body.phase === "measuring") {
			// The counter is consumed, and the lock opens once the baseline is taken: too early to tell.
			draft.set({ checkAtMs: nowMs + askAgainWhileMeasuringMs });
		} else {
			draft.cancelHold("unlock_not_executed");
		}
		return true;
	}
	if (nowMs < unlockDeadlineMs) {
		draft.set({ nonceReceivedAtMs: nowMs, checkAtMs: nowMs + helloWithinMs });
		draft.tell("unlock_sent", { counter });
		draft.effects.push({ type: "send-unlock", nonce: body.nonce, counter });
		return true;
	}
	const nonceIsDead =
		nonceReceivedAtMs === null ||
		(helloRequestedAtMs !== null && helloRequestedAtMs >= nonceReceivedAtMs + nonceDiesAfterMs);
	if (nonceIsDead) draft.cancelHold("unlock_not_executed");
	return true;
}

function command(draft: Draft, event: Extract<SaleEvent, { type: "command" }>, nowMs: number): boolean {
	const { state, counter, settlement, unlockDeadlineMs, nonceReceivedAtMs } = draft.sale;
	if (state !== "authorised" || settlement !== null || event.counter !== counter) return false;
	if (event.executed) {
		draft.walk("unlocked");
		draft.watchExpiry();
		return true;
	}
	draft.tell("unlock_refused", { reason: event.reason }, "unlock.refused");
	const retryAtMs = nowMs + retryAfterRefusalMs;
	draft.set({
		checkAtMs: retryAtMs < unlockDeadlineMs ? retryAtMs : (nonceReceivedAtMs ?? nowMs) + nonceDiesAfterMs,
	});
	return true;
}

function door(draft: Draft, moved: "opened" | "closed" | "ajar" | "forced"): boolean {
	const { state, settlement } = draft.sale;
	const log = `door.${moved}`;
	if (isTerminal(state) || settlement !== null || moved === "ajar" || moved === "forced") {
		draft.tell(`door_${moved}`, {}, log);
		return true;
	}
	const target = moved === "opened" ? "open" : "closed";
	if (doorWay.indexOf(state) < 0 || doorWay.indexOf(state) >= doorWay.indexOf(target)) return false;
	draft.walk(target);
	draft.tell(`door_${moved}`, {}, log);
	draft.watchExpiry();
	return true;
}

function report(draft: Draft, settlement: Settlement): boolean {
	const { state } = draft.sale;
	if (doorWay.indexOf(state) < 0 || draft.sale.settlement !== null) {
		// Late or after a decision: kept with the sale for people to see, the money stays as decided.
		draft.tell("late_report", { settlement: settlement.kind }, "report.late");
		return true;
	}
	const neverOpened = settlement.kind === "cancel" && settlement.cause === "never_opened";
	// A door that was seen to open and is now reported as never opened is a contradiction.
	if (neverOpened && (state === "open" || state === "closed")) {
		draft.walk("closed");
		draft.review("door_contradiction");
		return true;
	}
	draft.walk(neverOpened ? "unlocked" : "closed");
	draft.set({ checkAtMs: null });
	if (settlement.kind === "review") {
		draft.review(settlement.cause);
		return true;
	}
	if (settlement.kind === "cancel") {
		draft.cancelHold(settlement.cause);
		return true;
	}
	const { lines, finalCents } = settlement;
	draft.set({ settlement: "capture", finalCents });
	draft.tell("priced", { finalCents });
	draft.journals.push(journal("sale", finalCents));
	draft.effects.push({ type: "record-lines", lines });
	const { holdState, heldCents, holdIntent } = draft.sale;
	if (holdState === "held") {
		const amountCents = captureOfHold(finalCents, heldCents, draft.sale.currency);
		draft.effects.push({ type: "pay", kind: "capture", amountCents, intent: holdIntent });
	} else draft.chargeRest();
	return true;
}

function holdCaptured(draft: Draft, amountCents: number): boolean {
	const { state, settlement, holdState, finalCents } = draft.sale;
	if (state !== "closed" || settlement !== "capture" || holdState !== "held" || finalCents === null) return false;
	draft.releaseMemo();
	draft.set({ capturedCents: amountCents });
	draft.journals.push(journal("capture", amountCents));
	if (amountCents > finalCents) {
		// Not by us: somebody captured by hand at the provider. The shopper has to get the difference back.
		draft.review("captured_too_much", { amountCents, finalCents });
		return true;
	}
	if (amountCents < finalCents) {
		draft.tell("hold_captured", { amountCents, finalCents }, "payment.captured");
		draft.chargeRest();
		return true;
	}
	draft.move("captured", { amountCents }, "payment.captured");
	draft.effects.push({ type: "send-receipt" });
	return true;
}

function holdReleased(draft: Draft): boolean {
	const { state, settlement, cause } = draft.sale;
	if (settlement !== "cancel" || state === "captured" || state === "cancelled") return false;
	draft.cancelled(cause ?? "hold_released");
	return true;
}

function holdLost(draft: Draft): boolean {
	const { state, settlement, holdState, finalCents, nonceReceivedAtMs } = draft.sale;
	if (holdState !== "held") return false;
	if (settlement === "cancel") return holdReleased(draft);
	draft.releaseMemo();
	draft.tell("hold_lost", {}, "payment.hold_lost");
	// No unlock has left, so none will: without a hold the door stays closed.
	if (state === "authorised" && nonceReceivedAtMs === null) draft.cancelHold("hold_lost");
	if (state === "closed" && settlement === "capture" && finalCents !== null) draft.chargeRest();
	return true;
}

function charged(draft: Draft, event: Extract<SaleEvent, { type: "charged" }>): boolean {
	const { state, capturedCents, finalCents } = draft.sale;
	if (state !== "closed" || finalCents === null) return false;
	if (capturedCents + event.amountCents !== finalCents) {
		throw new Error(`sale ${draft.sale.id}: ${capturedCents} and ${event.amountCents} cents are not ${finalCents}`);
	}
	draft.set({ capturedCents: finalCents, secondIntent: event.intent });
	draft.journals.push(journal("charge", event.amountCents));
	draft.move("captured", { amountCents: event.amountCents }, "payment.captured");
	draft.effects.push({ type: "send-receipt" });
	return true;
}

function chargeDeclined(draft: Draft, event: Extract<SaleEvent, { type: "charge-declined" }>): boolean {
	const { state, capturedCents, finalCents } = draft.sale;
	if (state !== "closed" || finalCents === null) return false;
	draft.set({ secondIntent: event.intent, declineCode: event.code });
	draft.tell("charge_declined", { code: event.code }, "payment.declined");
	owe(draft, finalCents - capturedCents);
	draft.review("underpaid", { code: event.code });
	return true;
}

function paymentFailed(draft: Draft, event: Extract<SaleEvent, { type: "payment-failed" }>): boolean {
	const { state, capturedCents, finalCents, settlement } = draft.sale;
	draft.tell("payment_failed", { operation: event.operation, reason: event.reason });
	if (isTerminal(state)) return true;
	if (settlement === "capture" && finalCents !== null) owe(draft, finalCents - capturedCents);
	draft.review(event.operation === "second" ? "underpaid" : `${event.operation}_failed`, { reason: event.reason });
	return true;
}

function owe(draft: Draft, amountCents: number): void {
	if (amountCents <= 0) return;
	draft.journals.push(journal("debt", amountCents));
	draft.effects.push({ type: "record-debt", amountCents });
}
