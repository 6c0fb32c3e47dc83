import fc from "fast-check";
import { expect, test } from "vitest";
import { isTerminal, newSale, type Sale, saleStates } from "./sale.ts";
import { owedCents, refundableCents } from "./sale-collection.ts";
import { mayFollow, type PayEffect, type Reaction } from "./sale-draft.ts";
import { react, type SaleEvent } from "./sale-machine.ts";

const startMs = 1_000_000;

/** What differs from card to card and machine to machine. */
interface Terms {
	readonly holdCents: number;
	readonly incrementable: boolean;
	readonly overcapture: boolean;
	readonly captureDelayMs: number;
}

const terms: fc.Arbitrary<Terms> = fc.record({
	holdCents: fc.integer({ min: 50, max: 1_000 }),
	incrementable: fc.boolean(),
	overcapture: fc.boolean(),
	captureDelayMs: fc.constantFrom(0, 0, 3_600_000),
});
const plain = { incrementable: false, overcapture: false, captureDelayMs: 0 };

function requested({ holdCents, captureDelayMs }: Terms): Sale {
	return newSale({
		gateway: "stripe",
		id: "sale-1",
		machineId: "fridge-1",
		shopperId: "ada",
		state: "requested",
		cause: null,
		currency: "usd",
		holdCents,
		language: "en",
		products: "[]",
		slots: null,
		requestedAtMs: startMs,
		unlockDeadlineMs: startMs + 30_000,
		checkAtMs: startMs + 30_000,
		captureDelayMs,
	});
}

/** What can happen, whatever the order; amounts and answers are made to fit the sale when they are played. */
type Move =
	| { kind: "held" | "declined" | "timer" | "executed" | "refused" | "opened" | "closed" | "ajar" | "lost" | "started" }
	| { kind: "hello"; counter: number; executed: number }
	| { kind: "report"; outcome: "capture" | "nothing" | "never" | "review"; finalCents: number }
	| { kind: "pay"; succeeds: boolean; dies: boolean }
	| { kind: "dispute" | "debt" | "forgive" | "chargeback" }
	| { kind: "chargeback-closed"; won: boolean }
	| { kind: "resolve" | "refund"; amountCents: number };

const moves = fc.array(
	fc.tuple(
		fc.oneof(
			fc.record({
				kind: fc.constantFrom(
					"held" as const,
					"declined" as const,
					"timer" as const,
					"executed" as const,
					"refused" as const,
					"opened" as const,
					"closed" as const,
					"ajar" as const,
					"lost" as const,
					"started" as const,
				),
			}),
			fc.record({
				kind: fc.constant("hello" as const),
				counter: fc.integer({ min: 0, max: 45 }),
				executed: fc.integer({ min: 0, max: 0xffffffff }),
			}),
			fc.record({
				kind: fc.constant("report" as const),
				outcome: fc.constantFrom("capture" as const, "nothing" as const, "never" as const, "review" as const),
				finalCents: fc.integer({ min: 1, max: 2_000 }),
			}),
			fc.record({ kind: fc.constant("pay" as const), succeeds: fc.boolean(), dies: fc.boolean() }),
			fc.record({
				kind: fc.constantFrom("dispute" as const, "debt" as const, "forgive" as const, "chargeback" as const),
			}),
			fc.record({ kind: fc.constant("chargeback-closed" as const), won: fc.boolean() }),
			fc.record({
				kind: fc.constantFrom("resolve" as const, "refund" as const),
				amountCents: fc.integer({ min: 0, max: 1_500 }),
			}),
		),
		fc.constantFrom(0, 100, 5_000, 10_000, 25_000, 3_600_000, 86_400_000),
	),
	{ minLength: 1, maxLength: 40 },
);

class Play {
	sale: Sale;
	nowMs = startMs;
	readonly ledger = new Map<string, number>();
	readonly journals: string[] = [];
	readonly reactions: Reaction[] = [];
	/** Payment operations that were ordered and have no outcome yet. */
	readonly ordered: PayEffect[] = [];
	readonly allOrders: string[] = [];

	refundRefused = false;
	cancelRefused = false;
	readonly #terms: Terms;
	readonly #chargebacks: number[] = [];

	constructor(given: Terms) {
		this.#terms = given;
		this.sale = requested(given);
	}

	play(move: Move): void {
		const event = this.#eventOf(move);
		if (!event) return;
		const before = this.sale;
		const reaction = react(before, event, this.nowMs);
		if (!reaction) return;
		this.reactions.push(reaction);
		expect(reaction.sale.version).toBe(before.version + 1);
		let from = before.state;
		for (const { event: state } of reaction.history) {
			const to = saleStates.find((candidate) => candidate === state);
			if (!to) continue;
			expect(mayFollow(from, to)).toBe(true);
			from = to;
		}
		expect(from).toBe(reaction.sale.state);
		for (const journal of reaction.journals) {
			this.journals.push(`${journal.kind} ${journal.sequence}`);
			for (const { account, amountCents } of journal.entries) {
				this.ledger.set(account, (this.ledger.get(account) ?? 0) + amountCents);
			}
		}
		for (const effect of reaction.effects) {
			if (effect.type !== "pay") continue;
			this.ordered.push(effect);
			this.allOrders.push(`${effect.kind} ${effect.sequence}`);
		}
		this.sale = reaction.sale;
		this.#check();
	}

	#eventOf(move: Move): SaleEvent | undefined {
		const { sale } = this;
		switch (move.kind) {
			case "held":
				return {
					type: "payment-held",
					intent: "pi_1",
					clientSecret: "secret",
					captureBeforeMs: this.nowMs + 7 * 86_400_000,
					incrementable: this.#terms.incrementable,
					mostCapturableCents: this.#most(sale.holdCents),
					counter: 10,
					helloRequest: `hello-${this.reactions.length}`,
				};
			case "declined":
				return { type: "payment-declined", code: "card_declined", message: "No.", intent: null };
			case "timer":
				return { type: "timer", helloRequest: `hello-${this.reactions.length}` };
			case "started":
				return { type: "machine-started", helloRequest: `hello-${this.reactions.length}` };
			case "executed":
			case "refused":
				return { type: "command", counter: 10, executed: move.kind === "executed", reason: "" };
			case "opened":
			case "closed":
			case "ajar":
				return { type: "door", door: move.kind };
			case "lost":
				return { type: "hold-lost" };
			case "hello":
				return {
					type: "hello",
					hello: {
						request: sale.helloRequest ?? "none",
						boot: 1,
						nonce: "n",
						counter: move.counter,
						executed: move.executed,
						phase: "",
						firmware: "",
						resetReason: "",
						kind: "fridge",
						configuration: 0,
					},
				};
			case "report": {
				const { outcome, finalCents } = move;
				if (outcome === "capture") {
					const lines = [{ sku: "x", name: "X", quantity: 1, unitPriceCents: finalCents }];
					return { type: "report", settlement: { kind: "capture", lines, finalCents }, detail: {} };
				}
				if (outcome === "review")
					return { type: "report", settlement: { kind: "review", cause: "ambiguous_weight" }, detail: {} };
				const cause = outcome === "never" ? "never_opened" : "nothing_taken";
				return { type: "report", settlement: { kind: "cancel", cause }, detail: {} };
			}
			case "pay":
				return this.#outcomeOf(move);
			case "dispute":
				return { type: "price-disputed", reason: "wrong" };
			case "debt":
				return { type: "debt-due", shopperPresent: true };
			case "forgive":
				return { type: "debt-forgiven", by: "owner", note: "" };
			case "resolve": {
				const { amountCents: finalCents } = move;
				const lines = [{ sku: "x", name: "X", quantity: 1, unitPriceCents: finalCents }];
				return {
					type: "review-resolved",
					by: "owner",
					note: "",
					charge: finalCents < 500 ? null : { lines, finalCents },
				};
			}
			case "refund": {
				const amountCents = Math.min(move.amountCents, refundableCents(sale));
				return { type: "refund-requested", by: "owner", reason: "", parts: [{ intent: "pi_1", amountCents }] };
			}
			case "chargeback": {
				const amountCents = refundableCents(sale);
				if (amountCents <= 0 || this.#chargebacks.length > 0) return undefined;
				this.#chargebacks.push(amountCents);
				return { type: "chargeback-opened", amountCents, reason: "fraudulent" };
			}
			case "chargeback-closed": {
				const [amountCents] = this.#chargebacks;
				if (amountCents === undefined || this.#closed) return undefined;
				this.#closed = true;
				return { type: "chargeback-closed", amountCents, sequence: 1, won: move.won };
			}
		}
	}

	#closed = false;

	#most(holdCents: number): number {
		return this.#terms.overcapture ? Math.floor(holdCents * 1.15) : holdCents;
	}

	#outcomeOf({ succeeds, dies }: { succeeds: boolean; dies: boolean }): SaleEvent | undefined {
		const order = this.ordered.shift();
		if (!order) return undefined;
		const { amountCents, sequence } = order;
		if (dies && !succeeds && order.kind === "cancel") this.cancelRefused = true;
		if (dies && !succeeds && ["capture", "cancel", "second"].includes(order.kind)) {
			return { type: "payment-failed", operation: order.kind, reason: "given up" };
		}
		switch (order.kind) {
			case "capture":
				return succeeds ? { type: "hold-captured", amountCents: order.amountCents } : { type: "hold-lost" };
			case "cancel":
				if (succeeds || order.intent === null) return { type: "hold-released" };
				// Money that was taken meanwhile: the whole hold, or what an earlier attempt to pay the debt was about.
				return sequence === 1
					? { type: "hold-taken", amountCents: this.sale.heldCents }
					: { type: "debt-paid", amountCents: Math.max(1, owedCents(this.sale)), intent: order.intent };
			case "increment":
				return succeeds
					? { type: "hold-increased", amountCents, mostCapturableCents: this.#most(amountCents) }
					: dies
						? { type: "hold-lost" }
						: { type: "increase-declined", code: "declined" };
			case "refund":
				if (!succeeds) this.refundRefused = true;
				return succeeds
					? { type: "refunded", sequence, amountCents }
					: { type: "refund-failed", sequence, amountCents, reason: "no" };
			case "debt":
				return succeeds
					? { type: "debt-paid", amountCents, intent: `pi_debt_${sequence}` }
					: { type: "debt-declined", code: "declined", intent: `pi_debt_${sequence}`, clientSecret: null };
			default:
				return succeeds
					? { type: "charged", amountCents: order.amountCents, intent: "pi_2" }
					: { type: "charge-declined", code: "declined", intent: null };
		}
	}

	#check(): void {
		const { sale } = this;
		const account = (name: string) => this.ledger.get(name) ?? 0;
		expect([...this.ledger.values()].reduce((sum, amount) => sum + amount, 0)).toBe(0);
		const { capturedCents, refundedCents, refundingCents, disputedCents, finalCents, state, cause } = sale;
		expect(account("cash_in_transit")).toBe(capturedCents - refundedCents - disputedCents);
		expect(refundableCents(sale)).toBeGreaterThanOrEqual(0);
		expect(account("shopper_debt")).toBe(owedCents(sale));
		expect(account("shopper_hold")).toBe(sale.holdState === "held" ? sale.heldCents : 0);
		expect(new Set(this.journals).size).toBe(this.journals.length);
		expect(new Set(this.allOrders).size).toBe(this.allOrders.length);
		// What was taken beyond the price goes back at once, or people have it in front of them.
		const kept = capturedCents - refundedCents - refundingCents;
		if (cause !== "captured_too_much" && !this.refundRefused) expect(kept).toBeLessThanOrEqual(finalCents ?? 0);
		if (state === "captured" && account("write_off") === 0)
			expect(capturedCents).toBeGreaterThanOrEqual(finalCents ?? 0);
		if (state === "cancelled") expect(capturedCents).toBe(0);
		if (sale.state === "review" || sale.state === "cancelled") expect(sale.cause).not.toBeNull();
		if (sale.state === "captured" || sale.state === "cancelled") {
			if (!this.cancelRefused) expect(sale.holdState).not.toBe("held");
			expect(account("receivable")).toBe(0);
			expect(account("revenue") + (finalCents ?? 0)).toBe(0);
		}
	}
}

test("whatever happens in whatever order, the ledger sums to zero and says what was captured, and no step is skipped", () => {
	fc.assert(
		fc.property(terms, moves, (given, played) => {
			const play = new Play(given);
			for (const [move, passMs] of played) {
				play.nowMs += passMs;
				play.play(move);
			}
		}),
		{ seed: 2026, numRuns: 1_500 },
	);
});

test("from wherever a sale is, with the machine answering and payments working, it ends within its hold's time", () => {
	fc.assert(
		fc.property(terms, moves, (given, played) => {
			const play = new Play(given);
			play.play({ kind: "held" });
			for (const [move, passMs] of played) {
				play.nowMs += passMs;
				play.play(move);
			}
			for (let step = 0; step < 100 && play.sale.state !== "captured" && play.sale.state !== "cancelled"; step += 1) {
				if (play.ordered.length > 0) play.play({ kind: "pay", succeeds: true, dies: false });
				else if (play.sale.state === "authorised" && play.sale.helloRequest !== null)
					play.play({ kind: "hello", counter: 0, executed: 0 });
				else if (play.sale.checkAtMs !== null) {
					play.nowMs = Math.max(play.nowMs, play.sale.checkAtMs);
					play.play({ kind: "timer" });
				} else break;
			}
			expect(isTerminal(play.sale.state)).toBe(true);
			if (play.sale.state === "review")
				expect(play.sale.holdState === "held" && play.sale.settlement === null).toBe(false);
		}),
		{ seed: 2026, numRuns: 1_000 },
	);
});

test("captured and cancelled are final, and review leads to them only", () => {
	for (const to of saleStates) {
		expect(mayFollow("captured", to)).toBe(false);
		expect(mayFollow("cancelled", to)).toBe(false);
		expect(mayFollow("review", to)).toBe(to === "captured" || to === "cancelled");
	}
});

test("a hold of which somebody else captured more than the price: review, and the ledger says what the provider took", () => {
	const play = new Play({ ...plain, holdCents: 500 });
	play.play({ kind: "held" });
	play.play({ kind: "report", outcome: "capture", finalCents: 350 });
	const reaction = react(play.sale, { type: "hold-captured", amountCents: 500 }, play.nowMs);
	expect(reaction?.sale).toMatchObject({
		state: "review",
		cause: "captured_too_much",
		capturedCents: 500,
		holdState: "gone",
	});
	expect(reaction?.journals.map(({ kind, entries }) => [kind, entries[0]?.amountCents])).toEqual([
		["release", 500],
		["capture", 500],
	]);
});
