import type { Clock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import type { Random } from "@visionvend/sdk/random";
import { type Context, Hono } from "hono";
import type Stripe from "stripe";
import { type ApiFaults, ConnectionLost } from "../network/api-faults.ts";
import type { WebhookEndpoint, WebhookPolicy } from "../network/webhook-delivery.ts";
import { Account, apiVersion, type Call, idOf, type RequestOrigin, type StripeFeatures } from "./account.ts";
import { ApiError } from "./api-error.ts";
import { Charges } from "./charges.ts";
import { Customers } from "./customers.ts";
import { Disputes } from "./disputes.ts";
import { expand } from "./expand.ts";
import { canonicalForm, parseForm } from "./form.ts";
import { IdempotencyKeys, type StoredAnswer } from "./idempotency.ts";
import { randomText } from "./ids.ts";
import { Parameters } from "./parameters.ts";
import { PaymentIntents } from "./payment-intents.ts";
import { PaymentMethods } from "./payment-methods.ts";
import { Refunds } from "./refunds.ts";
import { SetupIntents } from "./setup-intents.ts";
import { Webhooks } from "./webhooks.ts";

/** A payment intent in the form in which the API answers it. */
export type PaymentIntentRecord = Stripe.PaymentIntent;

/** What goes wrong between the caller and Stripe. Each is asked for every request; `undefined` means nothing does. */
export interface StripeFaults extends ApiFaults {
	/**
	 * The answer comes this much later, on the clock; meanwhile a twin with the same key is refused with 409. `idle` waits
	 * for it: not for a driver that moves the clock only when everybody is idle.
	 */
	delayMs?: ((method: string, path: string) => number) | undefined;
	/** The bank declines a payment that is made without the card holder. */
	declineOffSession?: ((paymentIntentId: string) => boolean) | undefined;
	/** The bank declines a hold that shall grow; the hold stays as it was. */
	declineIncrement?: (paymentIntentId: string) => boolean;
}

export interface StripeSimulator {
	readonly app: Hono;
	/** For `Stripe.createFetchHttpClient(simulator.fetch)`: no socket, the same bytes. */
	readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
	/** Resolves when no request is answered and no webhook is delivered at this moment of the clock. */
	idle(): Promise<void>;
	/** Copies of all payment intents, oldest first. */
	paymentIntents(): PaymentIntentRecord[];
	charges(): Stripe.Charge[];
	refunds(): Stripe.Refund[];
	disputes(): Stripe.Dispute[];
	/** What moved in the account's balance, oldest first: the gateway's books. */
	balanceTransactions(): Stripe.BalanceTransaction[];
	events(): Stripe.EventBase[];
	readonly features: StripeFeatures;
	readonly faults: StripeFaults;
	readonly webhookPolicy: WebhookPolicy;
	/** The card holder answers the bank's question for an intent in `requires_action`. */
	authenticate(paymentIntentId: string, succeeds: boolean): PaymentIntentRecord;
	/** The bank sends a refund back that was done. */
	failRefund(refundId: string): Stripe.Refund;
	/** The card holder disputes the payment at the bank. */
	dispute(paymentIntentId: string): Stripe.Dispute;
	/** The bank decides a dispute. */
	decideDispute(disputeId: string, won: boolean): Stripe.Dispute;
	/** Forgets all timers (hold expiry, webhook retries), so that the process can end. */
	close(): void;
}

export interface StripeSimulatorOptions {
	readonly clock: Clock;
	readonly random: Random;
	readonly webhook?: WebhookEndpoint | undefined;
	readonly log?: Log | undefined;
}

type Endpoint = (call: Call) => object;

/**
 * One Stripe account in test mode, in this process: customers, payment methods, payment and setup intents, charges,
 * refunds, events and signed webhooks, over Stripe's own HTTP API. Same clock and random source, same answers.
 */
export function createStripeSimulator(options: StripeSimulatorOptions): StripeSimulator {
	const { clock, random } = options;
	const webhooks = new Webhooks({ clock, random, endpoint: options.webhook, log: options.log });
	const account = new Account({ clock, random, onEvent: (notice) => webhooks.emit(notice) });
	const methods = new PaymentMethods(account);
	const customers = new Customers(account);
	const charges = new Charges(account);
	const intents = new PaymentIntents(account, methods, charges);
	const setups = new SetupIntents(account, methods);
	const refunds = new Refunds(account, charges);
	const disputes = new Disputes(account, charges);
	const keys = new IdempotencyKeys(clock);
	const faults: StripeFaults = {};
	intents.declinesIncrement = (id) => faults.declineIncrement?.(id) === true;
	intents.declinesOffSession = (id) => faults.declineOffSession?.(id) === true;
	const running = new Set<Promise<unknown>>();

	const findAnywhere = (id: string): object | undefined =>
		account.customers.find(id) ??
		account.paymentMethods.find(id) ??
		account.paymentIntents.find(id) ??
		account.setupIntents.find(id) ??
		account.charges.find(id) ??
		account.refunds.find(id) ??
		account.disputes.find(id) ??
		account.balanceTransactions.find(id);

	/** Runs the endpoint; errors of the API become answers, and tell whether an idempotency key keeps them. */
	function execute(endpoint: Endpoint, call: Call, expansions: readonly string[]): StoredAnswer & { begun: boolean } {
		try {
			const body = structuredClone(endpoint(call));
			for (const path of expansions) expand(body, path, findAnywhere);
			return { status: 200, body: JSON.stringify(body, null, 2), begun: true };
		} catch (error) {
			if (!(error instanceof ApiError)) throw error;
			return { status: error.status, body: JSON.stringify(error.body, null, 2), begun: error.begun };
		}
	}

	async function answer(context: Context, endpoint: Endpoint): Promise<Response> {
		const { method, path } = context.req;
		const key = method === "POST" ? context.req.header("idempotency-key") : undefined;
		const origin: RequestOrigin = { id: `req_${randomText(random, 14)}`, idempotencyKey: key };
		const headers = new Headers({
			"content-type": "application/json",
			"request-id": origin.id,
			"stripe-version": context.req.header("stripe-version") ?? apiVersion,
		});
		if (key !== undefined) headers.set("idempotency-key", key);
		if (faults.dropRequest?.(method, path) === true) throw new ConnectionLost("stripe", "the request did not arrive");
		const text = method === "GET" || method === "DELETE" ? new URL(context.req.url).search : await context.req.text();
		const form = parseForm(text);
		const reply = (given: StoredAnswer) => new Response(given.body, { status: given.status, headers });
		const fail = (error: ApiError): Response =>
			reply({ status: error.status, body: JSON.stringify(error.body, null, 2) });
		const refusal = refuseCaller(context.req.header("authorization"));
		if (refusal !== undefined) return fail(refusal);
		if (faults.rateLimit?.(method, path) === true) {
			return fail(
				new ApiError(429, {
					type: "invalid_request_error",
					code: "rate_limit",
					message: "Too many requests hit the API too quickly. Wait a little longer before each retry.",
				}),
			);
		}
		const trouble = faults.serverError?.(method, path);
		const lost = faults.dropResponse?.(method, path) === true;
		const delayMs = faults.delayMs?.(method, path) ?? 0;
		if (trouble === "unprocessed") return fail(serverError());
		if (key !== undefined) {
			try {
				const stored = keys.begin(key, path, canonicalForm(form));
				if (stored !== undefined) {
					if (lost) throw new ConnectionLost("stripe", "the answer did not come back");
					headers.set("idempotent-replayed", "true");
					return reply(stored);
				}
			} catch (error) {
				if (error instanceof ApiError) return fail(error);
				throw error;
			}
		}
		const parameters = new Parameters(form);
		let result: StoredAnswer & { begun: boolean };
		try {
			const expansions = parameters.texts("expand");
			result = execute(endpoint, { parameters, id: context.req.param("id") ?? "", origin }, expansions);
		} catch (error) {
			if (key !== undefined) keys.finish(key, undefined);
			if (!(error instanceof ApiError)) throw error;
			return fail(error);
		}
		if (trouble === "processed") result = { ...serverErrorAnswer(), begun: true };
		if (delayMs > 0) await new Promise<void>((resolve) => void clock.after(delayMs, resolve));
		if (key !== undefined) keys.finish(key, result.begun ? result : undefined);
		if (lost) throw new ConnectionLost("stripe", "the answer did not come back");
		return reply(result);
	}

	const app = new Hono();
	const get = (path: string, endpoint: Endpoint) => app.get(path, (context) => answer(context, endpoint));
	const post = (path: string, endpoint: Endpoint) => app.post(path, (context) => answer(context, endpoint));

	get("/v1/customers", (call) => customers.list(call));
	post("/v1/customers", (call) => customers.create(call));
	get("/v1/customers/:id", (call) => customers.retrieve(call));
	post("/v1/customers/:id", (call) => customers.update(call));
	get("/v1/customers/:id/payment_methods", (call) => customers.paymentMethods(call));
	get("/v1/payment_methods", (call) => methods.list(call));
	post("/v1/payment_methods", (call) => methods.create(call));
	get("/v1/payment_methods/:id", (call) => methods.retrieve(call));
	post("/v1/payment_methods/:id/attach", (call) => methods.attach(call));
	post("/v1/payment_methods/:id/detach", (call) => methods.detach(call));
	get("/v1/payment_intents", (call) => intents.list(call));
	post("/v1/payment_intents", (call) => intents.create(call));
	get("/v1/payment_intents/:id", (call) => intents.retrieve(call));
	post("/v1/payment_intents/:id", (call) => intents.update(call));
	post("/v1/payment_intents/:id/confirm", (call) => intents.confirm(call));
	post("/v1/payment_intents/:id/capture", (call) => intents.capture(call));
	post("/v1/payment_intents/:id/cancel", (call) => intents.cancel(call));
	post("/v1/payment_intents/:id/increment_authorization", (call) => intents.incrementAuthorization(call));
	post("/v1/setup_intents", (call) => setups.create(call));
	get("/v1/setup_intents/:id", (call) => setups.retrieve(call));
	post("/v1/setup_intents/:id/confirm", (call) => setups.confirm(call));
	post("/v1/setup_intents/:id/cancel", (call) => setups.cancel(call));
	get("/v1/charges", (call) => charges.list(call));
	get("/v1/charges/:id", (call) => charges.retrieve(call));
	get("/v1/refunds", (call) => refunds.list(call));
	post("/v1/refunds", (call) => refunds.create(call));
	get("/v1/refunds/:id", (call) => refunds.retrieve(call));
	get("/v1/disputes", (call) => disputes.list(call));
	get("/v1/disputes/:id", (call) => disputes.retrieve(call));
	post("/v1/disputes/:id", (call) => disputes.update(call));
	get("/v1/balance_transactions", (call) => {
		const since = call.parameters.nested("created")?.unixTime("gte") ?? 0;
		return account.balanceTransactions.list(call.parameters, ({ created }) => created >= since);
	});
	get("/v1/balance_transactions/:id", (call) => {
		call.parameters.end();
		return account.balanceTransactions.get(call.id);
	});
	get("/v1/events", (call) => {
		const type = call.parameters.text("type");
		return webhooks.events.list(call.parameters, (event) => type === undefined || event.type === type);
	});
	get("/v1/events/:id", (call) => {
		call.parameters.end();
		return webhooks.events.get(call.id);
	});
	// Not Stripe's: stands for the bank's page on which the card holder says yes or no.
	post("/simulator/payment_intents/:id/authenticate", (call) => {
		const succeeds = call.parameters.boolean("succeeds") ?? true;
		call.parameters.end();
		return intents.completeAction(call.id, succeeds, call.origin);
	});
	app.all("*", (context) =>
		answer(context, () => {
			throw new ApiError(404, {
				type: "invalid_request_error",
				message: `Unrecognized request URL (${context.req.method}: ${context.req.path}). The Stripe simulator does not know this endpoint.`,
			});
		}),
	);
	// A lost connection has no answer; whoever carries the request (fetch, serve.ts) breaks it off.
	app.onError((error) => {
		throw error;
	});

	async function fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
		const request = new Request(input, init);
		const response = Promise.resolve(app.fetch(request));
		running.add(response);
		try {
			return await withAbort(response, request.signal);
		} finally {
			running.delete(response);
		}
	}

	return {
		app,
		fetch,
		faults,
		webhookPolicy: webhooks.policy,
		async idle() {
			while (running.size > 0) await Promise.allSettled([...running]);
			await webhooks.idle();
		},
		paymentIntents: () => structuredClone(account.paymentIntents.all()),
		charges: () => structuredClone(account.charges.all()),
		refunds: () => structuredClone(account.refunds.all()),
		disputes: () => structuredClone(account.disputes.all()),
		balanceTransactions: () => structuredClone(account.balanceTransactions.all()),
		events: () => structuredClone(webhooks.events.all()),
		features: account.features,
		authenticate(paymentIntentId, succeeds) {
			const origin = { id: `req_${randomText(random, 14)}`, idempotencyKey: undefined };
			return structuredClone(intents.completeAction(paymentIntentId, succeeds, origin));
		},
		failRefund: (refundId) => structuredClone(refunds.fail(refundId)),
		dispute(paymentIntentId) {
			const { latest_charge } = account.paymentIntents.get(paymentIntentId);
			return structuredClone(disputes.open(account.charges.get(idOf(latest_charge) ?? ""), undefined));
		},
		decideDispute: (disputeId, won) => structuredClone(disputes.close(disputeId, won)),
		close() {
			intents.close();
			webhooks.close();
		},
	};
}

/** Stripe takes the secret key as a bearer token, or as the user name of basic authentication (`curl -u sk_test_…:`). */
function refuseCaller(authorization: string | undefined): ApiError | undefined {
	const [scheme = "", value = ""] = (authorization ?? "").split(" ");
	const basic = scheme.toLowerCase() === "basic";
	const key = basic ? Buffer.from(value, "base64").toString("utf8").split(":")[0] : value;
	if (key === undefined || key === "") {
		return unauthorized("You did not provide an API key. Send it as 'Authorization: Bearer sk_test_…'.");
	}
	if (!/^[rs]k_test_\w+$/.test(key)) {
		return unauthorized(`Invalid API Key provided: ${key.slice(0, 8)}***. The simulator takes test keys, sk_test_….`);
	}
	return undefined;
}

function unauthorized(message: string): ApiError {
	return new ApiError(401, { type: "invalid_request_error", message }, false);
}

function serverError(): ApiError {
	return new ApiError(500, { type: "api_error", message: "An error occurred on Stripe's side (simulated)." });
}

function serverErrorAnswer(): StoredAnswer {
	return { status: 500, body: JSON.stringify(serverError().body, null, 2) };
}

/** Rejects as soon as the caller gives up, as the built-in fetch does. */
async function withAbort(response: Promise<Response>, signal: AbortSignal): Promise<Response> {
	let onAbort: () => void = () => undefined;
	const aborted = new Promise<never>((_, reject) => {
		onAbort = () => reject(signal.reason);
		signal.addEventListener("abort", onAbort);
	});
	try {
		return await Promise.race([response, aborted]);
	} finally {
		signal.removeEventListener("abort", onAbort);
	}
}
