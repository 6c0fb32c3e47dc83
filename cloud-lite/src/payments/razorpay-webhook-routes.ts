import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "@hono/zod-openapi";
import { defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import type { Metrics } from "../http/metrics.ts";
import { Problem } from "../http/problem.ts";
import type { ProviderEvent, ProviderEvents } from "./provider-events.ts";
import { webhookAnswerSchema } from "./stripe-webhook-routes.ts";

const entitySchema = z.object({ entity: z.object({ id: z.string() }) });
// Of the event only names are taken; what happened is asked for.
const eventSchema = z.object({
	event: z.string(),
	payload: z.object({
		payment: z.object({ entity: z.object({ id: z.string(), order_id: z.string().nullish() }) }).optional(),
		refund: entitySchema.optional(),
		dispute: entitySchema.optional(),
	}),
});

/**
 * `POST /webhooks/razorpay`: the raw body is signed with HMAC-SHA-256, and the event is named in a header.
 * Source: razorpay.com/docs/webhooks/validate-test.
 */
export function razorpayWebhookRoutes(options: {
	metrics: Metrics;
	events: ProviderEvents;
	secret: string | undefined;
}) {
	const { metrics, events, secret } = options;
	const routes = createRoutes();
	defineRoute(
		routes,
		{
			method: "post",
			path: "/webhooks/razorpay",
			summary: "Events from Razorpay",
			description: "The raw body is checked against the X-Razorpay-Signature header.",
			tag: "Payments",
			access: "anybody",
			headers: z.object({
				"x-razorpay-signature": z.string().min(1).max(256),
				"x-razorpay-event-id": z.string().min(1).max(255),
			}),
			bodyType: "*/*",
			body: z.instanceof(Uint8Array).optional().openapi({ type: "string", format: "binary" }),
			data: webhookAnswerSchema,
			problems: [503],
		},
		({ body = new Uint8Array(), headers }) => {
			if (secret === undefined) {
				throw new Problem(503, "webhooks_off", "Webhooks are off: set RAZORPAY_WEBHOOK_SECRET.");
			}
			const expected = createHmac("sha256", secret).update(body).digest();
			const given = Buffer.from(headers["x-razorpay-signature"], "hex");
			if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
				metrics.webhook("refused");
				throw new Problem(400, "webhook_refused", "The signature does not fit this body.");
			}
			const event = eventSchema.safeParse(JSON.parse(new TextDecoder().decode(body)));
			if (!event.success) throw new Problem(400, "webhook_refused", "This is no event of payments.");
			const type = event.data.event;
			return events.take({
				gateway: "razorpay",
				id: `razorpay:${headers["x-razorpay-event-id"]}`,
				type,
				about: subjectOf(type, event.data.payload),
			});
		},
	);
	return routes;
}

function subjectOf(type: string, payload: z.infer<typeof eventSchema>["payload"]): ProviderEvent["about"] {
	const { payment, refund, dispute } = payload;
	if (dispute) return { kind: "dispute", id: dispute.entity.id };
	if (refund) return type === "refund.failed" ? { kind: "refund", id: refund.entity.id } : undefined;
	const orderId = payment?.entity.order_id;
	return typeof orderId === "string" ? { kind: "payment", id: orderId } : undefined;
}
