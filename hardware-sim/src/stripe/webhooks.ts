import { createHmac } from "node:crypto";
import type { Clock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import type { Random } from "@visionvend/sdk/random";
import type Stripe from "stripe";
import { WebhookDelivery, type WebhookEndpoint, type WebhookPolicy } from "../network/webhook-delivery.ts";
import { apiVersion, type EventNotice } from "./account.ts";
import { Collection } from "./collection.ts";
import { randomObjectId } from "./ids.ts";

const givingUpAfterMs = 3 * 24 * 3_600 * 1_000;

/**
 * The events of an account and their way to the receiver: signed afresh on every attempt, repeated with growing
 * distance for three days until the receiver answers 2xx. Order and "once" are not promised, as with Stripe.
 * Source: docs.stripe.com/webhooks, "Event delivery behaviors".
 */
export class Webhooks {
	readonly events = new Collection<Stripe.EventBase>("event", "/v1/events");
	readonly policy: WebhookPolicy;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #endpoint: WebhookEndpoint | undefined;
	readonly #delivery: WebhookDelivery | undefined;

	constructor(options: {
		clock: Clock;
		random: Random;
		endpoint: WebhookEndpoint | undefined;
		log: Log | undefined;
	}) {
		const { clock, random, endpoint, log } = options;
		this.#clock = clock;
		this.#random = random;
		this.#endpoint = endpoint;
		this.#delivery =
			endpoint && new WebhookDelivery({ service: "stripe", clock, random, endpoint, givingUpAfterMs, log });
		this.policy = this.#delivery?.policy ?? {};
	}

	/** Records the event with a copy of the object as it is now, and sends it on its way. */
	emit(notice: EventNotice): void {
		const endpoint = this.#endpoint;
		const event: Stripe.EventBase = {
			id: randomObjectId(this.#random, "evt"),
			object: "event",
			api_version: apiVersion,
			created: Math.floor(this.#clock.now() / 1000),
			data: { object: structuredClone(notice.object) },
			livemode: false,
			pending_webhooks: endpoint === undefined ? 0 : 1,
			request:
				notice.origin === undefined
					? { id: null, idempotency_key: null }
					: { id: notice.origin.id, idempotency_key: notice.origin.idempotencyKey ?? null },
			type: notice.type,
		};
		this.events.add(event);
		if (endpoint === undefined) return;
		this.#delivery?.send({
			type: event.type,
			body: () => JSON.stringify(event, null, 2),
			headers: (body, nowMs) => ({
				"content-type": "application/json; charset=utf-8",
				"stripe-signature": signatureHeader(body, Math.floor(nowMs / 1000), endpoint.secret),
				"user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
			}),
			onDelivered: () => {
				event.pending_webhooks = 0;
			},
		});
	}

	/** Resolves when no delivery is under way; those that wait for their time do not count. */
	async idle(): Promise<void> {
		await this.#delivery?.idle();
	}

	/** Forgets all deliveries that wait for their time. */
	close(): void {
		this.#delivery?.close();
	}
}

/**
 * The `Stripe-Signature` header: HMAC-SHA256 over `{timestamp}.{body}`.
 * @param timestamp Unix seconds.
 */
export function signatureHeader(body: string, timestamp: number, secret: string): string {
	const signature = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
	return `t=${timestamp},v1=${signature}`;
}
