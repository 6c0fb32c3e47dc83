import type Stripe from "stripe";
import { type Account, type Call, idOf, type RequestOrigin } from "./account.ts";
import type { CardBehaviour, TestCard } from "./test-cards.ts";

const secondsPerHour = 3_600;
/** How long a hold lasts when the customer is present (docs.stripe.com, "Place a hold on a payment method"). */
export const holdSeconds = 7 * 24 * secondsPerHour;
/** Visa's shorter time for payments without the customer: 4 days and 18 hours. */
export const visaMerchantHoldSeconds = (4 * 24 + 18) * secondsPerHour;

export class Charges {
	readonly #account: Account;

	constructor(account: Account) {
		this.#account = account;
	}

	retrieve(call: Call): Stripe.Charge {
		call.parameters.end();
		return this.#account.charges.get(call.id);
	}

	list(call: Call): Stripe.ApiList<Stripe.Charge> {
		const intent = call.parameters.text("payment_intent");
		const customer = call.parameters.text("customer");
		return this.#account.charges.list(
			call.parameters,
			(charge) =>
				(intent === undefined || idOf(charge.payment_intent) === intent) &&
				(customer === undefined || idOf(charge.customer) === customer),
		);
	}

	/** A hold: the money is set aside and waits for its capture until `capture_before`. */
	hold(options: ChargeOptions & { offSession: boolean; incremental: boolean; overcapture: boolean }): Stripe.Charge {
		const { card } = options;
		const charge = this.#add(options, { status: "succeeded", paid: true });
		const seconds = options.offSession && card.brand === "visa" ? visaMerchantHoldSeconds : holdSeconds;
		const details = charge.payment_method_details?.card;
		if (details !== undefined) {
			details.capture_before = charge.created + seconds;
			const { incrementalAuthorization, overcapture } = this.#account.features;
			const grows = options.incremental && incrementalAuthorization;
			details.incremental_authorization = { status: grows ? "available" : "unavailable" };
			const exceeds = options.overcapture && overcapture && card.brand === "visa";
			details.overcapture = {
				maximum_amount_capturable: exceeds ? withOvercapture(charge.amount) : charge.amount,
				status: exceeds ? "available" : "unavailable",
			};
		}
		this.#account.emit("charge.succeeded", charge, options.origin);
		return charge;
	}

	/** Payment at once. */
	pay(options: ChargeOptions): Stripe.Charge {
		const charge = this.#add(options, { status: "succeeded", paid: true });
		charge.captured = true;
		charge.amount_captured = charge.amount;
		charge.balance_transaction = this.#settle(charge.amount, charge).id;
		this.#account.emit("charge.succeeded", charge, options.origin);
		return charge;
	}

	decline(options: ChargeOptions, behaviour: Extract<CardBehaviour, { kind: "declines" }>): Stripe.Charge {
		const charge = this.#add(options, { status: "failed", paid: false });
		charge.failure_code = behaviour.code;
		charge.failure_message = behaviour.message;
		charge.outcome = {
			advice_code: "try_again_later",
			network_advice_code: null,
			network_decline_code: null,
			network_status: "declined_by_network",
			reason: behaviour.declineCode,
			risk_level: "normal",
			seller_message: "The bank did not approve the payment.",
			type: "issuer_declined",
		};
		this.#account.emit("charge.failed", charge, options.origin);
		return charge;
	}

	/** Takes `amount` of a hold; the rest is released. */
	capture(charge: Stripe.Charge, amount: number, origin: RequestOrigin): void {
		charge.captured = true;
		charge.amount_captured = amount;
		charge.amount_refunded = Math.max(0, charge.amount - amount);
		charge.balance_transaction = this.#settle(amount, charge).id;
		const details = charge.payment_method_details?.card;
		if (details !== undefined) delete details.capture_before;
		this.#account.emit("charge.captured", charge, origin);
	}

	/** Gives the whole hold back. */
	release(charge: Stripe.Charge, type: "charge.refunded" | "charge.expired", origin: RequestOrigin | undefined): void {
		charge.amount_refunded = charge.amount;
		charge.refunded = true;
		const details = charge.payment_method_details?.card;
		if (details !== undefined) delete details.capture_before;
		this.#account.emit(type, charge, origin);
	}

	/** What of the captured money has not been refunded yet. */
	refundable(charge: Stripe.Charge): number {
		if (!charge.captured) return 0;
		// The released part of a hold counts as refunded, too.
		const released = Math.max(0, charge.amount - charge.amount_captured);
		return charge.amount_captured - (charge.amount_refunded - released);
	}

	refund(charge: Stripe.Charge, amount: number, refund: string, origin: RequestOrigin): Stripe.BalanceTransaction {
		charge.amount_refunded += amount;
		charge.refunded = this.refundable(charge) === 0;
		const transaction = this.#addBalanceTransaction({
			type: "refund",
			amount: -amount,
			fee: 0,
			currency: charge.currency,
			source: refund,
		});
		this.#account.emit("charge.refunded", charge, origin);
		return transaction;
	}

	/** The bank did not take a refund: the money is in the account's balance again. */
	returnRefund(charge: Stripe.Charge, refund: Stripe.Refund): Stripe.BalanceTransaction {
		charge.amount_refunded -= refund.amount;
		charge.refunded = false;
		return this.#addBalanceTransaction({
			type: "refund_failure",
			amount: refund.amount,
			fee: 0,
			currency: charge.currency,
			source: refund.id,
		});
	}

	/** The bank takes back what was captured and not refunded, and Stripe its fee of 15.00. */
	dispute(charge: Stripe.Charge, dispute: string): Stripe.BalanceTransaction {
		charge.disputed = true;
		return this.#addBalanceTransaction({
			type: "adjustment",
			category: "dispute",
			amount: -this.refundable(charge),
			fee: disputeFee,
			currency: charge.currency,
			source: dispute,
		});
	}

	/** What the bank took comes back; the fee does not. */
	reinstate(charge: Stripe.Charge, dispute: Stripe.Dispute): Stripe.BalanceTransaction {
		return this.#addBalanceTransaction({
			type: "adjustment",
			category: "dispute_reversal",
			amount: dispute.amount,
			fee: 0,
			currency: charge.currency,
			source: dispute.id,
		});
	}

	#settle(amount: number, charge: Stripe.Charge): Stripe.BalanceTransaction {
		// The price list for cards online in the US: 2.9 % and 30 cents.
		const fee = Math.min(amount, Math.round((amount * 29) / 1_000) + 30);
		return this.#addBalanceTransaction({ type: "charge", amount, fee, currency: charge.currency, source: charge.id });
	}

	#addBalanceTransaction(entry: {
		type: "charge" | "refund" | "refund_failure" | "adjustment";
		category?: "dispute" | "dispute_reversal";
		amount: number;
		fee: number;
		currency: string;
		source: string;
	}): Stripe.BalanceTransaction {
		const { type, amount, fee, currency, source } = entry;
		const created = this.#account.now;
		return this.#account.balanceTransactions.add({
			id: this.#account.newId("txn"),
			object: "balance_transaction",
			amount,
			available_on: created + 2 * 24 * secondsPerHour,
			balance_type: "payments",
			created,
			currency,
			description: null,
			exchange_rate: null,
			fee,
			fee_details:
				fee === 0
					? []
					: [{ amount: fee, application: null, currency, description: "Stripe processing fees", type: "stripe_fee" }],
			net: amount - fee,
			reporting_category: entry.category ?? type,
			source,
			status: "pending",
			type,
		});
	}

	#add(options: ChargeOptions, state: { status: "succeeded" | "failed"; paid: boolean }): Stripe.Charge {
		const { intent, method, card } = options;
		return this.#account.charges.add({
			id: this.#account.newId("ch"),
			object: "charge",
			amount: intent.amount,
			amount_captured: 0,
			amount_refunded: 0,
			application: null,
			application_fee: null,
			application_fee_amount: null,
			balance_transaction: null,
			billing_details: method.billing_details,
			calculated_statement_descriptor: "VISIONVEND",
			captured: false,
			created: this.#account.now,
			currency: intent.currency,
			customer: idOf(intent.customer) ?? null,
			description: intent.description,
			disputed: false,
			failure_balance_transaction: null,
			failure_code: null,
			failure_message: null,
			fraud_details: {},
			livemode: false,
			metadata: { ...intent.metadata },
			on_behalf_of: null,
			outcome: {
				advice_code: null,
				network_advice_code: null,
				network_decline_code: null,
				network_status: "approved_by_network",
				reason: null,
				risk_level: "normal",
				seller_message: "Payment complete.",
				type: "authorized",
			},
			paid: state.paid,
			payment_intent: intent.id,
			payment_method: method.id,
			payment_method_details: { type: "card", card: cardDetails(card, intent.amount) },
			receipt_email: intent.receipt_email,
			receipt_number: null,
			receipt_url: null,
			refunded: false,
			review: null,
			shipping: null,
			source: null,
			source_transfer: null,
			statement_descriptor: intent.statement_descriptor,
			statement_descriptor_suffix: intent.statement_descriptor_suffix,
			status: state.status,
			transfer_data: null,
			transfer_group: null,
		});
	}
}

const disputeFee = 1_500;

/** The most that a Visa card lets capture of a hold: 15 % above it. */
export function withOvercapture(amount: number): number {
	return Math.floor((amount * 115) / 100);
}

export interface ChargeOptions {
	readonly intent: Stripe.PaymentIntent;
	readonly method: Stripe.PaymentMethod;
	readonly card: TestCard;
	readonly origin: RequestOrigin;
}

function cardDetails(card: TestCard, amount: number): Stripe.Charge.PaymentMethodDetails.Card {
	return {
		amount_authorized: amount,
		authorization_code: null,
		brand: card.brand,
		checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: "pass" },
		country: "US",
		electronic_commerce_indicator: null,
		exp_month: 12,
		exp_year: 2034,
		extended_authorization: { status: "disabled" },
		fingerprint: `simulated${card.last4}`,
		funding: card.funding,
		incremental_authorization: { status: "unavailable" },
		installments: null,
		last4: card.last4,
		mandate: null,
		multicapture: { status: "unavailable" },
		network: card.brand,
		network_token: { used: false },
		network_transaction_id: null,
		overcapture: { maximum_amount_capturable: amount, status: "unavailable" },
		regulated_status: "unregulated",
		three_d_secure: null,
		transaction_link_id: null,
		wallet: null,
	};
}
