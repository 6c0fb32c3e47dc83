import type { Clock } from "@visionvend/sdk/clock";
import type { Random } from "@visionvend/sdk/random";
import type Stripe from "stripe";
import { Collection } from "./collection.ts";
import { randomObjectId, randomText } from "./ids.ts";
import type { Parameters } from "./parameters.ts";
import type { TestCard } from "./test-cards.ts";

/** The API version whose objects the simulator speaks: the one of the `stripe` package in package.json. */
export const apiVersion = "2026-10-28.endive";

/** The request on whose behalf something happens; `undefined` in its place means that Stripe acts by itself. */
export interface RequestOrigin {
	readonly id: string;
	readonly idempotencyKey: string | undefined;
}

/** One call of an endpoint. */
export interface Call {
	readonly parameters: Parameters;
	/** The id in the path, or `""` for a path without one. */
	readonly id: string;
	readonly origin: RequestOrigin;
}

export interface EventNotice {
	readonly type: Stripe.Event["type"];
	readonly object: object;
	readonly origin: RequestOrigin | undefined;
}

/** What Stripe offers to some accounts only. May be changed at any time; holds for what is made afterwards. */
export interface StripeFeatures {
	incrementalAuthorization: boolean;
	/** 15 % on Visa cards (docs.stripe.com/payments/overcapture). */
	overcapture: boolean;
}

/** The state of one Stripe account in test mode. Objects are kept in the very form the API answers with. */
export class Account {
	readonly clock: Clock;
	readonly customers = new Collection<Stripe.Customer>("customer", "/v1/customers");
	readonly paymentMethods = new Collection<Stripe.PaymentMethod>("PaymentMethod", "/v1/payment_methods");
	readonly paymentIntents = new Collection<Stripe.PaymentIntent>("payment_intent", "/v1/payment_intents");
	readonly setupIntents = new Collection<Stripe.SetupIntent>("setupintent", "/v1/setup_intents");
	readonly charges = new Collection<Stripe.Charge>("charge", "/v1/charges");
	readonly disputes = new Collection<Stripe.Dispute>("dispute", "/v1/disputes");
	readonly refunds = new Collection<Stripe.Refund>("refund", "/v1/refunds");
	readonly balanceTransactions = new Collection<Stripe.BalanceTransaction>(
		"balance transaction",
		"/v1/balance_transactions",
	);
	/** What the account may do beyond a plain hold; both come with interchange-plus pricing only. */
	readonly features: StripeFeatures = { incrementalAuthorization: false, overcapture: false };
	/** The card behind each payment method. */
	readonly cards = new Map<string, TestCard>();
	/** Payment methods that paid without belonging to a customer; they cannot be used again. */
	readonly consumedPaymentMethods = new Set<string>();
	readonly #random: Random;
	readonly #onEvent: (notice: EventNotice) => void;

	constructor(options: { clock: Clock; random: Random; onEvent: (notice: EventNotice) => void }) {
		this.clock = options.clock;
		this.#random = options.random;
		this.#onEvent = options.onEvent;
	}

	/** Unix time, whole seconds. */
	get now(): number {
		return Math.floor(this.clock.now() / 1000);
	}

	newId(prefix: string): string {
		return randomObjectId(this.#random, prefix);
	}

	newClientSecret(id: string): string {
		return `${id}_secret_${randomText(this.#random, 25)}`;
	}

	emit(type: Stripe.Event["type"], object: object, origin: RequestOrigin | undefined): void {
		this.#onEvent({ type, object, origin });
	}
}

/** The id behind a field that may be expanded. */
export function idOf(reference: string | { readonly id: string } | null): string | undefined {
	if (reference === null) return undefined;
	return typeof reference === "string" ? reference : reference.id;
}
