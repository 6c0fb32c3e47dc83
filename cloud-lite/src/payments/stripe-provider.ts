import type { Clock } from "@visionvend/sdk/clock";
import Stripe from "stripe";
import type {
	CancelResult,
	CaptureResult,
	ChargeResult,
	Declined,
	HoldResult,
	IncreaseResult,
	IntentStatus,
	PaymentProvider,
	RefundResult,
	RefundStatus,
	Refused,
	SaveResult,
	Unknown,
} from "./payment-provider.ts";
import { ProviderCircuit } from "./provider-circuit.ts";

type HoldCall = Parameters<PaymentProvider["hold"]>[0];

/**
 * Stripe through its official client: PaymentIntents with manual capture. Source: docs.stripe.com/payments/
 * place-a-hold-on-a-payment-method and the API reference of PaymentIntents.
 */
export class StripeProvider implements PaymentProvider {
	readonly #stripe: Stripe;
	readonly #circuit: ProviderCircuit;

	/** `stripe`: made with `maxNetworkRetries: 0`; when to try again is decided and recorded here. */
	constructor(stripe: Stripe, clock: Clock) {
		this.#stripe = stripe;
		this.#circuit = new ProviderCircuit("Stripe", clock);
	}

	get reachable(): boolean | undefined {
		return this.#circuit.reachable;
	}

	async hold(call: HoldCall): Promise<HoldResult> {
		return this.#try<HoldResult, Declined | Refused | Unknown>(async () => {
			const { card } = call;
			if (!card) return noCard;
			const found = call.lookFirst ? await this.#find(call, card.customer, "hold") : undefined;
			const intent =
				found ??
				(await this.#stripe.paymentIntents.create(
					{
						amount: call.amountCents,
						currency: call.currency,
						customer: card.customer,
						payment_method: card.paymentMethod,
						capture_method: "manual",
						confirm: true,
						// The rest of a basket dearer than the hold is taken later, from the same card.
						setup_future_usage: "off_session",
						automatic_payment_methods: { enabled: true, allow_redirects: "never" },
						payment_method_options: {
							card: {
								request_incremental_authorization: "if_available",
								request_overcapture: "if_available",
							},
						},
						metadata: { sale_id: call.saleId, purpose: "hold" },
						expand: ["latest_charge"],
					},
					{ idempotencyKey: call.key },
				));
			switch (intent.status) {
				case "requires_capture":
					return {
						kind: "held",
						intent: intent.id,
						clientSecret: intent.client_secret,
						...holdDetails(intent),
					};
				case "requires_action":
					return {
						kind: "declined",
						code: "authentication_required",
						message: "Your bank wants to ask you first. Confirm the card in the app, then try again.",
						intent: intent.id,
					};
				case "requires_payment_method":
					return {
						kind: "declined",
						code: intent.last_payment_error?.decline_code ?? intent.last_payment_error?.code ?? "card_declined",
						message: intent.last_payment_error?.message ?? "Your card was declined.",
						intent: intent.id,
					};
				case "canceled":
					return { kind: "refused", code: "canceled", message: "the payment was cancelled at the provider" };
				default:
					return { kind: "unknown", message: `the hold is ${intent.status}` };
			}
		}, paymentFailure);
	}

	async capture(call: Parameters<PaymentProvider["capture"]>[0]): Promise<CaptureResult> {
		return this.#settleIntent<CaptureResult>(
			call.intent,
			call.lookFirst,
			() =>
				this.#stripe.paymentIntents.capture(
					call.intent,
					{ amount_to_capture: call.amountCents },
					{ idempotencyKey: call.key },
				),
			(intent) => {
				if (intent.status === "succeeded") return { kind: "captured", amountCents: intent.amount_received };
				if (intent.status === "canceled") return { kind: "gone", message: "the hold was let go" };
				return undefined;
			},
		);
	}

	async cancel(call: Parameters<PaymentProvider["cancel"]>[0]): Promise<CancelResult> {
		return this.#settleIntent<CancelResult>(
			call.intent,
			call.lookFirst,
			() => this.#stripe.paymentIntents.cancel(call.intent, {}, { idempotencyKey: call.key }),
			(intent) => {
				if (intent.status === "canceled") return { kind: "released" };
				if (intent.status === "succeeded") return { kind: "taken", amountCents: intent.amount_received };
				return undefined;
			},
		);
	}

	async increase(call: Parameters<PaymentProvider["increase"]>[0]): Promise<IncreaseResult> {
		const { intent, amountCents, lookFirst, key } = call;
		const read = (now: Stripe.PaymentIntent): IncreaseResult | undefined => {
			if (now.status === "canceled") return { kind: "gone", message: "the hold was let go" };
			if (now.status !== "requires_capture" || now.amount < amountCents) return undefined;
			const { mostCapturableCents } = holdDetails(now);
			return { kind: "increased", amountCents: now.amount, mostCapturableCents };
		};
		return this.#try<IncreaseResult, Declined | Refused | Unknown>(async () => {
			const expand = ["latest_charge"];
			const seen = lookFirst ? read(await this.#stripe.paymentIntents.retrieve(intent, { expand })) : undefined;
			if (seen) return seen;
			const after = await this.#stripe.paymentIntents.incrementAuthorization(
				intent,
				{ amount: amountCents, expand },
				{ idempotencyKey: key },
			);
			return read(after) ?? { kind: "unknown", message: `the payment is ${after.status}` };
		}, paymentFailure);
	}

	async refund(call: Parameters<PaymentProvider["refund"]>[0]): Promise<RefundResult> {
		const { intent, amountCents, lookFirst, key } = call;
		return this.#try<RefundResult, Refused | Unknown>(async () => {
			const earlier = lookFirst
				? (await this.#stripe.refunds.list({ payment_intent: intent, limit: 100 })).data.find(
						({ metadata }) => metadata?.operation === key,
					)
				: undefined;
			const refund =
				earlier ??
				(await this.#stripe.refunds.create(
					{ payment_intent: intent, amount: amountCents, metadata: { operation: key } },
					{ idempotencyKey: key },
				));
			if (refund.status === "failed" || refund.status === "canceled") {
				return {
					kind: "refused",
					code: refund.failure_reason ?? refund.status,
					message: `the refund is ${refund.status}`,
				};
			}
			return { kind: "refunded", amountCents: refund.amount };
		}, failureOf);
	}

	async charge(call: Parameters<PaymentProvider["charge"]>[0]): Promise<ChargeResult> {
		return this.#try<ChargeResult, Declined | Refused | Unknown>(async () => {
			const { card } = call;
			if (!card) return noCard;
			const found = call.lookFirst ? await this.#find(call, card.customer, call.purpose) : undefined;
			const intent =
				found ??
				(await this.#stripe.paymentIntents.create(
					{
						amount: call.amountCents,
						currency: call.currency,
						customer: card.customer,
						payment_method: card.paymentMethod,
						capture_method: "automatic",
						confirm: true,
						...(call.shopperPresent ? {} : { off_session: true }),
						automatic_payment_methods: { enabled: true, allow_redirects: "never" },
						metadata: { sale_id: call.saleId, purpose: call.purpose },
					},
					{ idempotencyKey: call.key },
				));
			switch (intent.status) {
				case "succeeded":
					return { kind: "charged", intent: intent.id, amountCents: intent.amount_received };
				case "requires_action":
					if (call.shopperPresent) {
						return { kind: "action_required", intent: intent.id, clientSecret: intent.client_secret };
					}
					return {
						kind: "declined",
						code: "authentication_required",
						message: "Your bank wants to ask you first.",
						intent: intent.id,
					};
				case "requires_payment_method":
				case "canceled":
					return {
						kind: "declined",
						code: intent.last_payment_error?.decline_code ?? intent.last_payment_error?.code ?? intent.status,
						message: intent.last_payment_error?.message ?? "Your card was declined.",
						intent: intent.id,
					};
				default:
					return { kind: "unknown", message: `the charge is ${intent.status}` };
			}
		}, paymentFailure);
	}

	async save(call: Parameters<PaymentProvider["save"]>[0]): Promise<SaveResult> {
		return this.#try<SaveResult, Declined | Refused | Unknown>(async () => {
			const customer =
				call.customer ??
				(
					await this.#stripe.customers.create(
						{ metadata: { shopper_id: call.shopperId } },
						{ idempotencyKey: `shopper:${call.shopperId}:customer` },
					)
				).id;
			const method = await this.#stripe.paymentMethods.attach(
				call.paymentMethod,
				{ customer },
				{ idempotencyKey: `shopper:${call.shopperId}:attach:${call.paymentMethod}` },
			);
			return { kind: "saved", customer, paymentMethod: method.id };
		}, paymentFailure);
	}

	async status(intent: string): Promise<IntentStatus> {
		return this.#try<IntentStatus, Refused | Unknown>(async () => {
			const { status, amount_received } = await this.#stripe.paymentIntents.retrieve(intent);
			return { kind: "found", status, receivedCents: amount_received };
		}, failureOf);
	}

	async refundStatus(refundId: string): Promise<RefundStatus> {
		return this.#try<RefundStatus, Refused | Unknown>(async () => {
			const { status, metadata, amount } = await this.#stripe.refunds.retrieve(refundId);
			return {
				kind: "found",
				operation: metadata?.operation ?? null,
				amountCents: amount,
				failed: status === "failed" || status === "canceled",
			};
		}, failureOf);
	}

	/** The intent that an earlier call made, when its answer did not arrive. */
	async #find(call: HoldCall, customer: string, purpose: string): Promise<Stripe.PaymentIntent | undefined> {
		const { data } = await this.#stripe.paymentIntents.list({
			customer,
			limit: 100,
			expand: ["data.latest_charge"],
		});
		return data.find(({ metadata }) => metadata.sale_id === call.saleId && metadata.purpose === purpose);
	}

	/** Captures or cancels; where the provider says that it cannot, what the intent is by now decides. */
	async #settleIntent<Result extends { readonly kind: string }>(
		intent: string,
		lookFirst: boolean,
		act: () => Promise<Stripe.PaymentIntent>,
		read: (intent: Stripe.PaymentIntent) => Result | undefined,
	): Promise<Result | Refused | Unknown> {
		return this.#try<Result | Refused | Unknown, Refused | Unknown>(async () => {
			const retrieve = () => this.#stripe.paymentIntents.retrieve(intent);
			const seen = lookFirst ? read(await retrieve()) : undefined;
			if (seen) return seen;
			try {
				const after = await act();
				return read(after) ?? { kind: "unknown", message: `the payment is ${after.status}` };
			} catch (error) {
				if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
				const now = read(await retrieve());
				if (now) return now;
				throw error;
			}
		}, failureOf);
	}

	#try<Result extends { readonly kind: string }, Failure extends { readonly kind: string }>(
		call: () => Promise<Result>,
		failureOf: (error: StripeError) => Failure,
	): Promise<Result | Failure | Unknown> {
		return this.#circuit.call<Result | Failure>(async () => {
			try {
				return await call();
			} catch (error) {
				if (!(error instanceof Stripe.errors.StripeError)) throw error;
				return failureOf(error);
			}
		});
	}
}

const noCard: Refused = Object.freeze({ kind: "refused", code: "no_card", message: "no card is known for this sale" });

type StripeError = InstanceType<typeof Stripe.errors.StripeError>;

/** What a failed payment means. */
function paymentFailure(error: StripeError): Declined | Refused | Unknown {
	if (!(error instanceof Stripe.errors.StripeCardError)) return failureOf(error);
	const { decline_code, code, payment_intent, message } = error;
	return {
		kind: "declined",
		code: decline_code ?? code ?? "card_declined",
		message,
		intent: payment_intent?.id ?? null,
	};
}

/** What an error says about a call: certainly not done, or nobody knows. */
export function failureOf(error: StripeError): Refused | Unknown {
	const { message } = error;
	const refused =
		error instanceof Stripe.errors.StripeInvalidRequestError || error instanceof Stripe.errors.StripeCardError;
	// 409: a twin of this call is still at work, and its answer will be ours. A key that is known for another request says
	// that there was an earlier call, and not what came of it. Everything else that is no plain refusal (connection, rate
	// limit, server error, a key that was revoked) may work later, and may have worked now.
	if (!refused || error.statusCode === 409) return { kind: "unknown", message };
	return { kind: "refused", code: error.code ?? "invalid_request", message };
}

/** Stripe: "never hard-code": the charge says until when, how much of it, and whether more can be captured. */
function holdDetails(intent: Stripe.PaymentIntent): {
	readonly captureBeforeMs: number | null;
	readonly incrementable: boolean;
	readonly mostCapturableCents: number;
} {
	const charge = intent.latest_charge;
	const card = charge === null || typeof charge === "string" ? undefined : charge.payment_method_details?.card;
	const seconds = card?.capture_before;
	const over = card?.overcapture;
	return {
		captureBeforeMs: seconds === undefined ? null : seconds * 1000,
		incrementable: card?.incremental_authorization?.status === "available",
		mostCapturableCents: over?.status === "available" ? over.maximum_amount_capturable : intent.amount,
	};
}
