import type Stripe from "stripe";
import { type Account, type Call, idOf, type RequestOrigin } from "./account.ts";
import { ApiError, parameterError, requestError } from "./api-error.ts";
import { type Charges, withOvercapture } from "./charges.ts";
import { mergeMetadata, type Parameters } from "./parameters.ts";
import type { PaymentMethods } from "./payment-methods.ts";
import { type CardBehaviour, insufficientFunds } from "./test-cards.ts";

/** Stripe refuses smaller payments (docs.stripe.com/currencies, "Minimum and maximum charge amounts"). */
const smallestAmounts: Readonly<Record<string, number>> = Object.freeze({ usd: 50, eur: 50, gbp: 30, mxn: 1_000 });
const cancellationReasons = ["abandoned", "duplicate", "fraudulent", "requested_by_customer"] as const;
const captureMethods = ["automatic", "automatic_async", "manual"] as const;
const futureUsages = ["off_session", "on_session"] as const;

/** What a confirmation adds to the intent. */
interface Confirmation {
	readonly offSession: boolean;
	readonly returnUrl: string | undefined;
	readonly errorOnRequiresAction: boolean;
}

/**
 * PaymentIntents and their state machine:
 * `requires_payment_method → requires_confirmation → (requires_action) → requires_capture → succeeded`, with
 * `canceled` reachable until `succeeded`, a decline leading back to `requires_payment_method`, and a hold that nobody
 * captures ending in `canceled`. Source: docs.stripe.com/payments/paymentintents/lifecycle and the API reference.
 */
export class PaymentIntents {
	readonly #account: Account;
	readonly #methods: PaymentMethods;
	readonly #charges: Charges;
	readonly #expiries = new Map<string, () => void>();
	/** Whether the bank declines a payment of this intent without the card holder. */
	declinesOffSession: ((intentId: string) => boolean) | undefined;
	/** Whether the bank declines that this intent grows. */
	declinesIncrement: ((intentId: string) => boolean) | undefined;

	constructor(account: Account, methods: PaymentMethods, charges: Charges) {
		this.#account = account;
		this.#methods = methods;
		this.#charges = charges;
	}

	create(call: Call): Stripe.PaymentIntent {
		const { parameters } = call;
		const amount = parameters.requiredInteger("amount", 1);
		const currency = readCurrency(parameters);
		if (amount < (smallestAmounts[currency] ?? 50)) {
			throw parameterError(
				"amount_too_small",
				"amount",
				`Amount must be at least ${smallestAmounts[currency] ?? 50} in the smallest unit of ${currency}; it is ${amount}.`,
			);
		}
		const customer = parameters.text("customer");
		const captureMethod = parameters.oneOf("capture_method", captureMethods) ?? "automatic_async";
		const confirmationMethod = parameters.oneOf("confirmation_method", ["automatic", "manual"]) ?? "automatic";
		const confirm = parameters.boolean("confirm") ?? false;
		const types = parameters.texts("allowed_payment_method_types");
		const automatic = readAutomaticMethods(parameters, types);
		const methodId = parameters.text("payment_method");
		const { incremental, overcapture } = readCardOptions(parameters);
		const description = parameters.text("description") ?? null;
		const receiptEmail = parameters.text("receipt_email") ?? null;
		const statementDescriptor = parameters.text("statement_descriptor") ?? null;
		const statementDescriptorSuffix = parameters.text("statement_descriptor_suffix") ?? null;
		const futureUsage = parameters.oneOf("setup_future_usage", futureUsages) ?? null;
		const metadata = parameters.metadata();
		const confirmation = readConfirmation(parameters);
		parameters.ignore("shipping", "use_stripe_sdk", "transfer_group", "radar_options", "mandate_data");
		parameters.end();
		if (customer !== undefined) this.#account.customers.get(customer, "customer");
		const method = methodId === undefined ? undefined : this.#methods.resolve(methodId, "payment_method");
		if (method !== undefined) this.#methods.refuseForeign(method, customer);
		if (!confirm && confirmation.offSession) {
			throw parameterError("parameter_invalid_value", "off_session", "off_session is only for confirm=true.");
		}
		const id = this.#account.newId("pi");
		const intent: Stripe.PaymentIntent = {
			id,
			object: "payment_intent",
			allowed_payment_method_types: types.length === 0 ? null : types,
			amount,
			amount_capturable: 0,
			amount_details: { tip: {} },
			amount_received: 0,
			application: null,
			application_fee_amount: null,
			automatic_payment_methods: automatic,
			canceled_at: null,
			cancellation_reason: null,
			capture_method: captureMethod,
			client_secret: this.#account.newClientSecret(id),
			confirmation_method: confirmationMethod,
			created: this.#account.now,
			currency,
			customer: customer ?? null,
			customer_account: null,
			description,
			excluded_payment_method_types: null,
			last_payment_error: null,
			latest_charge: null,
			livemode: false,
			managed_payments: null,
			metadata: {},
			next_action: null,
			on_behalf_of: null,
			payment_method: method?.id ?? null,
			payment_method_configuration_details: null,
			payment_method_options: {
				card: {
					installments: null,
					mandate_options: null,
					network: null,
					request_three_d_secure: "automatic",
					...(incremental ? { request_incremental_authorization: "if_available" } : {}),
					...(overcapture ? { request_overcapture: "if_available" } : {}),
				},
			},
			payment_method_types: types.length === 0 ? ["card"] : types,
			payment_record: null,
			processing: null,
			receipt_email: receiptEmail,
			review: null,
			setup_future_usage: futureUsage,
			shipping: null,
			source: null,
			statement_descriptor: statementDescriptor,
			statement_descriptor_suffix: statementDescriptorSuffix,
			status: method === undefined ? "requires_payment_method" : "requires_confirmation",
			transfer_data: null,
			transfer_group: null,
		};
		mergeMetadata(intent.metadata, metadata);
		if (confirm) this.#refuseUnconfirmable(intent, confirmation);
		this.#account.paymentIntents.add(intent);
		this.#account.emit("payment_intent.created", intent, call.origin);
		if (confirm) this.#confirm(intent, confirmation, call.origin);
		return intent;
	}

	retrieve(call: Call): Stripe.PaymentIntent {
		call.parameters.ignore("client_secret");
		call.parameters.end();
		return this.#account.paymentIntents.get(call.id);
	}

	list(call: Call): Stripe.ApiList<Stripe.PaymentIntent> {
		const customer = call.parameters.text("customer");
		return this.#account.paymentIntents.list(
			call.parameters,
			(intent) => customer === undefined || idOf(intent.customer) === customer,
		);
	}

	update(call: Call): Stripe.PaymentIntent {
		const { parameters } = call;
		const intent = this.#account.paymentIntents.get(call.id);
		const amount = parameters.integer("amount", 1);
		const description = parameters.text("description");
		const receiptEmail = parameters.text("receipt_email");
		const customer = parameters.text("customer");
		const methodId = parameters.text("payment_method");
		const metadata = parameters.metadata();
		parameters.end();
		const open = ["requires_payment_method", "requires_confirmation", "requires_action"];
		if (amount !== undefined || customer !== undefined || methodId !== undefined) {
			this.#expect(intent, open, "updated");
		}
		if (customer !== undefined) intent.customer = this.#account.customers.get(customer, "customer").id;
		if (methodId !== undefined) {
			const method = this.#methods.resolve(methodId, "payment_method");
			this.#methods.refuseForeign(method, idOf(intent.customer));
			intent.payment_method = method.id;
			intent.status = "requires_confirmation";
		}
		if (amount !== undefined) intent.amount = amount;
		if (description !== undefined) intent.description = description;
		if (receiptEmail !== undefined) intent.receipt_email = receiptEmail;
		mergeMetadata(intent.metadata, metadata);
		return intent;
	}

	confirm(call: Call): Stripe.PaymentIntent {
		const { parameters } = call;
		const intent = this.#account.paymentIntents.get(call.id);
		const methodId = parameters.text("payment_method");
		const futureUsage = parameters.oneOf("setup_future_usage", futureUsages);
		const captureMethod = parameters.oneOf("capture_method", captureMethods);
		const confirmation = readConfirmation(parameters);
		parameters.ignore("allowed_payment_method_types", "mandate_data", "payment_method_options");
		parameters.ignore("receipt_email", "shipping", "use_stripe_sdk");
		parameters.end();
		this.#expect(intent, ["requires_payment_method", "requires_confirmation", "requires_action"], "confirmed");
		const method = methodId === undefined ? undefined : this.#methods.resolve(methodId, "payment_method");
		if (method !== undefined) this.#methods.refuseForeign(method, idOf(intent.customer));
		this.#refuseUnconfirmable({ ...intent, payment_method: method?.id ?? intent.payment_method }, confirmation);
		if (method !== undefined) intent.payment_method = method.id;
		if (futureUsage !== undefined) intent.setup_future_usage = futureUsage;
		if (captureMethod !== undefined) intent.capture_method = captureMethod;
		this.#confirm(intent, confirmation, call.origin);
		return intent;
	}

	capture(call: Call): Stripe.PaymentIntent {
		const { parameters } = call;
		const intent = this.#account.paymentIntents.get(call.id);
		const amount = parameters.integer("amount_to_capture", 1) ?? intent.amount_capturable;
		parameters.oneOf("final_capture", ["true"]);
		const metadata = parameters.metadata();
		parameters.ignore("statement_descriptor", "statement_descriptor_suffix");
		parameters.end();
		if (intent.status === "succeeded") {
			throw requestError("This PaymentIntent could not be captured because it has already been captured.", {
				code: "payment_intent_unexpected_state",
				payment_intent: intent,
			});
		}
		this.#expect(intent, ["requires_capture"], "captured");
		const charge = this.#latestCharge(intent);
		const overcapture = charge.payment_method_details?.card?.overcapture;
		const most = overcapture?.status === "available" ? overcapture.maximum_amount_capturable : intent.amount_capturable;
		if (amount > most) {
			throw requestError(`The amount to capture, ${amount}, is more than the capturable amount of ${most}.`, {
				code: "amount_too_large",
				param: "amount_to_capture",
				payment_intent: intent,
			});
		}
		this.#endExpiry(intent);
		this.#charges.capture(charge, amount, call.origin);
		mergeMetadata(intent.metadata, metadata);
		intent.amount_capturable = 0;
		intent.amount_received = amount;
		intent.status = "succeeded";
		this.#account.emit("payment_intent.succeeded", intent, call.origin);
		return intent;
	}

	cancel(call: Call): Stripe.PaymentIntent {
		const intent = this.#account.paymentIntents.get(call.id);
		const reason = call.parameters.oneOf("cancellation_reason", cancellationReasons) ?? null;
		call.parameters.end();
		this.#expect(
			intent,
			["requires_payment_method", "requires_capture", "requires_confirmation", "requires_action"],
			"canceled",
		);
		this.#cancel(intent, reason, "charge.refunded", call.origin);
		return intent;
	}

	incrementAuthorization(call: Call): Stripe.PaymentIntent {
		const { parameters } = call;
		const intent = this.#account.paymentIntents.get(call.id);
		const amount = parameters.requiredInteger("amount", 1);
		const description = parameters.text("description");
		const metadata = parameters.metadata();
		parameters.ignore("statement_descriptor");
		parameters.end();
		this.#expect(intent, ["requires_capture"], "incremented");
		const charge = this.#latestCharge(intent);
		const details = charge.payment_method_details?.card;
		if (details?.incremental_authorization?.status !== "available") {
			throw requestError(
				"This PaymentIntent is not eligible for incremental authorization: create it with payment_method_options[card][request_incremental_authorization]=if_available.",
				{ payment_intent: intent },
			);
		}
		if (amount <= intent.amount) {
			throw requestError(
				`The new total must be more than the authorized amount of ${intent.amount}; it is ${amount}.`,
				{
					param: "amount",
					payment_intent: intent,
				},
			);
		}
		if (this.declinesIncrement?.(intent.id) === true) {
			throw new ApiError(402, {
				type: "card_error",
				code: "card_declined",
				decline_code: "generic_decline",
				message: "Your card was declined.",
				payment_intent: structuredClone(intent),
			});
		}
		intent.amount = amount;
		intent.amount_capturable = amount;
		charge.amount = amount;
		details.amount_authorized = amount;
		if (details.overcapture !== undefined) {
			const exceeds = details.overcapture.status === "available";
			details.overcapture.maximum_amount_capturable = exceeds ? withOvercapture(amount) : amount;
		}
		if (description !== undefined) intent.description = description;
		mergeMetadata(intent.metadata, metadata);
		this.#account.emit("payment_intent.amount_capturable_updated", intent, call.origin);
		return intent;
	}

	/** The card holder answers the bank's question (3-D Secure), which happens outside the API. */
	completeAction(id: string, succeeds: boolean, origin: RequestOrigin): Stripe.PaymentIntent {
		const intent = this.#account.paymentIntents.get(id);
		this.#expect(intent, ["requires_action"], "authenticated");
		intent.next_action = null;
		if (succeeds) this.#approve(intent, false, origin);
		else this.#failAuthentication(intent, origin);
		return intent;
	}

	/** Forgets all timers. */
	close(): void {
		for (const cancel of this.#expiries.values()) cancel();
		this.#expiries.clear();
	}

	#confirm(intent: Stripe.PaymentIntent, confirmation: Confirmation, origin: RequestOrigin): void {
		const { behaviour } = this.#methods.cardOf(this.#method(intent));
		intent.next_action = null;
		if (behaviour.kind === "declines") this.#decline(intent, behaviour, origin);
		if (confirmation.offSession && this.declinesOffSession?.(intent.id) === true) {
			this.#decline(intent, insufficientFunds, origin);
		}
		if (behaviour.kind === "authenticates") {
			if (confirmation.offSession || confirmation.errorOnRequiresAction) {
				this.#decline(
					intent,
					{
						kind: "declines",
						code: "authentication_required",
						declineCode: "authentication_required",
						message: "Your card was declined. This transaction requires authentication.",
						attaches: true,
					},
					origin,
				);
			}
			intent.status = "requires_action";
			intent.next_action =
				confirmation.returnUrl === undefined
					? { type: "use_stripe_sdk", use_stripe_sdk: { type: "three_d_secure_redirect" } }
					: {
							type: "redirect_to_url",
							redirect_to_url: {
								return_url: confirmation.returnUrl,
								url: `/simulator/payment_intents/${intent.id}/authenticate`,
							},
						};
			this.#account.emit("payment_intent.requires_action", intent, origin);
			return;
		}
		this.#approve(intent, confirmation.offSession, origin);
	}

	#approve(intent: Stripe.PaymentIntent, offSession: boolean, origin: RequestOrigin): void {
		const method = this.#method(intent);
		const options = { intent, method, card: this.#methods.cardOf(method), origin };
		intent.last_payment_error = null;
		const customer = idOf(intent.customer);
		if (customer !== undefined && intent.setup_future_usage !== null) {
			this.#methods.attachTo(method, customer, origin);
		}
		if (method.customer === null) this.#account.consumedPaymentMethods.add(method.id);
		if (intent.capture_method === "manual") {
			const asked = intent.payment_method_options?.card;
			const incremental = asked?.request_incremental_authorization === "if_available";
			const overcapture = asked?.request_overcapture === "if_available";
			const charge = this.#charges.hold({ ...options, offSession, incremental, overcapture });
			intent.latest_charge = charge.id;
			intent.amount_capturable = intent.amount;
			intent.status = "requires_capture";
			this.#startExpiry(intent, charge);
			this.#account.emit("payment_intent.amount_capturable_updated", intent, origin);
		} else {
			intent.latest_charge = this.#charges.pay(options).id;
			intent.amount_received = intent.amount;
			intent.status = "succeeded";
			this.#account.emit("payment_intent.succeeded", intent, origin);
		}
	}

	#decline(
		intent: Stripe.PaymentIntent,
		behaviour: Extract<CardBehaviour, { kind: "declines" }>,
		origin: RequestOrigin,
	): never {
		const method = this.#method(intent);
		const charge = this.#charges.decline({ intent, method, card: this.#methods.cardOf(method), origin }, behaviour);
		intent.latest_charge = charge.id;
		intent.payment_method = null;
		intent.status = "requires_payment_method";
		intent.last_payment_error = {
			charge: charge.id,
			code: behaviour.code,
			decline_code: behaviour.declineCode,
			doc_url: `https://docs.stripe.com/error-codes/${behaviour.code.replaceAll("_", "-")}`,
			message: behaviour.message,
			payment_method: structuredClone(method),
			type: "card_error",
		};
		this.#account.emit("payment_intent.payment_failed", intent, origin);
		throw new ApiError(402, {
			type: "card_error",
			code: behaviour.code,
			decline_code: behaviour.declineCode,
			message: behaviour.message,
			charge: charge.id,
			payment_intent: structuredClone(intent),
			payment_method: structuredClone(method),
		});
	}

	#failAuthentication(intent: Stripe.PaymentIntent, origin: RequestOrigin): void {
		const method = this.#method(intent);
		intent.payment_method = null;
		intent.status = "requires_payment_method";
		intent.last_payment_error = {
			code: "payment_intent_authentication_failure",
			doc_url: "https://docs.stripe.com/error-codes/payment-intent-authentication-failure",
			message: "The card holder could not be authenticated. Choose another payment method and try again.",
			payment_method: structuredClone(method),
			type: "card_error",
		};
		this.#account.emit("payment_intent.payment_failed", intent, origin);
	}

	#cancel(
		intent: Stripe.PaymentIntent,
		reason: Stripe.PaymentIntent.CancellationReason | null,
		chargeEvent: "charge.refunded" | "charge.expired",
		origin: RequestOrigin | undefined,
	): void {
		this.#endExpiry(intent);
		if (intent.status === "requires_capture") this.#charges.release(this.#latestCharge(intent), chargeEvent, origin);
		intent.status = "canceled";
		intent.canceled_at = this.#account.now;
		intent.cancellation_reason = reason;
		intent.amount_capturable = 0;
		intent.next_action = null;
		this.#account.emit("payment_intent.canceled", intent, origin);
	}

	#startExpiry(intent: Stripe.PaymentIntent, charge: Stripe.Charge): void {
		const captureBefore = charge.payment_method_details?.card?.capture_before ?? charge.created;
		const cancel = this.#account.clock.after(captureBefore * 1000 - this.#account.clock.now(), () => {
			this.#expiries.delete(intent.id);
			this.#cancel(intent, "expired", "charge.expired", undefined);
		});
		this.#expiries.set(intent.id, cancel);
	}

	#endExpiry(intent: Stripe.PaymentIntent): void {
		this.#expiries.get(intent.id)?.();
		this.#expiries.delete(intent.id);
	}

	#method(intent: Stripe.PaymentIntent): Stripe.PaymentMethod {
		return this.#account.paymentMethods.get(idOf(intent.payment_method) ?? "");
	}

	#latestCharge(intent: Stripe.PaymentIntent): Stripe.Charge {
		return this.#account.charges.get(idOf(intent.latest_charge) ?? "");
	}

	#refuseUnconfirmable(intent: Stripe.PaymentIntent, confirmation: Confirmation): void {
		if (intent.payment_method === null) {
			throw requestError(
				"You cannot confirm this PaymentIntent because it's missing a payment method. Update it with a payment method and then confirm it again.",
				{ code: "payment_intent_unexpected_state", param: "payment_method" },
			);
		}
		const redirects = intent.automatic_payment_methods?.allow_redirects === "always";
		if (redirects && confirmation.returnUrl === undefined && !confirmation.offSession) {
			throw requestError(
				"This PaymentIntent accepts payment methods that may redirect the customer, so confirming it needs a return_url. To accept cards alone, send allowed_payment_method_types[]=card, or automatic_payment_methods[enabled]=true with automatic_payment_methods[allow_redirects]=never.",
				{ param: "return_url" },
			);
		}
	}

	#expect(intent: Stripe.PaymentIntent, statuses: readonly string[], action: string): void {
		if (statuses.includes(intent.status)) return;
		throw requestError(
			`This PaymentIntent could not be ${action} because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be ${action}: ${statuses.join(", ")}.`,
			{ code: "payment_intent_unexpected_state", payment_intent: structuredClone(intent) },
		);
	}
}

function readCurrency(parameters: Parameters): string {
	const currency = parameters.requiredText("currency").toLowerCase();
	if (!/^[a-z]{3}$/.test(currency)) {
		throw parameterError(
			"parameter_invalid_value",
			"currency",
			`Invalid currency: ${currency}. Stripe takes three-letter ISO codes such as usd or eur.`,
		);
	}
	return currency;
}

function readAutomaticMethods(
	parameters: Parameters,
	types: readonly string[],
): Stripe.PaymentIntent.AutomaticPaymentMethods | null {
	const automatic = parameters.nested("automatic_payment_methods");
	const enabled = automatic?.boolean("enabled") ?? types.length === 0;
	const allowRedirects = automatic?.oneOf("allow_redirects", ["always", "never"]) ?? "always";
	return enabled ? { allow_redirects: allowRedirects, enabled } : null;
}

function readCardOptions(parameters: Parameters): { incremental: boolean; overcapture: boolean } {
	const card = parameters.nested("payment_method_options")?.nested("card");
	card?.ignore(
		"capture_method",
		"request_extended_authorization",
		"request_multicapture",
		"request_three_d_secure",
		"setup_future_usage",
	);
	const choices = ["if_available", "never"] as const;
	return {
		incremental: card?.oneOf("request_incremental_authorization", choices) === "if_available",
		overcapture: card?.oneOf("request_overcapture", choices) === "if_available",
	};
}

function readConfirmation(parameters: Parameters): Confirmation {
	const offSession = parameters.oneOf("off_session", ["true", "false", "one_off", "recurring"]);
	return {
		offSession: offSession !== undefined && offSession !== "false",
		returnUrl: parameters.text("return_url"),
		errorOnRequiresAction: parameters.boolean("error_on_requires_action") ?? false,
	};
}
