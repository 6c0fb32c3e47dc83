/** How a charge to a card ends. */
export type CardBehaviour =
	| { readonly kind: "approves" }
	| {
			readonly kind: "declines";
			readonly code: string;
			readonly declineCode: string;
			readonly message: string;
			/** The card can be saved to a customer all the same, and declines only when it is charged. */
			readonly attaches: boolean;
	  }
	/** Every payment needs the card holder; a payment off session is refused. */
	| { readonly kind: "authenticates" };

export interface TestCard {
	readonly brand: "visa" | "mastercard" | "amex";
	readonly last4: string;
	readonly funding: "credit" | "debit";
	readonly behaviour: CardBehaviour;
}

const approves: CardBehaviour = Object.freeze({ kind: "approves" });

function declines(
	declineCode: string,
	message: string,
	more: { code?: string; attaches?: boolean } = {},
): Extract<CardBehaviour, { kind: "declines" }> {
	return Object.freeze({
		kind: "declines",
		code: more.code ?? "card_declined",
		declineCode,
		message,
		attaches: more.attaches ?? false,
	});
}

const declined = declines("generic_decline", "Your card was declined.");
export const insufficientFunds = declines("insufficient_funds", "Your card has insufficient funds.");

/**
 * Stripe's test payment methods and what they do. A declining card cannot be saved to a customer either, except
 * `pm_card_chargeCustomerFail`, which is made for a saved card that declines later.
 * Source: docs.stripe.com/testing, "Declined payments" and "Authentication".
 */
const cards: Readonly<Record<string, TestCard>> = Object.freeze({
	visa: { brand: "visa", last4: "4242", funding: "credit", behaviour: approves },
	visa_debit: { brand: "visa", last4: "5556", funding: "debit", behaviour: approves },
	mastercard: { brand: "mastercard", last4: "4444", funding: "credit", behaviour: approves },
	amex: { brand: "amex", last4: "8431", funding: "credit", behaviour: approves },
	chargeDeclined: { brand: "visa", last4: "0002", funding: "credit", behaviour: declined },
	visa_chargeDeclined: { brand: "visa", last4: "0002", funding: "credit", behaviour: declined },
	chargeDeclinedInsufficientFunds: { brand: "visa", last4: "9995", funding: "credit", behaviour: insufficientFunds },
	visa_chargeDeclinedInsufficientFunds: {
		brand: "visa",
		last4: "9995",
		funding: "credit",
		behaviour: insufficientFunds,
	},
	visa_chargeDeclinedLostCard: {
		brand: "visa",
		last4: "9987",
		funding: "credit",
		behaviour: declines("lost_card", "Your card was declined."),
	},
	visa_chargeDeclinedStolenCard: {
		brand: "visa",
		last4: "9979",
		funding: "credit",
		behaviour: declines("stolen_card", "Your card was declined."),
	},
	chargeDeclinedExpiredCard: {
		brand: "visa",
		last4: "0069",
		funding: "credit",
		behaviour: declines("expired_card", "Your card has expired.", { code: "expired_card" }),
	},
	chargeDeclinedProcessingError: {
		brand: "visa",
		last4: "0119",
		funding: "credit",
		behaviour: declines(
			"processing_error",
			"An error occurred while processing your card. Try again in a little bit.",
			{
				code: "processing_error",
			},
		),
	},
	chargeCustomerFail: {
		brand: "visa",
		last4: "0341",
		funding: "credit",
		behaviour: declines("generic_decline", "Your card was declined.", { attaches: true }),
	},
	authenticationRequired: { brand: "visa", last4: "3184", funding: "credit", behaviour: { kind: "authenticates" } },
});

/** The card behind `pm_card_visa` or `tok_visa`; `undefined` for every other text. */
export function findTestCard(name: string): TestCard | undefined {
	const match = /^(?:pm_card_|tok_)(\w+)$/.exec(name);
	const key = match?.[1];
	return key !== undefined && Object.hasOwn(cards, key) ? cards[key] : undefined;
}
