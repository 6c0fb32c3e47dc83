import type { Clock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import { type Random, randomId } from "@visionvend/sdk/random";
import { z } from "zod";
import type { Database, Statement } from "../db/database.ts";
import type { Metrics } from "../http/metrics.ts";
import { backoffMs } from "../outbox/backoff.ts";
import type { SaleEvent } from "../sales/sale-machine.ts";
import type { SaleStore } from "../sales/sale-store.ts";
import { operationOf, type PaymentOperation } from "./payment-operation.ts";
import type { Declined, PaymentProvider, Refused, Unknown } from "./payment-provider.ts";

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
	  }
	| Unknown;

/** Carries out payment operations that were written down before, and writes down what came of them. */
export class PaymentRunner {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #provider: PaymentProvider | undefined;
	readonly #sales: SaleStore;
	readonly #log: Log;
	readonly #metrics: Metrics;
	readonly #underWay = new Map<string, Promise<void>>();

	constructor(options: {
		database: Database;
		clock: Clock;
		random: Random;
		provider: PaymentProvider | undefined;
		sales: SaleStore;
		log: Log;
		metrics: Metrics;
	}) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
		this.#provider = options.provider;
		this.#sales = options.sales;
		this.#log = options.log;
		this.#metrics = options.metrics;
	}

	/**
	 * Tries an operation once; does nothing when it is finished. Whoever asks while it is being tried waits for the same
	 * attempt. The sale tells what came of it.
	 */
	run(key: string): Promise<void> {
		const underWay = this.#underWay.get(key);
		if (underWay) return underWay;
		const attempt = this.#attempt(key).finally(() => this.#underWay.delete(key));
		this.#underWay.set(key, attempt);
		return attempt;
	}

	async #attempt(key: string): Promise<void> {
		const [row] = await this.#database.read("SELECT * FROM payment_operation WHERE key = ?", [key]);
		if (!row) throw new Error(`payment operation ${key} is not in the database`);
		const operation = operationOf(row);
		if (operation.state !== "pending") return;
		const [waiting] = await this.#database.read("SELECT attempts FROM outbox WHERE operation = ?", [key]);
		const attempts = waiting ? attemptsSchema.parse(waiting).attempts : 0;
		const outcome = await this.#call(operation, attempts);
		if (outcome.kind === "unknown") await this.#later(operation, attempts + 1, outcome.message);
		else await this.#finish(operation, outcome);
	}

	async #finish(operation: PaymentOperation, outcome: Extract<Outcome, { kind: "settled" }>): Promise<void> {
		this.#metrics.paymentCalled(operation.kind, outcome.what);
		await this.#sales.change(
			operation.saleId,
			async (sale) => outcome.event(operation.kind === "auth" ? await this.#sales.nextCounter(sale.machineId) : 0),
			this.#finishStatements(operation, outcome.state, outcome.what),
		);
	}

	#finishStatements(operation: PaymentOperation, state: "succeeded" | "failed", what: string): Statement[] {
		return [
			{
				sql: "UPDATE payment_operation SET state = ?, outcome = ?, finished_at_ms = ? WHERE key = ?",
				args: [state, what, this.#clock.now(), operation.key],
			},
			{
				sql: "UPDATE outbox SET state = 'done' WHERE operation = ?",
				args: [operation.key],
			},
		];
	}

	async #later(operation: PaymentOperation, failures: number, reason: string): Promise<void> {
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
			await this.#finish(operation, {
				kind: "settled",
				state: "failed",
				what: "given_up",
				event: () => ({ type: "payment-failed", operation: operation.kind, reason }),
			});
			return;
		}
		await this.#database.write([
			{
				sql: "UPDATE outbox SET attempts = ?, due_at_ms = ?, last_error = ? WHERE operation = ?",
				args: [failures, this.#clock.now() + backoffMs(failures, longestWaitMs), reason, operation.key],
			},
		]);
	}

	async #call(operation: PaymentOperation, attempts: number): Promise<Outcome> {
		const provider = this.#provider;
		if (!provider) return { kind: "unknown", message: "payments are off: STRIPE_API_KEY is not set" };
		const { key, kind, saleId, amountCents, currency, customer, paymentMethod, intent, createdAtMs } = operation;
		const lookFirst = attempts > 0 || this.#clock.now() - createdAtMs > keyLivesMs;
		if (kind === "auth" || kind === "second") {
			if (customer === null || paymentMethod === null) return failed(kind, "no_card", "no card is known for this sale");
			const payment = { key, saleId, amountCents, currency, customer, paymentMethod, lookFirst };
			return kind === "auth" ? this.#hold(provider, payment) : this.#charge(provider, payment);
		}
		if (intent === null) return failed(kind, "no_intent", "no payment is known for this sale");
		return kind === "capture"
			? this.#capture(provider, { key, intent, amountCents, lookFirst })
			: this.#cancel(provider, { key, intent, lookFirst });
	}

	async #hold(provider: PaymentProvider, payment: Parameters<PaymentProvider["hold"]>[0]): Promise<Outcome> {
		const result = await provider.hold(payment);
		if (result.kind === "unknown") return result;
		if (result.kind !== "held") return declined(result, "payment-declined");
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
				counter,
				helloRequest,
			}),
		};
	}

	async #capture(provider: PaymentProvider, call: Parameters<PaymentProvider["capture"]>[0]): Promise<Outcome> {
		const result = await provider.capture(call);
		switch (result.kind) {
			case "unknown":
				return result;
			case "captured": {
				const { amountCents } = result;
				return settled("succeeded", "captured", { type: "hold-captured", amountCents });
			}
			case "gone":
				return settled("failed", "gone", { type: "hold-lost" });
			case "refused":
				return failed("capture", result.code, result.message);
		}
	}

	async #cancel(provider: PaymentProvider, call: Parameters<PaymentProvider["cancel"]>[0]): Promise<Outcome> {
		const result = await provider.cancel(call);
		switch (result.kind) {
			case "unknown":
				return result;
			case "released":
				return settled("succeeded", "released", { type: "hold-released" });
			case "refused":
				return failed("cancel", result.code, result.message);
		}
	}

	async #charge(provider: PaymentProvider, payment: Parameters<PaymentProvider["charge"]>[0]): Promise<Outcome> {
		const result = await provider.charge(payment);
		if (result.kind === "unknown") return result;
		if (result.kind !== "charged") return declined(result, "charge-declined");
		const { intent, amountCents } = result;
		return settled("succeeded", "charged", { type: "charged", intent, amountCents });
	}
}

function settled(state: "succeeded" | "failed", what: string, event: SaleEvent): Outcome {
	return { kind: "settled", state, what, event: () => event };
}

function failed(operation: PaymentOperation["kind"], code: string, message: string): Outcome {
	return settled("failed", code, { type: "payment-failed", operation, reason: `${code}: ${message}` });
}

function declined(result: Declined | Refused, type: "payment-declined" | "charge-declined"): Outcome {
	const { code, message } = result;
	const intent = result.kind === "declined" ? result.intent : null;
	return settled(
		"failed",
		code,
		type === "payment-declined" ? { type, code, message, intent } : { type, code, intent },
	);
}
