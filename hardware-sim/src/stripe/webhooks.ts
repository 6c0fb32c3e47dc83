import { createHmac } from "node:crypto";
import type { Clock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import type { Random } from "@visionvend/sdk/random";
import { TaskTracker } from "@visionvend/sdk/task-tracker";
import type Stripe from "stripe";
import { apiVersion, type EventNotice } from "./account.ts";
import { Collection } from "./collection.ts";
import { randomObjectId } from "./ids.ts";

export interface WebhookEndpoint {
	/** Sends one event; answers the HTTP status of the receiver. A rejection counts as no answer. */
	deliver(body: string, headers: Record<string, string>): Promise<number>;
	/** Signing secret, `whsec_…`. */
	readonly secret: string;
}

/** How the way to the receiver behaves. May be changed at any time; holds for events that happen afterwards. */
export interface WebhookPolicy {
	/** Every event arrives twice. */
	duplicate?: boolean | undefined;
	/** From the event to its first delivery, milliseconds; 150 by default. */
	delayMs?: number | undefined;
	/** A random time up to this is added for each event, so their order is lost, milliseconds. */
	shuffleMs?: number | undefined;
}

const usualDelayMs = 150;
// Each delivery has a moment of its own, so one seed gives one order.
const betweenDeliveriesMs = 10;
const betweenDuplicatesMs = 1_000;
const firstRetryMs = 10_000;
const longestRetryMs = 12 * 3_600 * 1_000;
const givingUpAfterMs = 3 * 24 * 3_600 * 1_000;

/**
 * The events of an account and their way to the receiver: signed afresh on every attempt, repeated with growing
 * distance for three days until the receiver answers 2xx. Order and "once" are not promised, as with Stripe.
 * Source: docs.stripe.com/webhooks, "Event delivery behaviors".
 */
export class Webhooks {
	readonly policy: WebhookPolicy = {};
	readonly events = new Collection<Stripe.EventBase>("event", "/v1/events");
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #endpoint: WebhookEndpoint | undefined;
	readonly #log: Log | undefined;
	readonly #tasks = new TaskTracker();
	readonly #timers = new Set<() => void>();
	#lastDeliveryMs = 0;

	constructor(options: {
		clock: Clock;
		random: Random;
		endpoint: WebhookEndpoint | undefined;
		log: Log | undefined;
	}) {
		this.#clock = options.clock;
		this.#random = options.random;
		this.#endpoint = options.endpoint;
		this.#log = options.log;
	}

	/** Records the event with a copy of the object as it is now, and sends it on its way. */
	emit(notice: EventNotice): void {
		const event: Stripe.EventBase = {
			id: randomObjectId(this.#random, "evt"),
			object: "event",
			api_version: apiVersion,
			created: Math.floor(this.#clock.now() / 1000),
			data: { object: structuredClone(notice.object) },
			livemode: false,
			pending_webhooks: this.#endpoint === undefined ? 0 : 1,
			request:
				notice.origin === undefined
					? { id: null, idempotency_key: null }
					: { id: notice.origin.id, idempotency_key: notice.origin.idempotencyKey ?? null },
			type: notice.type,
		};
		this.events.add(event);
		if (this.#endpoint === undefined) return;
		const { duplicate = false, delayMs = usualDelayMs, shuffleMs = 0 } = this.policy;
		const orderlyMs = Math.max(this.#clock.now() + delayMs, this.#lastDeliveryMs + betweenDeliveriesMs);
		this.#lastDeliveryMs = orderlyMs;
		const firstMs = orderlyMs - this.#clock.now() + this.#randomMs(shuffleMs);
		this.#schedule(event, firstMs, firstRetryMs);
		if (duplicate) this.#schedule(event, firstMs + betweenDuplicatesMs, firstRetryMs);
	}

	/** Resolves when no delivery is under way; those that wait for their time do not count. */
	idle(): Promise<void> {
		return this.#tasks.idle();
	}

	/** Forgets all deliveries that wait for their time. */
	close(): void {
		for (const cancel of this.#timers) cancel();
		this.#timers.clear();
	}

	#schedule(event: Stripe.EventBase, afterMs: number, retryMs: number): void {
		const cancel = this.#clock.after(afterMs, () => {
			this.#timers.delete(cancel);
			this.#tasks.run(
				() => this.#deliver(event, retryMs),
				(error) => this.#say("error", "webhook.failed", { type: event.type, reason: String(error) }),
			);
		});
		this.#timers.add(cancel);
	}

	async #deliver(event: Stripe.EventBase, retryMs: number): Promise<void> {
		const endpoint = this.#endpoint;
		if (endpoint === undefined) return;
		const body = JSON.stringify(event, null, 2);
		const timestamp = Math.floor(this.#clock.now() / 1000);
		const status = await this.#attempt(endpoint, body, timestamp);
		if (status >= 200 && status < 300) {
			event.pending_webhooks = 0;
			this.#say("info", "webhook.delivered", { type: event.type, status });
			return;
		}
		this.#say("warn", "webhook.refused", { type: event.type, status });
		const ageMs = this.#clock.now() - event.created * 1000;
		if (ageMs + retryMs > givingUpAfterMs) return;
		this.#schedule(event, retryMs, Math.min(retryMs * 3, longestRetryMs));
	}

	/** The receiver's status; 0 when it cannot be reached. */
	async #attempt(endpoint: WebhookEndpoint, body: string, timestamp: number): Promise<number> {
		try {
			return await endpoint.deliver(body, {
				"content-type": "application/json; charset=utf-8",
				"stripe-signature": signatureHeader(body, timestamp, endpoint.secret),
				"user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
			});
		} catch (error) {
			this.#say("warn", "webhook.unreachable", { reason: String(error) });
			return 0;
		}
	}

	#randomMs(limitMs: number): number {
		if (limitMs <= 0) return 0;
		const [high = 0, low = 0] = this.#random(2);
		return Math.floor(((high * 256 + low) / 65_536) * limitMs);
	}

	#say(level: "info" | "warn" | "error", event: string, fields: Record<string, unknown>): void {
		this.#log?.({ level, room: "stripe", event, ...fields });
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
