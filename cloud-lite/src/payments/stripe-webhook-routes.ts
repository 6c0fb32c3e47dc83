import { z } from "@hono/zod-openapi";
import type { Clock } from "@visionvend/sdk/clock";
import Stripe from "stripe";
import { defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import type { Metrics } from "../http/metrics.ts";
import { Problem } from "../http/problem.ts";
import type { ProviderEvent, ProviderEvents } from "./provider-events.ts";

/** Stripe's own tolerance; its library looks at the past only. */
const toleranceSeconds = 300;

export const webhookAnswerSchema = z.object({ received: z.literal(true), duplicate: z.boolean() });
// Of the event only names are taken; what happened is asked for.
const objectSchema = z.object({ id: z.string(), object: z.string() });
const kinds: Readonly<Record<string, NonNullable<ProviderEvent["about"]>["kind"]>> = Object.freeze({
	payment_intent: "payment",
	dispute: "dispute",
	refund: "refund",
});

/** `POST /webhooks/stripe`: events come more than once, late and in any order, and not only from Stripe. */
export function stripeWebhookRoutes(options: {
	clock: Clock;
	metrics: Metrics;
	stripe: Stripe | undefined;
	events: ProviderEvents;
	secret: string | undefined;
}) {
	const { clock, metrics, stripe, events, secret } = options;
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

	function receive(body: string, signature: string): Promise<z.infer<typeof webhookAnswerSchema>> {
		if (!stripe || secret === undefined) {
			throw new Problem(503, "webhooks_off", "Webhooks are off: set STRIPE_API_KEY and STRIPE_WEBHOOK_SECRET.");
		}
		const { id, type, data } = verify(body, signature, stripe, secret);
		const object = objectSchema.safeParse(data.object);
		const kind = object.success ? kinds[object.data.object] : undefined;
		const about = object.success && kind !== undefined ? { kind, id: object.data.id } : undefined;
		return events.take({ gateway: "stripe", id, type, about });
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
			data: webhookAnswerSchema,
			problems: [503],
		},
		({ body, headers }) => receive(new TextDecoder().decode(body), headers["stripe-signature"]),
	);
	return routes;
}

class SignatureFromTheFuture extends Error {}
