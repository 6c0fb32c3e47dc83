import type { HelloBody } from "@visionvend/sdk/device/messages";
import { isChargedFirst } from "../payments/gateway.ts";
import { journal } from "../payments/journal.ts";
import { isTerminal, type Sale } from "./sale.ts";
import { applyToMoney, type MoneyEvent, owedCents } from "./sale-collection.ts";
import {
	Draft,
	doorWay,
	type HistoryDetail,
	type Reaction,
	releaseBeforeExpiryMs,
	reviewBeforeExpiryMs,
} from "./sale-draft.ts";
import type { Settlement } from "./settlement.ts";

/** What happens to a sale. */
export type SaleEvent =
	| {
			readonly type: "payment-held";
			readonly intent: string;
			readonly clientSecret: string | null;
			readonly captureBeforeMs: number;
			/** Whether the hold may grow. */
			readonly incrementable: boolean;
			/** The most that may be captured of it; more than the hold where the card network allows it. */
			readonly mostCapturableCents: number;
			/** The machine's next counter. */
			readonly counter: number;
			/** Name of the hello to ask for. */
			readonly helloRequest: string;
	  }
	/** The shopper is asked to pay in the provider's form. */
	| { readonly type: "payment-awaited"; readonly intent: string }
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
	| MoneyEvent;

/** How long after the request an unlock may still be sent. */
export const unlockWithinMs = 30_000;
/** How long a shopper has to pay in the provider's form, where a sale is paid before the door opens. */
export const payWithinMs = 300_000;
/** How long the door may wait to be opened. */
export const windowMs = 10_000;
const helloWithinMs = 10_000;
const retryAfterRefusalMs = 2_000;
const askAgainWhileMeasuringMs = 2_000;
// The controller takes a nonce for 20 s of its own clock, counted from before the hello left it. The rest covers a
// clock that runs 5 % slow.
const nonceDiesAfterMs = 21_000;
const silentMachineCheckMs = 60_000;
/**
 * The sale's state machine: what a sale becomes by an event, and what has to be done for it. Pure; the caller writes
 * everything in one batch over the version it read. `undefined`: the event changes nothing, being late or repeated.
 */
export function react(sale: Sale, event: SaleEvent, nowMs: number): Reaction | undefined {
	const draft = new Draft(sale, nowMs);
	if (!apply(draft, event, nowMs)) return undefined;
	const { history, journals, effects } = draft;
	return { sale: draft.sale, history, journals, effects };
}

function apply(draft: Draft, event: SaleEvent, nowMs: number): boolean {
	switch (event.type) {
		case "payment-held":
			return held(draft, event, nowMs);
		case "payment-awaited":
			return awaited(draft, event.intent);
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
			return report(draft, event.settlement, nowMs);
		default:
			return applyToMoney(draft, event);
	}
}

function held(draft: Draft, event: Extract<SaleEvent, { type: "payment-held" }>, nowMs: number): boolean {
	const { state, holdCents, settlement, unlockDeadlineMs, gateway } = draft.sale;
	if (state !== "requested") return false;
	const isCharged = isChargedFirst(gateway);
	draft.set({
		heldCents: holdCents,
		holdState: "held",
		holdIntent: event.intent,
		clientSecret: event.clientSecret,
		captureBeforeMs: event.captureBeforeMs,
		incrementable: event.incrementable,
		mostCapturableCents: event.mostCapturableCents,
	});
	draft.journals.push(journal(isCharged ? "prepaid" : "hold", holdCents));
	draft.move("authorised", { amountCents: holdCents }, "payment.held");
	if (settlement === "cancel" || nowMs >= unlockDeadlineMs) {
		draft.cancelHold("unlock_expired");
		return true;
	}
	// The time that the shopper took to pay is none of the door's.
	if (isCharged) draft.set({ unlockDeadlineMs: nowMs + unlockWithinMs });
	draft.set({ counter: event.counter });
	draft.effects.push({ type: "use-counter", counter: event.counter });
	draft.askHello(event.helloRequest, helloWithinMs);
	return true;
}

function awaited(draft: Draft, intent: string): boolean {
	const { state, clientSecret, settlement, requestedAtMs } = draft.sale;
	if (state !== "requested" || settlement !== null || clientSecret !== null) return false;
	const deadlineMs = requestedAtMs + payWithinMs;
	draft.set({ clientSecret: intent, unlockDeadlineMs: deadlineMs, checkAtMs: deadlineMs });
	draft.tell("payment_awaited", {}, "payment.awaited");
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
	if (event.intent !== null) draft.pay("cancel", 0, event.intent);
	return true;
}

function timer(draft: Draft, helloRequest: string, nowMs: number): boolean {
	const { state, settlement, checkAtMs, unlockDeadlineMs, nonceReceivedAtMs, captureBeforeMs, collection, gateway } =
		draft.sale;
	if (checkAtMs === null || nowMs < checkAtMs) return false;
	draft.set({ checkAtMs: null });
	if (collection === "waiting") {
		draft.collect();
		return true;
	}
	if (settlement !== null && captureBeforeMs !== null && nowMs >= captureBeforeMs && !isChargedFirst(gateway)) {
		draft.releaseMemo();
		draft.tell("hold_expired");
	}
	if (state === "review") return reviewTimer(draft);
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
		draft.warnOfExpiry();
		return true;
	}
	if (nowMs < unlockDeadlineMs) {
		draft.askHello(helloRequest, helloWithinMs);
	} else if (nonceReceivedAtMs === null) {
		draft.cancelHold("unlock_not_executed");
	} else if (nowMs < nonceReceivedAtMs + nonceDiesAfterMs) {
		draft.set({ checkAtMs: nonceReceivedAtMs + nonceDiesAfterMs });
	} else {
		const longSilent = nowMs - unlockDeadlineMs > 5 * silentMachineCheckMs;
		draft.askHello(helloRequest, longSilent ? silentMachineCheckMs : helloWithinMs);
	}
	return true;
}

/** People have not decided yet, or a debt is still open. */
function reviewTimer(draft: Draft): boolean {
	const { holdState, settlement, cause, captureBeforeMs } = draft.sale;
	if (owedCents(draft.sale) > 0) return applyToMoney(draft, { type: "debt-due", shopperPresent: false });
	if (holdState !== "held" || settlement !== null || captureBeforeMs === null) return true;
	if (draft.nowMs >= captureBeforeMs - releaseBeforeExpiryMs) draft.cancelHold(cause ?? "hold_expiring");
	else draft.warnOfExpiry();
	return true;
}

function machineStarted(draft: Draft, helloRequest: string, nowMs: number): boolean {
	const { state, settlement, unlockDeadlineMs } = draft.sale;
	if (state !== "authorised" || settlement !== null || nowMs >= unlockDeadlineMs) return false;
	draft.askHello(helloRequest, helloWithinMs);
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

function report(draft: Draft, settlement: Settlement, nowMs: number): boolean {
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
	draft.price(lines, finalCents);
	const { captureDelayMs, holdState, heldCents } = draft.sale;
	// Only what the hold covers for certain may wait for the shopper's objection.
	if (captureDelayMs > 0 && holdState === "held" && finalCents <= heldCents) {
		draft.set({ collection: "waiting", checkAtMs: nowMs + captureDelayMs });
	} else draft.collect();
	return true;
}
