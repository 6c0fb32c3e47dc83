import type Stripe from "stripe";
import { type Account, type Call, idOf, type RequestOrigin } from "./account.ts";
import { ApiError, missingResource, parameterError, requestError } from "./api-error.ts";
import { mergeMetadata } from "./parameters.ts";
import { findTestCard, type TestCard } from "./test-cards.ts";

export class PaymentMethods {
	readonly #account: Account;

	constructor(account: Account) {
		this.#account = account;
	}

	create(call: Call): Stripe.PaymentMethod {
		const { parameters } = call;
		parameters.oneOf("type", ["card"]);
		const card = parameters.nested("card");
		const token = card?.text("token");
		const number = card?.text("number");
		card?.ignore("exp_month", "exp_year", "cvc");
		const metadata = parameters.metadata();
		parameters.ignore("billing_details", "allow_redisplay");
		parameters.end();
		if (number !== undefined) {
			throw requestError(
				"Card numbers do not belong in a server: send card[token]=tok_visa, or use the payment method pm_card_visa.",
				{ param: "card[number]" },
			);
		}
		if (token === undefined) throw parameterError("parameter_missing", "card", "Missing required param: card.");
		const testCard = findTestCard(token);
		if (testCard === undefined) throw missingResource("token", token, "card[token]");
		const method = this.#add(testCard);
		mergeMetadata(method.metadata ?? {}, metadata);
		return method;
	}

	retrieve(call: Call): Stripe.PaymentMethod {
		call.parameters.end();
		return this.resolve(call.id);
	}

	list(call: Call): Stripe.ApiList<Stripe.PaymentMethod> {
		const customer = call.parameters.text("customer");
		call.parameters.oneOf("type", ["card"]);
		if (customer !== undefined) this.#account.customers.get(customer, "customer");
		return this.#account.paymentMethods.list(
			call.parameters,
			(method) => customer !== undefined && idOf(method.customer) === customer,
		);
	}

	attach(call: Call): Stripe.PaymentMethod {
		const customer = call.parameters.requiredText("customer");
		call.parameters.end();
		this.#account.customers.get(customer, "customer");
		const method = this.resolve(call.id);
		const owner = idOf(method.customer);
		if (owner !== undefined && owner !== customer) {
			throw requestError("The payment method you provided has already been attached to a customer.");
		}
		this.refuseUsed(method);
		const { behaviour } = this.cardOf(method);
		if (behaviour.kind === "declines" && !behaviour.attaches) {
			throw new ApiError(402, {
				type: "card_error",
				code: behaviour.code,
				decline_code: behaviour.declineCode,
				message: behaviour.message,
			});
		}
		this.attachTo(method, customer, call.origin);
		return method;
	}

	detach(call: Call): Stripe.PaymentMethod {
		call.parameters.end();
		const method = this.#account.paymentMethods.get(call.id);
		if (method.customer === null) {
			throw requestError("The payment method you provided is not attached to a customer so detachment is impossible.");
		}
		method.customer = null;
		this.#account.consumedPaymentMethods.add(method.id);
		this.#account.emit("payment_method.detached", method, call.origin);
		return method;
	}

	/** The payment method with this id; a test name such as `pm_card_visa` makes a new one. */
	resolve(id: string, param?: string): Stripe.PaymentMethod {
		const existing = this.#account.paymentMethods.find(id);
		if (existing !== undefined) return existing;
		const card = id.startsWith("pm_card_") ? findTestCard(id) : undefined;
		if (card === undefined) throw missingResource("PaymentMethod", id, param);
		return this.#add(card);
	}

	attachTo(method: Stripe.PaymentMethod, customer: string, origin: RequestOrigin): void {
		if (idOf(method.customer) === customer) return;
		method.customer = customer;
		this.#account.emit("payment_method.attached", method, origin);
	}

	/** A payment method belongs to its customer, and one without a customer pays once. */
	refuseForeign(method: Stripe.PaymentMethod, customer: string | undefined): void {
		const owner = idOf(method.customer);
		if (owner !== undefined && owner !== customer) {
			throw requestError(
				`The PaymentMethod ${method.id} belongs to the Customer ${owner}. Send that customer with the payment.`,
				{ param: "payment_method" },
			);
		}
		this.refuseUsed(method);
	}

	refuseUsed(method: Stripe.PaymentMethod): void {
		if (method.customer !== null || !this.#account.consumedPaymentMethods.has(method.id)) return;
		throw requestError(
			`The PaymentMethod ${method.id} was already used without being attached to a Customer, or was detached from one, and may not be used again.`,
			{ param: "payment_method" },
		);
	}

	cardOf(method: Stripe.PaymentMethod): TestCard {
		const card = this.#account.cards.get(method.id);
		if (card === undefined) throw new Error(`stripe simulator: payment method ${method.id} has no card behind it`);
		return card;
	}

	#add(card: TestCard): Stripe.PaymentMethod {
		const method: Stripe.PaymentMethod = {
			id: this.#account.newId("pm"),
			object: "payment_method",
			allow_redisplay: "unspecified",
			billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
			card: {
				brand: card.brand,
				checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: "unchecked" },
				country: "US",
				display_brand: card.brand,
				exp_month: 12,
				exp_year: 2034,
				fingerprint: `simulated${card.last4}`,
				funding: card.funding,
				generated_from: null,
				last4: card.last4,
				networks: { available: [card.brand], preferred: null },
				regulated_status: "unregulated",
				three_d_secure_usage: { supported: true },
				wallet: null,
			},
			created: this.#account.now,
			customer: null,
			customer_account: null,
			livemode: false,
			metadata: {},
			type: "card",
		};
		this.#account.cards.set(method.id, card);
		return this.#account.paymentMethods.add(method);
	}
}
