import type Stripe from "stripe";
import { type Account, type Call, idOf } from "./account.ts";
import { parameterError, requestError } from "./api-error.ts";
import type { Charges } from "./charges.ts";
import { mergeMetadata } from "./parameters.ts";

const reasons = ["duplicate", "fraudulent", "requested_by_customer"] as const;

/** Refunds of captured money; a hold is released by cancelling its PaymentIntent. */
export class Refunds {
	readonly #account: Account;
	readonly #charges: Charges;

	constructor(account: Account, charges: Charges) {
		this.#account = account;
		this.#charges = charges;
	}

	create(call: Call): Stripe.Refund {
		const { parameters } = call;
		const chargeId = parameters.text("charge");
		const intentId = parameters.text("payment_intent");
		const requested = parameters.integer("amount", 1);
		const reason = parameters.oneOf("reason", reasons) ?? null;
		const metadata = parameters.metadata();
		parameters.end();
		const charge = this.#find(chargeId, intentId);
		const refundable = this.#charges.refundable(charge);
		if (!charge.captured) {
			throw requestError(
				`Charge ${charge.id} has not been captured, so there is nothing to refund. Cancel its PaymentIntent to release the hold.`,
			);
		}
		if (refundable === 0) {
			throw requestError(`Charge ${charge.id} has already been refunded.`, { code: "charge_already_refunded" });
		}
		const amount = requested ?? refundable;
		if (amount > refundable) {
			throw requestError(`Refund amount (${amount}) is greater than unrefunded amount on charge (${refundable})`, {
				param: "amount",
			});
		}
		const id = this.#account.newId("re");
		const transaction = this.#charges.refund(charge, amount, id, call.origin);
		const refund: Stripe.Refund = {
			id,
			object: "refund",
			amount,
			balance_transaction: transaction.id,
			charge: charge.id,
			created: this.#account.now,
			currency: charge.currency,
			customer: idOf(charge.customer) ?? null,
			customer_account: null,
			metadata: {},
			payment_intent: idOf(charge.payment_intent) ?? null,
			payment_method: charge.payment_method,
			reason,
			receipt_number: null,
			source_transfer_reversal: null,
			status: "succeeded",
			transfer_reversal: null,
		};
		mergeMetadata(refund.metadata ?? {}, metadata);
		this.#account.refunds.add(refund);
		this.#account.emit("refund.created", refund, call.origin);
		return refund;
	}

	/** The bank sends a refund back, as it may for up to 30 days: the account is closed, say. */
	fail(id: string): Stripe.Refund {
		const refund = this.#account.refunds.get(id);
		if (refund.status !== "succeeded") throw requestError(`Refund ${id} is ${refund.status}, so it cannot fail.`);
		const charge = this.#account.charges.get(idOf(refund.charge) ?? "");
		refund.status = "failed";
		refund.failure_reason = "expired_or_canceled_card";
		refund.failure_balance_transaction = this.#charges.returnRefund(charge, refund).id;
		for (const type of ["refund.updated", "refund.failed", "charge.refund.updated"] as const) {
			this.#account.emit(type, refund, undefined);
		}
		return refund;
	}

	retrieve(call: Call): Stripe.Refund {
		call.parameters.end();
		return this.#account.refunds.get(call.id);
	}

	list(call: Call): Stripe.ApiList<Stripe.Refund> {
		const charge = call.parameters.text("charge");
		const intent = call.parameters.text("payment_intent");
		return this.#account.refunds.list(
			call.parameters,
			(refund) =>
				(charge === undefined || idOf(refund.charge) === charge) &&
				(intent === undefined || idOf(refund.payment_intent) === intent),
		);
	}

	#find(chargeId: string | undefined, intentId: string | undefined): Stripe.Charge {
		if (chargeId !== undefined) return this.#account.charges.get(chargeId, "charge");
		if (intentId === undefined) {
			throw parameterError(
				"parameter_missing",
				"charge",
				"One of the following params should be provided: payment_intent or charge.",
			);
		}
		const intent = this.#account.paymentIntents.get(intentId, "payment_intent");
		const charge = this.#account.charges.find(idOf(intent.latest_charge) ?? "");
		if (charge?.status !== "succeeded") {
			throw requestError(`This PaymentIntent (${intent.id}) does not have a successful charge to refund.`);
		}
		return charge;
	}
}
