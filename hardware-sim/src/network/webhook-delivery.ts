import type { Clock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import type { Random } from "@visionvend/sdk/random";
import { TaskTracker } from "@visionvend/sdk/task-tracker";

export interface WebhookEndpoint {
	/** Sends one event; answers the HTTP status of the receiver. A rejection counts as no answer. */
	deliver(body: string, headers: Record<string, string>): Promise<number>;
	/** Signing secret. */
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

/** An event on its way. */
export interface OutgoingEvent {
	readonly type: string;
	/** The body as it is at the moment of an attempt. */
	readonly body: () => string;
	/** Headers of an attempt, made at this moment. */
	readonly headers: (body: string, nowMs: number) => Record<string, string>;
	/** The receiver has answered 2xx. */
	readonly onDelivered?: () => void;
}

const usualDelayMs = 150;
// Each delivery has a moment of its own, so one seed gives one order.
const betweenDeliveriesMs = 10;
const betweenDuplicatesMs = 1_000;
const firstRetryMs = 10_000;
const longestRetryMs = 12 * 3_600 * 1_000;

/**
 * The way of events to a receiver: repeated with growing distance until it answers 2xx or the sender gives up. Neither
 * order nor "once" is promised.
 */
export class WebhookDelivery {
	readonly policy: WebhookPolicy = {};
	readonly #service: string;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #endpoint: WebhookEndpoint;
	readonly #givingUpAfterMs: number;
	readonly #log: Log | undefined;
	readonly #tasks = new TaskTracker();
	readonly #timers = new Set<() => void>();
	#lastDeliveryMs = 0;

	/** `service`: whose events they are, for the log. */
	constructor(options: {
		service: string;
		clock: Clock;
		random: Random;
		endpoint: WebhookEndpoint;
		givingUpAfterMs: number;
		log: Log | undefined;
	}) {
		this.#service = options.service;
		this.#clock = options.clock;
		this.#random = options.random;
		this.#endpoint = options.endpoint;
		this.#givingUpAfterMs = options.givingUpAfterMs;
		this.#log = options.log;
	}

	send(event: OutgoingEvent): void {
		const nowMs = this.#clock.now();
		const { duplicate = false, delayMs = usualDelayMs, shuffleMs = 0 } = this.policy;
		const orderlyMs = Math.max(nowMs + delayMs, this.#lastDeliveryMs + betweenDeliveriesMs);
		this.#lastDeliveryMs = orderlyMs;
		const firstMs = orderlyMs - nowMs + this.#randomMs(shuffleMs);
		this.#schedule(event, nowMs, firstMs, firstRetryMs);
		if (duplicate) this.#schedule(event, nowMs, firstMs + betweenDuplicatesMs, firstRetryMs);
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

	#schedule(event: OutgoingEvent, createdAtMs: number, afterMs: number, retryMs: number): void {
		const cancel = this.#clock.after(afterMs, () => {
			this.#timers.delete(cancel);
			this.#tasks.run(
				() => this.#deliver(event, createdAtMs, retryMs),
				(error) => this.#say("error", "webhook.failed", { type: event.type, reason: String(error) }),
			);
		});
		this.#timers.add(cancel);
	}

	async #deliver(event: OutgoingEvent, createdAtMs: number, retryMs: number): Promise<void> {
		const body = event.body();
		const status = await this.#attempt(body, event.headers(body, this.#clock.now()));
		if (status >= 200 && status < 300) {
			event.onDelivered?.();
			this.#say("info", "webhook.delivered", { type: event.type, status });
			return;
		}
		this.#say("warn", "webhook.refused", { type: event.type, status });
		if (this.#clock.now() - createdAtMs + retryMs > this.#givingUpAfterMs) return;
		this.#schedule(event, createdAtMs, retryMs, Math.min(retryMs * 3, longestRetryMs));
	}

	/** The receiver's status; 0 when it cannot be reached. */
	async #attempt(body: string, headers: Record<string, string>): Promise<number> {
		try {
			return await this.#endpoint.deliver(body, headers);
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
		this.#log?.({ level, room: this.#service, event, ...fields });
	}
}
