import type { Clock } from "@visionvend/sdk/clock";
import type { Random } from "@visionvend/sdk/random";
import Stripe from "stripe";
import { beforeEach, describe, expect, test } from "vitest";
import type { WebhookEndpoint } from "../network/webhook-delivery.ts";
import { createStripeSimulator, type StripeSimulator } from "./stripe-simulator.ts";

const secret = "whsec_test";
const startMs = Date.parse("2026-11-20T12:00:00Z");
const dayMs = 24 * 3_600 * 1_000;

/** A clock that moves only when told. */
class HandClock implements Clock {
	#nowMs = startMs;
	#timers: { atMs: number; callback: () => void }[] = [];

	now(): number {
		return this.#nowMs;
	}

	after(delayMs: number, callback: () => void): () => void {
		const timer = { atMs: this.#nowMs + Math.max(0, delayMs), callback };
		this.#timers.push(timer);
		return () => {
			this.#timers = this.#timers.filter((other) => other !== timer);
		};
	}

	/** Lets time pass; `settle` runs after each moment at which something happened. */
	async pass(durationMs: number, settle: () => Promise<void>): Promise<void> {
		const endMs = this.#nowMs + durationMs;
		for (;;) {
			const next = this.#timers.reduce<number>((earliest, timer) => Math.min(earliest, timer.atMs), endMs + 1);
			if (next > endMs) break;
			this.#nowMs = next;
			const due = this.#timers.filter((timer) => timer.atMs === next);
			this.#timers = this.#timers.filter((timer) => timer.atMs !== next);
			for (const timer of due) timer.callback();
			await settle();
		}
		this.#nowMs = endMs;
	}
}

function counterRandom(seed: number): Random {
	let state = seed;
	return (byteLength) =>
		Uint8Array.from({ length: byteLength }, () => {
			state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
			return state >>> 24;
		});
}

function client(simulator: StripeSimulator, key = "sk_test_123"): Stripe {
	return new Stripe(key, { httpClient: Stripe.createFetchHttpClient(simulator.fetch), maxNetworkRetries: 0 });
}

async function failureOf(promise: Promise<unknown>): Promise<Stripe.errors.StripeError> {
	try {
		await promise;
	} catch (error) {
		if (error instanceof Stripe.errors.StripeError) return error;
		throw error;
	}
	throw new Error("expected the call to fail");
}

const hold = {
	amount: 500,
	currency: "usd",
	payment_method: "pm_card_visa",
	allowed_payment_method_types: ["card"],
	capture_method: "manual",
	confirm: true,
} satisfies Stripe.PaymentIntentCreateParams;

let clock: HandClock;
let simulator: StripeSimulator;
let stripe: Stripe;
let received: { body: string; signature: string; atMs: number }[];
let answers: WebhookEndpoint["deliver"];

beforeEach(() => {
	clock = new HandClock();
	received = [];
	answers = async () => 200;
	simulator = createStripeSimulator({
		clock,
		random: counterRandom(1),
		webhook: {
			secret,
			deliver(body, headers) {
				received.push({ body, signature: headers["stripe-signature"] ?? "", atMs: clock.now() });
				return answers(body, headers);
			},
		},
	});
	stripe = client(simulator);
});

const pass = (durationMs: number) => clock.pass(durationMs, () => simulator.idle());
const eventTypes = () => simulator.events().map((event) => event.type);

describe("a hold", () => {
	test("is created and confirmed in one call and waits for its capture for seven days", async () => {
		const intent = await stripe.paymentIntents.create({ ...hold, expand: ["latest_charge"] });
		expect(intent).toMatchObject({
			status: "requires_capture",
			amount: 500,
			amount_capturable: 500,
			amount_received: 0,
		});
		if (intent.latest_charge === null || typeof intent.latest_charge === "string") throw new Error("not expanded");
		expect(intent.latest_charge.captured).toBe(false);
		expect(intent.latest_charge.payment_method_details?.card?.capture_before).toBe((startMs + 7 * dayMs) / 1000);
		expect(eventTypes()).toEqual([
			"payment_intent.created",
			"charge.succeeded",
			"payment_intent.amount_capturable_updated",
		]);
	});

	test("is captured in part, once, and the rest is released", async () => {
		const { id } = await stripe.paymentIntents.create(hold);
		const captured = await stripe.paymentIntents.capture(id, { amount_to_capture: 350, expand: ["latest_charge"] });
		expect(captured).toMatchObject({ status: "succeeded", amount: 500, amount_capturable: 0, amount_received: 350 });
		expect(captured.latest_charge).toMatchObject({ captured: true, amount_captured: 350, amount_refunded: 150 });
		const again = await failureOf(stripe.paymentIntents.capture(id, { amount_to_capture: 150 }));
		expect(again).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
		expect(again.code).toBe("payment_intent_unexpected_state");
		expect(simulator.paymentIntents()).toMatchObject([{ amount_received: 350 }]);
	});

	test("never yields more than was authorised", async () => {
		const { id } = await stripe.paymentIntents.create(hold);
		const failure = await failureOf(stripe.paymentIntents.capture(id, { amount_to_capture: 501 }));
		expect(failure).toMatchObject({ statusCode: 400, code: "amount_too_large", param: "amount_to_capture" });
		expect((await stripe.paymentIntents.retrieve(id)).status).toBe("requires_capture");
	});

	test("of nothing cannot be captured; it is cancelled", async () => {
		const { id } = await stripe.paymentIntents.create(hold);
		const failure = await failureOf(stripe.paymentIntents.capture(id, { amount_to_capture: 0 }));
		expect(failure.code).toBe("parameter_invalid_integer");
		const cancelled = await stripe.paymentIntents.cancel(id, { cancellation_reason: "requested_by_customer" });
		expect(cancelled).toMatchObject({ status: "canceled", amount_capturable: 0, canceled_at: startMs / 1000 });
		expect(simulator.charges()).toMatchObject([{ refunded: true, amount_captured: 0 }]);
		const again = await failureOf(stripe.paymentIntents.cancel(id));
		expect(again.code).toBe("payment_intent_unexpected_state");
	});

	test("that nobody captures expires after seven days, not a moment before", async () => {
		const { id } = await stripe.paymentIntents.create(hold);
		await pass(7 * dayMs - 1);
		expect((await stripe.paymentIntents.retrieve(id)).status).toBe("requires_capture");
		await pass(1);
		expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({
			status: "canceled",
			cancellation_reason: "expired",
		});
		expect(eventTypes().slice(-2)).toEqual(["charge.expired", "payment_intent.canceled"]);
		expect((await failureOf(stripe.paymentIntents.capture(id))).code).toBe("payment_intent_unexpected_state");
	});

	test("without the customer lasts 4 days and 18 hours on a Visa card", async () => {
		const customer = await stripe.customers.create();
		const method = await stripe.paymentMethods.attach("pm_card_visa", { customer: customer.id });
		const { id } = await stripe.paymentIntents.create({
			...hold,
			customer: customer.id,
			payment_method: method.id,
			off_session: true,
		});
		await pass((4 * 24 + 18) * 3_600 * 1_000);
		expect((await stripe.paymentIntents.retrieve(id)).status).toBe("canceled");
	});

	test("grows by an incremental authorisation when it was asked for at creation", async () => {
		simulator.features.incrementalAuthorization = true;
		const plain = await stripe.paymentIntents.create(hold);
		expect((await failureOf(stripe.paymentIntents.incrementAuthorization(plain.id, { amount: 900 }))).statusCode).toBe(
			400,
		);
		const { id } = await stripe.paymentIntents.create({
			...hold,
			payment_method_options: { card: { request_incremental_authorization: "if_available" } },
		});
		expect((await failureOf(stripe.paymentIntents.incrementAuthorization(id, { amount: 500 }))).param).toBe("amount");
		const grown = await stripe.paymentIntents.incrementAuthorization(id, { amount: 900 });
		expect(grown).toMatchObject({ amount: 900, amount_capturable: 900, status: "requires_capture" });
		const captured = await stripe.paymentIntents.capture(id, { amount_to_capture: 900 });
		expect(captured.amount_received).toBe(900);
	});
});

describe("overcapture", () => {
	test("takes up to 15 % above a hold of a Visa card, and nothing where the account has none", async () => {
		const asked = { payment_method_options: { card: { request_overcapture: "if_available" } } } as const;
		const without = await stripe.paymentIntents.create({ ...hold, ...asked });
		const refused = await failureOf(stripe.paymentIntents.capture(without.id, { amount_to_capture: 501 }));
		expect(refused.code).toBe("amount_too_large");
		simulator.features.overcapture = true;
		const { id } = await stripe.paymentIntents.create({ ...hold, ...asked });
		expect((await failureOf(stripe.paymentIntents.capture(id, { amount_to_capture: 576 }))).code).toBe(
			"amount_too_large",
		);
		expect((await stripe.paymentIntents.capture(id, { amount_to_capture: 575 })).amount_received).toBe(575);
		expect((await stripe.refunds.create({ payment_intent: id })).amount).toBe(575);
	});
});

describe("a dispute", () => {
	test("takes the money and a fee at once, and gives the money back when it is won", async () => {
		const { id } = await stripe.paymentIntents.create(hold);
		await stripe.paymentIntents.capture(id, { amount_to_capture: 350 });
		const { id: disputeId } = simulator.dispute(id);
		const opened = await stripe.disputes.retrieve(disputeId);
		expect(opened).toMatchObject({ amount: 350, status: "needs_response", payment_intent: id });
		const books = async () => {
			const { data } = await stripe.balanceTransactions.list({ limit: 100, created: { gte: 1_700_000_000 } });
			return data.map(({ reporting_category, net }) => [reporting_category, net]);
		};
		expect((await books())[0]).toEqual(["dispute", -1_850]);
		await stripe.disputes.update(disputeId, { evidence: { uncategorized_text: "winning_evidence" }, submit: true });
		expect((await stripe.disputes.retrieve(disputeId)).status).toBe("won");
		expect((await books())[0]).toEqual(["dispute_reversal", 350]);
		expect((await failureOf(stripe.disputes.update(disputeId, { submit: true }))).statusCode).toBe(400);
	});
});

describe("a payment", () => {
	test("at once charges the card and books the fee", async () => {
		const customer = await stripe.customers.create({ email: "shopper@example.com", metadata: { shopper: "7" } });
		const method = await stripe.paymentMethods.attach("pm_card_mastercard", { customer: customer.id });
		const intent = await stripe.paymentIntents.create({
			amount: 1_000,
			currency: "eur",
			customer: customer.id,
			payment_method: method.id,
			off_session: true,
			confirm: true,
			expand: ["latest_charge.balance_transaction"],
		});
		expect(intent).toMatchObject({ status: "succeeded", amount_received: 1_000 });
		expect(intent.latest_charge).toMatchObject({ balance_transaction: { amount: 1_000, fee: 59, net: 941 } });
	});

	test("goes step by step: payment method missing, confirmation missing, hold, capture", async () => {
		const created = await stripe.paymentIntents.create({
			amount: 500,
			currency: "usd",
			allowed_payment_method_types: ["card"],
			capture_method: "manual",
		});
		expect(created.status).toBe("requires_payment_method");
		expect((await failureOf(stripe.paymentIntents.confirm(created.id))).code).toBe("payment_intent_unexpected_state");
		const updated = await stripe.paymentIntents.update(created.id, { payment_method: "pm_card_visa" });
		expect(updated.status).toBe("requires_confirmation");
		expect((await failureOf(stripe.paymentIntents.capture(created.id))).message).toContain("requires_confirmation");
		expect((await stripe.paymentIntents.confirm(created.id)).status).toBe("requires_capture");
		expect((await stripe.paymentIntents.capture(created.id)).amount_received).toBe(500);
	});

	test("that the bank declines is a StripeCardError with the intent in it, which can be tried again", async () => {
		const failure = await failureOf(
			stripe.paymentIntents.create({ ...hold, payment_method: "pm_card_visa_chargeDeclinedInsufficientFunds" }),
		);
		expect(failure).toBeInstanceOf(Stripe.errors.StripeCardError);
		expect(failure).toMatchObject({
			statusCode: 402,
			code: "card_declined",
			decline_code: "insufficient_funds",
			payment_intent: { status: "requires_payment_method", last_payment_error: { code: "card_declined" } },
		});
		expect(failure.requestId).toMatch(/^req_\w{14}$/);
		expect(eventTypes()).toEqual(["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]);
		const id = failure.payment_intent?.id ?? "";
		expect((await stripe.paymentIntents.confirm(id, { payment_method: "pm_card_visa" })).status).toBe(
			"requires_capture",
		);
	});

	test("that needs the card holder waits for the answer, and holds the money after a yes", async () => {
		const intent = await stripe.paymentIntents.create({ ...hold, payment_method: "pm_card_authenticationRequired" });
		expect(intent).toMatchObject({ status: "requires_action", next_action: { type: "use_stripe_sdk" } });
		expect(simulator.authenticate(intent.id, true).status).toBe("requires_capture");
		const refused = await stripe.paymentIntents.create({ ...hold, payment_method: "pm_card_authenticationRequired" });
		expect(simulator.authenticate(refused.id, false)).toMatchObject({
			status: "requires_payment_method",
			last_payment_error: { code: "payment_intent_authentication_failure" },
		});
	});

	test("that needs the card holder is declined off session", async () => {
		const customer = await stripe.customers.create();
		const method = await stripe.paymentMethods.attach("pm_card_authenticationRequired", { customer: customer.id });
		const failure = await failureOf(
			stripe.paymentIntents.create({ ...hold, customer: customer.id, payment_method: method.id, off_session: true }),
		);
		expect(failure).toBeInstanceOf(Stripe.errors.StripeCardError);
		expect(failure.code).toBe("authentication_required");
	});

	test("smaller than Stripe's minimum is refused", async () => {
		expect((await failureOf(stripe.paymentIntents.create({ ...hold, amount: 49 }))).code).toBe("amount_too_small");
	});

	test("that may redirect needs a return_url", async () => {
		const { allowed_payment_method_types: _, ...open } = hold;
		expect((await failureOf(stripe.paymentIntents.create(open))).param).toBe("return_url");
		const never = { automatic_payment_methods: { enabled: true, allow_redirects: "never" } } as const;
		expect((await stripe.paymentIntents.create({ ...open, ...never })).status).toBe("requires_capture");
	});
});

describe("a card", () => {
	test("that declines cannot be saved, and one that declines later can", async () => {
		const customer = await stripe.customers.create();
		const refused = await failureOf(stripe.paymentMethods.attach("pm_card_chargeDeclined", { customer: customer.id }));
		expect(refused).toBeInstanceOf(Stripe.errors.StripeCardError);
		const method = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer: customer.id });
		const failure = await failureOf(
			stripe.paymentIntents.create({ ...hold, customer: customer.id, payment_method: method.id }),
		);
		expect(failure.code).toBe("card_declined");
	});

	test("of one customer pays for no other, and one without a customer pays once", async () => {
		const owner = await stripe.customers.create();
		const method = await stripe.paymentMethods.attach("pm_card_visa", { customer: owner.id });
		expect((await failureOf(stripe.paymentIntents.create({ ...hold, payment_method: method.id }))).param).toBe(
			"payment_method",
		);
		const loose = await stripe.paymentMethods.create({ type: "card", card: { token: "tok_visa" } });
		await stripe.paymentIntents.create({ ...hold, payment_method: loose.id });
		expect((await failureOf(stripe.paymentIntents.create({ ...hold, payment_method: loose.id }))).message).toContain(
			"may not be used again",
		);
	});

	test("is saved by setup_future_usage, and listed at its customer", async () => {
		const customer = await stripe.customers.create();
		const intent = await stripe.paymentIntents.create({
			...hold,
			customer: customer.id,
			setup_future_usage: "off_session",
		});
		const listed = await stripe.customers.listPaymentMethods(customer.id);
		expect(listed.data.map((method) => method.id)).toEqual([intent.payment_method]);
		expect((await stripe.paymentMethods.detach(listed.data[0]?.id ?? "")).customer).toBeNull();
	});

	test("is saved by a SetupIntent without a payment", async () => {
		const customer = await stripe.customers.create();
		const intent = await stripe.setupIntents.create({
			customer: customer.id,
			payment_method: "pm_card_visa",
			confirm: true,
			automatic_payment_methods: { enabled: true, allow_redirects: "never" },
		});
		expect(intent.status).toBe("succeeded");
		expect((await stripe.paymentMethods.list({ customer: customer.id })).data).toHaveLength(1);
	});
});

describe("a refund", () => {
	test("gives back at most what was captured", async () => {
		const { id } = await stripe.paymentIntents.create(hold);
		expect((await failureOf(stripe.refunds.create({ payment_intent: id }))).message).toContain("not been captured");
		await stripe.paymentIntents.capture(id, { amount_to_capture: 350 });
		const first = await stripe.refunds.create({ payment_intent: id, amount: 100, reason: "requested_by_customer" });
		expect(first).toMatchObject({ amount: 100, status: "succeeded", payment_intent: id });
		expect((await failureOf(stripe.refunds.create({ payment_intent: id, amount: 251 }))).param).toBe("amount");
		expect((await stripe.refunds.create({ payment_intent: id })).amount).toBe(250);
		expect((await failureOf(stripe.refunds.create({ payment_intent: id }))).code).toBe("charge_already_refunded");
		expect((await stripe.refunds.list({ payment_intent: id })).data).toHaveLength(2);
		expect(simulator.charges()).toMatchObject([{ amount_refunded: 500, refunded: true }]);
	});
});

describe("an idempotency key", () => {
	test("answers a repeated request with the stored bytes and does nothing twice", async () => {
		const first = await stripe.paymentIntents.create(hold, { idempotencyKey: "sale:1:auth" });
		const second = await stripe.paymentIntents.create(hold, { idempotencyKey: "sale:1:auth" });
		expect(second).toEqual(first);
		expect(simulator.paymentIntents()).toHaveLength(1);
		const create = () =>
			simulator.fetch("http://stripe/v1/customers", {
				method: "POST",
				headers: { authorization: "Bearer sk_test_1", "idempotency-key": "customer" },
			});
		const [fresh, replayed] = [await create(), await create()];
		expect(fresh.headers.get("idempotent-replayed")).toBeNull();
		expect(replayed.headers.get("idempotent-replayed")).toBe("true");
		expect(replayed.headers.get("request-id")).not.toBe(fresh.headers.get("request-id"));
		expect(await replayed.text()).toBe(await fresh.text());
	});

	test("with other parameters, or at another endpoint, is an idempotency_error", async () => {
		const { id } = await stripe.paymentIntents.create(hold, { idempotencyKey: "k" });
		const other = await failureOf(stripe.paymentIntents.create({ ...hold, amount: 600 }, { idempotencyKey: "k" }));
		expect(other).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
		expect(other.statusCode).toBe(400);
		const elsewhere = await failureOf(stripe.paymentIntents.cancel(id, {}, { idempotencyKey: "k" }));
		expect(elsewhere).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
	});

	test("replays a decline, but forgets a request with bad parameters", async () => {
		const declining = { ...hold, payment_method: "pm_card_visa_chargeDeclined" };
		await failureOf(stripe.paymentIntents.create(declining, { idempotencyKey: "d" }));
		const again = await failureOf(stripe.paymentIntents.create(declining, { idempotencyKey: "d" }));
		expect(again.code).toBe("card_declined");
		expect(simulator.paymentIntents()).toHaveLength(1);
		await failureOf(stripe.paymentIntents.create({ ...hold, amount: 1 }, { idempotencyKey: "p" }));
		expect((await stripe.paymentIntents.create(hold, { idempotencyKey: "p" })).status).toBe("requires_capture");
	});

	test("of a request that still runs is refused with 409", async () => {
		simulator.faults.delayMs = () => 5_000;
		const first = stripe.paymentIntents.create(hold, { idempotencyKey: "slow" });
		await new Promise((resolve) => setImmediate(resolve));
		const twin = await failureOf(stripe.paymentIntents.create(hold, { idempotencyKey: "slow" }));
		expect(twin).toMatchObject({ statusCode: 409, code: "idempotency_key_in_use" });
		await clock.pass(5_000, async () => undefined);
		expect((await first).status).toBe("requires_capture");
	});

	test("is forgotten after 24 hours", async () => {
		await stripe.paymentIntents.create(hold, { idempotencyKey: "old" });
		await pass(dayMs);
		await stripe.paymentIntents.create(hold, { idempotencyKey: "old" });
		expect(simulator.paymentIntents()).toHaveLength(2);
	});
});

describe("a fault", () => {
	const capturing = (_method: string, path: string) => path.endsWith("/capture");

	test("that loses the answer leaves the work done, and the retry with its key finds it", async () => {
		const { id } = await stripe.paymentIntents.create(hold);
		simulator.faults.dropResponse = capturing;
		const lost = await failureOf(stripe.paymentIntents.capture(id, {}, { idempotencyKey: "c" }));
		expect(lost).toBeInstanceOf(Stripe.errors.StripeConnectionError);
		expect((await stripe.paymentIntents.retrieve(id)).status).toBe("succeeded");
		simulator.faults.dropResponse = undefined;
		expect((await stripe.paymentIntents.capture(id, {}, { idempotencyKey: "c" })).amount_received).toBe(500);
	});

	test("that loses the request leaves nothing done", async () => {
		const { id } = await stripe.paymentIntents.create(hold);
		simulator.faults.dropRequest = capturing;
		expect(await failureOf(stripe.paymentIntents.capture(id))).toBeInstanceOf(Stripe.errors.StripeConnectionError);
		expect((await stripe.paymentIntents.retrieve(id)).status).toBe("requires_capture");
	});

	test("answers 500 before the work, or after it for ever", async () => {
		const { id } = await stripe.paymentIntents.create(hold);
		simulator.faults.serverError = (method, path) => (capturing(method, path) ? "unprocessed" : undefined);
		const before = await failureOf(stripe.paymentIntents.capture(id, {}, { idempotencyKey: "c" }));
		expect(before).toBeInstanceOf(Stripe.errors.StripeAPIError);
		expect((await stripe.paymentIntents.retrieve(id)).status).toBe("requires_capture");
		simulator.faults.serverError = (method, path) => (capturing(method, path) ? "processed" : undefined);
		await failureOf(stripe.paymentIntents.capture(id, {}, { idempotencyKey: "c" }));
		simulator.faults.serverError = undefined;
		expect((await failureOf(stripe.paymentIntents.capture(id, {}, { idempotencyKey: "c" }))).statusCode).toBe(500);
		expect((await stripe.paymentIntents.retrieve(id)).status).toBe("succeeded");
	});

	test("of too many requests is a StripeRateLimitError", async () => {
		simulator.faults.rateLimit = () => true;
		expect(await failureOf(stripe.paymentIntents.create(hold))).toBeInstanceOf(Stripe.errors.StripeRateLimitError);
	});
});

describe("a caller", () => {
	test("without a test key is refused", async () => {
		const failure = await failureOf(client(simulator, "sk_live_123").customers.create());
		expect(failure).toBeInstanceOf(Stripe.errors.StripeAuthenticationError);
		expect((await simulator.fetch("http://stripe/v1/customers")).status).toBe(401);
	});

	test("reads what it may not: unknown objects, endpoints and parameters are named", async () => {
		expect(await failureOf(stripe.paymentIntents.retrieve("pi_none"))).toMatchObject({
			statusCode: 404,
			code: "resource_missing",
		});
		expect((await failureOf(stripe.products.list())).message).toContain("/v1/products");
		const unknown = await simulator.fetch("http://stripe/v1/payment_intents", {
			method: "POST",
			headers: { authorization: "Bearer sk_test_1", "content-type": "application/x-www-form-urlencoded" },
			body: "amount=500&currency=usd&payment_method_types[0]=card",
		});
		expect(unknown.status).toBe(400);
		expect(await unknown.json()).toMatchObject({
			error: {
				code: "parameter_unknown",
				param: "payment_method_types",
				message: expect.stringContaining("Did you mean allowed_payment_method_types?"),
			},
		});
	});

	test("pages through a list, newest first", async () => {
		for (let index = 0; index < 5; index += 1) await stripe.customers.create({ name: `customer ${index}` });
		const page = await stripe.customers.list({ limit: 2 });
		expect(page.has_more).toBe(true);
		expect(page.data.map((customer) => customer.name)).toEqual(["customer 4", "customer 3"]);
		const names: (string | null | undefined)[] = [];
		for await (const customer of stripe.customers.list({ limit: 2 })) names.push(customer.name);
		expect(names).toEqual(["customer 4", "customer 3", "customer 2", "customer 1", "customer 0"]);
	});
});

describe("a webhook", () => {
	const verify = (delivery: { body: string; signature: string; atMs: number }) =>
		stripe.webhooks.constructEvent(delivery.body, delivery.signature, secret, 300, undefined, delivery.atMs);

	test("is signed so that the official library accepts it, and refuses it with one byte changed", async () => {
		await stripe.paymentIntents.create(hold);
		await pass(1_000);
		expect(received.map((delivery) => verify(delivery).type)).toEqual([
			"payment_intent.created",
			"charge.succeeded",
			"payment_intent.amount_capturable_updated",
		]);
		const [first] = received;
		if (first === undefined) throw new Error("nothing received");
		expect(first.signature).toBe(
			stripe.webhooks.generateTestHeaderString({
				payload: first.body,
				secret,
				timestamp: Math.floor(first.atMs / 1000),
			}),
		);
		expect(() => verify({ ...first, body: first.body.replace("500", "501") })).toThrow(
			Stripe.errors.StripeSignatureVerificationError,
		);
	});

	test("carries the object as it was when the event happened", async () => {
		const { id } = await stripe.paymentIntents.create(hold, { idempotencyKey: "sale:1:auth" });
		await stripe.paymentIntents.capture(id, { amount_to_capture: 200 });
		await pass(1_000);
		const events = received.map(verify);
		const capturable = events.find((event) => event.type === "payment_intent.amount_capturable_updated");
		const succeeded = events.find((event) => event.type === "payment_intent.succeeded");
		expect(capturable).toMatchObject({
			data: { object: { id, status: "requires_capture", amount_capturable: 500 } },
			request: { idempotency_key: "sale:1:auth" },
		});
		expect(succeeded).toMatchObject({ data: { object: { id, status: "succeeded", amount_received: 200 } } });
	});

	test("is repeated, signed afresh, until the receiver answers 2xx, and given up after three days", async () => {
		let refusals = 3;
		answers = async () => {
			refusals -= 1;
			if (refusals === 1) throw new Error("connection refused");
			return refusals > 0 ? 503 : 204;
		};
		await stripe.customers.create();
		await pass(dayMs);
		expect(received).toHaveLength(3);
		expect(new Set(received.map((delivery) => delivery.signature)).size).toBe(3);
		for (const delivery of received) verify(delivery);
		answers = async () => 500;
		received.length = 0;
		await stripe.customers.create();
		await pass(10 * dayMs);
		expect(received.length).toBeGreaterThan(8);
		expect((received.at(-1)?.atMs ?? 0) - (received[0]?.atMs ?? 0)).toBeLessThan(3 * dayMs);
	});

	test("can come twice, late, and in another order", async () => {
		simulator.webhookPolicy.duplicate = true;
		simulator.webhookPolicy.delayMs = 60_000;
		simulator.webhookPolicy.shuffleMs = 30_000;
		const { id } = await stripe.paymentIntents.create(hold);
		await stripe.paymentIntents.capture(id);
		await pass(59_999);
		expect(received).toHaveLength(0);
		await pass(60_000);
		const ids = received.map((delivery) => verify(delivery).id);
		const happened = simulator.events().map((event) => event.id);
		expect(ids).toHaveLength(10);
		expect([...new Set(ids)].sort()).toEqual([...happened].sort());
		expect([...new Set(ids)]).not.toEqual(happened);
	});
});

test("the same clock and seed give the same bytes", async () => {
	const run = async () => {
		const twin = createStripeSimulator({ clock: new HandClock(), random: counterRandom(7) });
		const customer = await client(twin).customers.create();
		const { id } = await client(twin).paymentIntents.create({ ...hold, customer: customer.id });
		await client(twin).paymentIntents.capture(id, { amount_to_capture: 200 });
		return JSON.stringify([twin.events(), twin.charges(), twin.paymentIntents()]).replaceAll(
			/stripe-node-retry-[-0-9a-f]+/g,
			"",
		);
	};
	expect(await run()).toBe(await run());
});
