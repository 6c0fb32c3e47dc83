import type { Clock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import { type Random, randomId } from "@visionvend/sdk/random";
import { z } from "zod";
import type { Database, Statement } from "../db/database.ts";
import type { Metrics } from "../http/metrics.ts";
import { backoffMs } from "../outbox/backoff.ts";
import type { Sale } from "../sales/sale.ts";
import { payWithinMs, type SaleEvent } from "../sales/sale-machine.ts";
import type { SaleStore } from "../sales/sale-store.ts";
import type { Gateways } from "./gateway.ts";
import { operationOf, type PaymentOperation } from "./payment-operation.ts";
import type { PaymentProvider, Unknown } from "./payment-provider.ts";

const dayMs = 86_400_000;
// Stripe forgets an idempotency key after 24 h; an hour of slack for what is still under way.
const keyLivesMs = dayMs - 3_600_000;
// Where the provider does not say until when it holds: the shortest time that any card network gives (in person, 2 days).
const shortestHoldMs = 2 * dayMs;
// Two payments of one sale may follow each other after an outage, and have 10 minutes for it.
const longestWaitMs = 240_000;
// Two days of an outage, then people have to look.
const mostFailures = 720;

const attemptsSchema = z.object({ attempts: z.int() });

type PaymentEvent = (counter: number) => SaleEvent;
type Outcome =
	| {
			readonly kind: "settled";
			readonly state: "succeeded" | "failed";
			readonly what: string;
			readonly event: PaymentEvent;
			/** What a payment has really taken, and which object of the provider it made. */
			readonly taken?: { readonly intent: string; readonly amountCents: number };
	  }
	| Awaiting
	| Unknown;

/** The shopper has not paid yet. */
interface Awaiting {
	readonly kind: "awaiting";
	readonly intent: string;
}

/** Carries out payment operations that were written down before, and writes down what came of them. */
export class PaymentRunner {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #gateways: Gateways;
	readonly #sales: SaleStore;
	readonly #log: Log;
	readonly #metrics: Metrics;
	readonly #underWay = new Map<string, Promise<Sale | undefined>>();

	constructor(options: {
		database: Database;
		clock: Clock;
		random: Random;
		gateways: Gateways;
		sales: SaleStore;
		log: Log;
		metrics: Metrics;
	}) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
		this.#gateways = options.gateways;
		this.#sales = options.sales;
		this.#log = options.log;
		this.#metrics = options.metrics;
	}

	/**
	 * Tries an operation once; does nothing when it is finished. Whoever asks while it is being tried waits for the same
	 * attempt. The sale tells what came of it.
	 * @param known the operation's sale, where the caller has just read or written it
	 * @returns the sale, where the attempt has changed it
	 */
	run(key: string, known?: Sale): Promise<Sale | undefined> {
		const underWay = this.#underWay.get(key);
		if (underWay) return underWay;
		const attempt = this.#attempt(key, known).finally(() => this.#underWay.delete(key));
		this.#underWay.set(key, attempt);
		return attempt;
	}

	async #attempt(key: string, known: Sale | undefined): Promise<Sale | undefined> {
		const [row] = await this.#database.read(
			`SELECT payment_operation.*, sale.gateway, COALESCE(outbox.attempts, 0) AS attempts FROM payment_operation
				JOIN sale ON sale.id = payment_operation.sale_id
				LEFT JOIN outbox ON outbox.operation = payment_operation.key WHERE payment_operation.key = ?`,
			[key],
		);
		if (!row) throw new Error(`payment operation ${key} is not in the database`);
		const operation = operationOf(row);
		if (operation.state !== "pending") return undefined;
		const { attempts } = attemptsSchema.parse(row);
		const outcome = await this.#call(operation, attempts);
		if (outcome.kind === "unknown") return this.#later(operation, attempts + 1, outcome.message);
		if (outcome.kind === "awaiting") return this.#await(operation, outcome.intent);
		return this.#finish(operation, outcome, known);
	}

	async #finish(
		operation: PaymentOperation,
		outcome: Extract<Outcome, { kind: "settled" }>,
		known?: Sale,
	): Promise<Sale | undefined> {
		this.#metrics.paymentCalled(operation.kind, outcome.what);
		return this.#sales.change(
			known ?? operation.saleId,
			async (sale) => outcome.event(operation.kind === "auth" ? await this.#sales.nextCounter(sale.machineId) : 0),
			this.#finishStatements(operation, outcome),
		);
	}

	#finishStatements(operation: PaymentOperation, outcome: Extract<Outcome, { kind: "settled" }>): Statement[] {
		const { state, what, taken } = outcome;
		return [
			{
				sql: `UPDATE payment_operation SET state = ?, outcome = ?, finished_at_ms = ?, intent = COALESCE(?, intent),
					amount_cents = COALESCE(?, amount_cents) WHERE key = ?`,
				args: [state, what, this.#clock.now(), taken?.intent ?? null, taken?.amountCents ?? null, operation.key],
			},
			{
				sql: "UPDATE outbox SET state = 'done' WHERE operation = ?",
				args: [operation.key],
			},
		];
	}

	/** Looks again when the shopper's time is over; a webhook or the phone tells before. */
	async #await(operation: PaymentOperation, intent: string): Promise<Sale | undefined> {
		const { key, saleId, createdAtMs } = operation;
		const deadlineMs = createdAtMs + payWithinMs;
		if (this.#clock.now() >= deadlineMs) {
			const message = "It was not paid in time. Start a new sale.";
			return this.#finish(
				operation,
				settled("failed", "not_paid", { type: "payment-declined", code: "not_paid", message, intent }),
			);
		}
		return this.#sales.change(saleId, { type: "payment-awaited", intent }, [
			{ sql: "UPDATE payment_operation SET intent = ? WHERE key = ?", args: [intent, key] },
			{ sql: "UPDATE outbox SET due_at_ms = ? WHERE operation = ?", args: [deadlineMs, key] },
		]);
	}

	async #later(operation: PaymentOperation, failures: number, reason: string): Promise<Sale | undefined> {
		this.#metrics.paymentCalled(operation.kind, "unknown");
		this.#log({
			level: "warn",
			room: "cloud",
			event: "payment.unknown",
			saleId: operation.saleId,
			operation: operation.kind,
			attempt: failures,
			reason,
		});
		if (failures >= mostFailures) {
			this.#metrics.effectDied("payment");
			return this.#finish(operation, failed(operation, "given_up", reason));
		}
		await this.#database.write([
			{
				sql: "UPDATE outbox SET attempts = ?, due_at_ms = ?, last_error = ? WHERE operation = ?",
				args: [failures, this.#clock.now() + backoffMs(failures, longestWaitMs), reason, operation.key],
			},
		]);
		return undefined;
	}

	async #call(operation: PaymentOperation, attempts: number): Promise<Outcome> {
		const provider = operation.gateway === null ? undefined : this.#gateways[operation.gateway]?.provider;
		if (!provider)
			return { kind: "unknown", message: `payments with ${operation.gateway} are off: its key is not set` };
		const { key, kind, sequence, saleId, amountCents, currency, customer, paymentMethod, intent } = operation;
		const lookFirst = attempts > 0 || this.#clock.now() - operation.createdAtMs > keyLivesMs;
		if (kind === "auth" || kind === "second" || kind === "debt") {
			const card = customer === null || paymentMethod === null ? null : { customer, paymentMethod };
			const payment = { key, saleId, amountCents, currency, card, intent, lookFirst };
			if (kind === "auth") return this.#hold(provider, payment);
			const purpose = kind === "second" ? "rest" : `debt-${sequence}`;
			return this.#charge(provider, operation, { ...payment, purpose, shopperPresent: operation.shopperPresent });
		}
		if (intent === null) return failed(operation, "no_intent", "no payment is known for this sale");
		const call = { key, intent, amountCents, lookFirst };
		switch (kind) {
			case "capture":
				return this.#capture(provider, operation, call);
			case "increment":
				return this.#increase(provider, call);
			case "cancel":
				return this.#cancel(provider, operation, call);
			case "refund":
				return this.#refund(provider, operation, call);
		}
	}

	async #hold(provider: PaymentProvider, payment: Parameters<PaymentProvider["hold"]>[0]): Promise<Outcome> {
		const result = await provider.hold(payment);
		if (result.kind === "unknown" || result.kind === "awaiting") return result;
		if (result.kind !== "held") {
			const { code, message } = result;
			const intent = result.kind === "declined" ? result.intent : null;
			return settled("failed", code, { type: "payment-declined", code, message, intent });
		}
		const helloRequest = randomId(this.#random);
		return {
			kind: "settled",
			state: "succeeded",
			what: "held",
			event: (counter) => ({
				type: "payment-held",
				intent: result.intent,
				clientSecret: result.clientSecret,
				captureBeforeMs: result.captureBeforeMs ?? this.#clock.now() + shortestHoldMs,
				incrementable: result.incrementable,
				mostCapturableCents: result.mostCapturableCents,
				counter,
				helloRequest,
			}),
		};
	}

	async #capture(provider: PaymentProvider, operation: PaymentOperation, call: IntentCall): Promise<Outcome> {
		const result = await provider.capture(call);
		switch (result.kind) {
			case "unknown":
				return result;
			case "captured": {
				const { amountCents } = result;
				const outcome = settled("succeeded", "captured", { type: "hold-captured", amountCents });
				return { ...outcome, taken: { intent: call.intent, amountCents } };
			}
			case "gone":
				return settled("failed", "gone", { type: "hold-lost" });
			case "refused":
				return failed(operation, result.code, result.message);
		}
	}

	async #increase(provider: PaymentProvider, call: IntentCall): Promise<Outcome> {
		const result = await provider.increase(call);
		switch (result.kind) {
			case "unknown":
				return result;
			case "increased": {
				const { amountCents, mostCapturableCents } = result;
				return settled("succeeded", "increased", { type: "hold-increased", amountCents, mostCapturableCents });
			}
			case "gone":
				return settled("failed", "gone", { type: "hold-lost" });
			case "declined":
			case "refused":
				return settled("failed", result.code, { type: "increase-declined", code: result.code });
		}
	}

	async #cancel(provider: PaymentProvider, operation: PaymentOperation, call: IntentCall): Promise<Outcome> {
		const result = await provider.cancel(call);
		switch (result.kind) {
			case "unknown":
				return result;
			case "released":
				return settled("succeeded", "released", { type: "hold-released" });
			case "taken": {
				const { intent } = call;
				const { amountCents } = result;
				// The hold itself, or an earlier attempt to pay what was owed.
				const event: SaleEvent =
					operation.sequence === 1 ? { type: "hold-taken", amountCents } : { type: "debt-paid", amountCents, intent };
				return settled("failed", "taken", event);
			}
			case "refused":
				return failed(operation, result.code, result.message);
		}
	}

	async #refund(provider: PaymentProvider, operation: PaymentOperation, call: IntentCall): Promise<Outcome> {
		const result = await provider.refund(call);
		switch (result.kind) {
			case "unknown":
				return result;
			case "refunded": {
				const { amountCents } = result;
				return settled("succeeded", "refunded", { type: "refunded", sequence: operation.sequence, amountCents });
			}
			case "refused":
				return failed(operation, result.code, result.message);
		}
	}

	async #charge(
		provider: PaymentProvider,
		operation: PaymentOperation,
		payment: Parameters<PaymentProvider["charge"]>[0],
	): Promise<Outcome> {
		const result = await provider.charge(payment);
		const owed = operation.kind === "debt";
		switch (result.kind) {
			case "unknown":
				return result;
			case "charged": {
				const { intent, amountCents } = result;
				const type = owed ? "debt-paid" : "charged";
				return { ...settled("succeeded", "charged", { type, intent, amountCents }), taken: { intent, amountCents } };
			}
			case "action_required": {
				const { intent, clientSecret } = result;
				const code = "authentication_required";
				const waits = settled("failed", code, { type: "debt-declined", code, intent, clientSecret });
				return { ...waits, taken: { intent, amountCents: operation.amountCents } };
			}
			case "declined":
			case "refused": {
				const { code } = result;
				const intent = result.kind === "declined" ? result.intent : null;
				return settled(
					"failed",
					code,
					owed
						? { type: "debt-declined", code, intent, clientSecret: null }
						: { type: "charge-declined", code, intent },
				);
			}
		}
	}
}

type IntentCall = Parameters<PaymentProvider["capture"]>[0];
type Settled = Extract<Outcome, { kind: "settled" }>;

function settled(state: "succeeded" | "failed", what: string, event: SaleEvent): Settled {
	return { kind: "settled", state, what, event: () => event };
}

/** Not done, and never will be. */
function failed(operation: PaymentOperation, code: string, message: string): Settled {
	const { kind, sequence, amountCents } = operation;
	const reason = `${code}: ${message}`;
	switch (kind) {
		case "refund":
			return settled("failed", code, { type: "refund-failed", sequence, amountCents, reason });
		case "debt":
			return settled("failed", code, { type: "debt-declined", code, intent: null, clientSecret: null });
		case "increment":
			return settled("failed", code, { type: "increase-declined", code });
		default:
			return settled("failed", code, { type: "payment-failed", operation: kind, reason });
	}
}
