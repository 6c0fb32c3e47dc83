import { z } from "@hono/zod-openapi";
import type { Clock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import Stripe from "stripe";
import type { Database, Statement } from "../db/database.ts";
import { UniqueViolation } from "../db/writer.ts";
import { defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import type { Metrics } from "../http/metrics.ts";
import { Problem } from "../http/problem.ts";
import { owedCents } from "../sales/sale-collection.ts";
import type { SaleStore } from "../sales/sale-store.ts";
import type { Chargebacks } from "./chargebacks.ts";
import type { GatewayBooks } from "./gateway-books.ts";
import type { PaymentProvider } from "./payment-provider.ts";

/** Stripe's own tolerance; its library looks at the past only. */
const toleranceSeconds = 300;

const answerSchema = z.object({ received: z.literal(true), duplicate: z.boolean() });
// Of the event only names are taken; what happened is asked for.
const objectSchema = z.object({ id: z.string(), object: z.string() });

/** `POST /webhooks/stripe`: events come more than once, late and in any order, and not only from Stripe. */
export function webhookRoutes(options: {
	database: Database;
	clock: Clock;
	log: Log;
	metrics: Metrics;
	sales: SaleStore;
	stripe: Stripe | undefined;
	provider: PaymentProvider | undefined;
	books: GatewayBooks | undefined;
	chargebacks: Chargebacks;
	secret: string | undefined;
	/** Payments of a sale may be done by now. */
	onChange: () => void;
}) {
	const { database, clock, log, metrics, sales, stripe, provider, books, chargebacks, secret, onChange } = options;
	function verify(body: string, signature: string, on: Stripe, key: string): Stripe.Event {
		const nowMs = clock.now();
		try {
			const event = on.webhooks.constructEvent(body, signature, key, toleranceSeconds, undefined, nowMs);
			const signedAt = Number(/(?:^|,)t=(\d+)(?:,|$)/.exec(signature)?.[1]);
			if (!(signedAt - nowMs / 1000 <= toleranceSeconds)) throw new SignatureFromTheFuture();
			return event;
		} catch (error) {
			const untrusted =
				error instanceof Stripe.errors.StripeSignatureVerificationError ||
				error instanceof SignatureFromTheFuture ||
				error instanceof SyntaxError;
			if (!untrusted) throw error;
			metrics.webhook("refused");
			throw new Problem(400, "webhook_refused", "The signature does not fit this body, or is not of now.");
		}
	}

	async function receive(body: string, signature: string): Promise<z.infer<typeof answerSchema>> {
		if (!stripe || !provider || secret === undefined) {
			throw new Problem(503, "webhooks_off", "Webhooks are off: set STRIPE_API_KEY and STRIPE_WEBHOOK_SECRET.");
		}
		const event = verify(body, signature, stripe, secret);
		const object = objectSchema.safeParse(event.data.object);
		const intent = object.success && object.data.object === "payment_intent" ? object.data.id : undefined;
		const disputeId = object.success && object.data.object === "dispute" ? object.data.id : undefined;
		const [seen] = await database.read("SELECT id FROM provider_event WHERE id = ?", [event.id]);
		const duplicate = seen !== undefined || !(await take(event, intent, disputeId));
		metrics.webhook(duplicate ? "duplicate" : "received");
		log({
			level: "info",
			room: "cloud",
			event: duplicate ? "webhook.duplicate" : "webhook.received",
			id: event.id,
			type: event.type,
		});
		return { received: true, duplicate };
	}

	const routes = createRoutes();
	defineRoute(
		routes,
		{
			method: "post",
			path: "/webhooks/stripe",
			summary: "Events from Stripe",
			description: "The raw body is checked against the Stripe-Signature header.",
			tag: "Payments",
			access: "anybody",
			headers: z.object({ "stripe-signature": z.string().min(1).max(4_096) }),
			bodyType: "*/*",
			body: z.instanceof(Uint8Array).optional().openapi({ type: "string", format: "binary" }),
			data: answerSchema,
			problems: [503],
		},
		({ body, headers }) => receive(new TextDecoder().decode(body), headers["stripe-signature"]),
	);
	return routes;

	/** @returns false when the event was taken before */
	async function take(
		event: Stripe.Event,
		intent: string | undefined,
		disputeId: string | undefined,
	): Promise<boolean> {
		const remember: Statement = {
			sql: "INSERT INTO provider_event (id, type, object, received_at_ms) VALUES (?, ?, ?, ?)",
			args: [event.id, event.type, intent ?? "", clock.now()],
		};
		const sale = intent === undefined ? undefined : await sales.findByIntent(intent);
		try {
			if (disputeId !== undefined) await takeDispute(disputeId, remember);
			else if (!sale || intent === undefined) await database.write([remember]);
			else await reconcile(sale.id, sale.holdIntent === intent, intent, remember);
		} catch (error) {
			if (error instanceof UniqueViolation && error.columns === "provider_event.id") return false;
			throw error;
		}
		onChange();
		return true;
	}

	async function takeDispute(disputeId: string, remember: Statement): Promise<void> {
		const now = await books?.dispute(disputeId);
		if (now?.kind !== "found") throw unanswered();
		const sale = now.dispute.intent === null ? undefined : await sales.findByIntent(now.dispute.intent);
		if (sale) await chargebacks.take(sale, now.dispute, [remember]);
		else await database.write([remember]);
	}

	async function reconcile(saleId: string, isHold: boolean, intent: string, remember: Statement): Promise<void> {
		const now = await provider?.status(intent);
		if (now?.kind !== "found") {
			throw unanswered();
		}
		if (isHold && now.status === "canceled") {
			await sales.change(saleId, { type: "hold-lost" }, [remember]);
			return;
		}
		if (now.status === "succeeded") {
			// The shopper has answered the bank's question about what was owed.
			await sales.change(
				saleId,
				(sale) =>
					owedCents(sale) > 0 && !sale.debtPending && sale.secondIntent === intent
						? { type: "debt-paid", amountCents: now.receivedCents, intent }
						: undefined,
				[
					{
						sql: `UPDATE payment_operation SET state = 'succeeded', outcome = 'charged'
							WHERE sale_id = ? AND kind = 'debt' AND intent = ? AND outcome = 'authentication_required'`,
						args: [saleId, intent],
					},
				],
			);
		}
		// Whatever is still waiting for this sale has an answer now, under its own key.
		await database.write([
			remember,
			{
				sql: "UPDATE outbox SET due_at_ms = MIN(due_at_ms, ?) WHERE lane = ? AND kind = 'payment' AND state = 'pending'",
				args: [clock.now(), saleId],
			},
		]);
	}
}

function unanswered(): Problem {
	return new Problem(503, "payment_unavailable", "What happened cannot be asked for now; send the event again.");
}

class SignatureFromTheFuture extends Error {}
