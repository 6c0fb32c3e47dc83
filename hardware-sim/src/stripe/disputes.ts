import type Stripe from "stripe";
import { type Account, type Call, idOf, type RequestOrigin } from "./account.ts";
import { requestError } from "./api-error.ts";
import type { Charges } from "./charges.ts";
import { mergeMetadata } from "./parameters.ts";

const evidenceLivesSeconds = 7 * 24 * 3_600;
const evidenceFields = ["product_description", "service_date", "access_activity_log", "uncategorized_text"] as const;

/**
 * Disputes (chargebacks): the bank takes the amount and a fee away at once, and gives the amount back when the merchant
 * wins. Evidence whose `uncategorized_text` is `winning_evidence` or `losing_evidence` decides it on submission, as in
 * Stripe's test mode. Source: docs.stripe.com/testing, "Disputes"; API reference of Disputes.
 */
export class Disputes {
	readonly #account: Account;
	readonly #charges: Charges;

	constructor(account: Account, charges: Charges) {
		this.#account = account;
		this.#charges = charges;
	}

	retrieve(call: Call): Stripe.Dispute {
		call.parameters.end();
		return this.#account.disputes.get(call.id);
	}

	list(call: Call): Stripe.ApiList<Stripe.Dispute> {
		const intent = call.parameters.text("payment_intent");
		return this.#account.disputes.list(
			call.parameters,
			(dispute) => intent === undefined || idOf(dispute.payment_intent) === intent,
		);
	}

	update(call: Call): Stripe.Dispute {
		const { parameters } = call;
		const dispute = this.#account.disputes.get(call.id);
		const evidence = parameters.nested("evidence");
		const texts = evidenceFields.map((field) => [field, evidence?.text(field)] as const);
		evidence?.end();
		const submit = parameters.boolean("submit") ?? true;
		const metadata = parameters.metadata();
		parameters.end();
		if (dispute.status !== "needs_response") {
			throw requestError(`This dispute is ${dispute.status}; evidence is not taken any more.`);
		}
		for (const [field, text] of texts) if (text !== undefined) dispute.evidence[field] = text;
		mergeMetadata(dispute.metadata, metadata);
		dispute.evidence_details.has_evidence = true;
		if (!submit) return dispute;
		dispute.evidence_details.submission_count += 1;
		dispute.status = "under_review";
		this.#account.emit("charge.dispute.updated", dispute, call.origin);
		if (dispute.evidence.uncategorized_text === "winning_evidence") this.close(dispute.id, true);
		if (dispute.evidence.uncategorized_text === "losing_evidence") this.close(dispute.id, false);
		return dispute;
	}

	/** The card holder disputes a charge at the bank. */
	open(charge: Stripe.Charge, origin: RequestOrigin | undefined): Stripe.Dispute {
		const id = this.#account.newId("du");
		const transaction = this.#charges.dispute(charge, id);
		const dispute: Stripe.Dispute = {
			id,
			object: "dispute",
			amount: -transaction.amount,
			balance_transactions: [transaction],
			charge: charge.id,
			created: this.#account.now,
			currency: charge.currency,
			enhanced_eligibility_types: [],
			evidence: noEvidence(),
			evidence_details: {
				due_by: this.#account.now + evidenceLivesSeconds,
				enhanced_eligibility: {},
				has_evidence: false,
				past_due: false,
				submission_count: 0,
				submission_method: "manual",
			},
			intended_submission_method: "manual",
			is_charge_refundable: false,
			livemode: false,
			metadata: {},
			payment_intent: idOf(charge.payment_intent) ?? null,
			reason: "fraudulent",
			status: "needs_response",
		};
		this.#account.disputes.add(dispute);
		this.#account.emit("charge.dispute.created", dispute, origin);
		this.#account.emit("charge.dispute.funds_withdrawn", dispute, origin);
		return dispute;
	}

	/** The bank decides. */
	close(id: string, won: boolean): Stripe.Dispute {
		const dispute = this.#account.disputes.get(id);
		if (dispute.status === "won" || dispute.status === "lost") {
			throw requestError(`This dispute is ${dispute.status} already.`);
		}
		dispute.status = won ? "won" : "lost";
		if (won) {
			const charge = this.#account.charges.get(idOf(dispute.charge) ?? "");
			dispute.balance_transactions.push(this.#charges.reinstate(charge, dispute));
			this.#account.emit("charge.dispute.funds_reinstated", dispute, undefined);
		}
		this.#account.emit("charge.dispute.closed", dispute, undefined);
		return dispute;
	}
}

function noEvidence(): Stripe.Dispute.Evidence {
	return {
		access_activity_log: null,
		billing_address: null,
		cancellation_policy: null,
		cancellation_policy_disclosure: null,
		cancellation_rebuttal: null,
		customer_communication: null,
		customer_email_address: null,
		customer_name: null,
		customer_purchase_ip: null,
		customer_signature: null,
		duplicate_charge_documentation: null,
		duplicate_charge_explanation: null,
		duplicate_charge_id: null,
		enhanced_evidence: {},
		product_description: null,
		receipt: null,
		refund_policy: null,
		refund_policy_disclosure: null,
		refund_refusal_explanation: null,
		service_date: null,
		service_documentation: null,
		shipping_address: null,
		shipping_carrier: null,
		shipping_date: null,
		shipping_documentation: null,
		shipping_tracking_number: null,
		uncategorized_file: null,
		uncategorized_text: null,
	};
}
