import type Stripe from "stripe";
import { type Account, type Call, idOf, type RequestOrigin } from "./account.ts";
import { ApiError, requestError } from "./api-error.ts";
import { mergeMetadata } from "./parameters.ts";
import type { PaymentMethods } from "./payment-methods.ts";

/** Saving a card for later without a payment. */
export class SetupIntents {
	readonly #account: Account;
	readonly #methods: PaymentMethods;

	constructor(account: Account, methods: PaymentMethods) {
		this.#account = account;
		this.#methods = methods;
	}

	create(call: Call): Stripe.SetupIntent {
		const { parameters } = call;
		const customer = parameters.text("customer");
		const methodId = parameters.text("payment_method");
		const confirm = parameters.boolean("confirm") ?? false;
		const usage = parameters.oneOf("usage", ["off_session", "on_session"]) ?? "off_session";
		const types = parameters.texts("allowed_payment_method_types");
		const description = parameters.text("description") ?? null;
		const metadata = parameters.metadata();
		parameters.ignore("automatic_payment_methods", "return_url", "use_stripe_sdk", "mandate_data");
		parameters.end();
		if (customer !== undefined) this.#account.customers.get(customer, "customer");
		const method = methodId === undefined ? undefined : this.#methods.resolve(methodId, "payment_method");
		const id = this.#account.newId("seti");
		const intent: Stripe.SetupIntent = {
			id,
			object: "setup_intent",
			allowed_payment_method_types: types.length === 0 ? null : types,
			application: null,
			automatic_payment_methods: null,
			cancellation_reason: null,
			client_secret: this.#account.newClientSecret(id),
			created: this.#account.now,
			customer: customer ?? null,
			description,
			excluded_payment_method_types: null,
			last_setup_error: null,
			latest_attempt: null,
			livemode: false,
			mandate: null,
			metadata: {},
			next_action: null,
			on_behalf_of: null,
			payment_method: method?.id ?? null,
			payment_method_configuration_details: null,
			payment_method_options: null,
			payment_method_types: types.length === 0 ? ["card"] : types,
			single_use_mandate: null,
			status: method === undefined ? "requires_payment_method" : "requires_confirmation",
			usage,
		};
		mergeMetadata(intent.metadata ?? {}, metadata);
		this.#account.setupIntents.add(intent);
		this.#account.emit("setup_intent.created", intent, call.origin);
		if (confirm) this.#confirm(intent, call.origin);
		return intent;
	}

	confirm(call: Call): Stripe.SetupIntent {
		const intent = this.#account.setupIntents.get(call.id);
		const methodId = call.parameters.text("payment_method");
		call.parameters.ignore("allowed_payment_method_types", "mandate_data", "return_url", "use_stripe_sdk");
		call.parameters.end();
		if (!["requires_payment_method", "requires_confirmation", "requires_action"].includes(intent.status)) {
			throw requestError(`This SetupIntent could not be confirmed because it has a status of ${intent.status}.`, {
				code: "setup_intent_unexpected_state",
				setup_intent: structuredClone(intent),
			});
		}
		if (methodId !== undefined) intent.payment_method = this.#methods.resolve(methodId, "payment_method").id;
		this.#confirm(intent, call.origin);
		return intent;
	}

	retrieve(call: Call): Stripe.SetupIntent {
		call.parameters.ignore("client_secret");
		call.parameters.end();
		return this.#account.setupIntents.get(call.id);
	}

	cancel(call: Call): Stripe.SetupIntent {
		const intent = this.#account.setupIntents.get(call.id);
		call.parameters.oneOf("cancellation_reason", ["abandoned", "duplicate", "requested_by_customer"]);
		call.parameters.end();
		if (intent.status === "succeeded" || intent.status === "canceled") {
			throw requestError(`You cannot cancel this SetupIntent because it has a status of ${intent.status}.`, {
				code: "setup_intent_unexpected_state",
				setup_intent: structuredClone(intent),
			});
		}
		intent.status = "canceled";
		this.#account.emit("setup_intent.canceled", intent, call.origin);
		return intent;
	}

	#confirm(intent: Stripe.SetupIntent, origin: RequestOrigin): void {
		const id = idOf(intent.payment_method);
		if (id === undefined) {
			throw requestError("You cannot confirm this SetupIntent because it's missing a payment method.", {
				code: "setup_intent_unexpected_state",
				setup_intent: structuredClone(intent),
			});
		}
		const method = this.#methods.resolve(id);
		const { behaviour } = this.#methods.cardOf(method);
		if (behaviour.kind === "declines" && !behaviour.attaches) {
			intent.payment_method = null;
			intent.status = "requires_payment_method";
			const error = {
				type: "card_error",
				code: behaviour.code,
				decline_code: behaviour.declineCode,
				message: behaviour.message,
			} as const;
			intent.last_setup_error = error;
			this.#account.emit("setup_intent.setup_failed", intent, origin);
			throw new ApiError(402, { ...error, setup_intent: structuredClone(intent) });
		}
		// Confirming again stands for the card holder's yes.
		if (behaviour.kind === "authenticates" && intent.status !== "requires_action") {
			intent.status = "requires_action";
			intent.next_action = { type: "use_stripe_sdk", use_stripe_sdk: { type: "three_d_secure_redirect" } };
			this.#account.emit("setup_intent.requires_action", intent, origin);
			return;
		}
		const customer = idOf(intent.customer);
		if (customer !== undefined) this.#methods.attachTo(method, customer, origin);
		intent.status = "succeeded";
		intent.next_action = null;
		this.#account.emit("setup_intent.succeeded", intent, origin);
	}
}
