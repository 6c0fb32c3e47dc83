import type { Clock } from "@visionvend/sdk/clock";
import { Webhook } from "standardwebhooks";
import type { Attempt, Courier } from "./courier.ts";
import type { Delivery } from "./delivery.ts";
import type { OutgoingRequest, SendRequest } from "./guarded-sender.ts";
import { type Outcome, outcomeOf, reasonOf, retryAfterMs } from "./outcome.ts";
import type { WebhookEndpoint, WebhookEndpoints } from "./webhook-endpoint.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/**
 * Sends events to tenants' programs by the Standard Webhooks specification 1.0: a stable `webhook-id`, a fresh
 * `webhook-timestamp`, and a signature over both and the body. Any answer but 2xx is a failure; 410 ends the endpoint.
 */
export class WebhookCourier implements Courier {
	/** The specification's schedule: about three days in all. */
	readonly waitsMs = [
		5_000,
		5 * minuteMs,
		30 * minuteMs,
		2 * hourMs,
		5 * hourMs,
		10 * hourMs,
		14 * hourMs,
		20 * hourMs,
		24 * hourMs,
	];
	readonly #endpoints: Pick<WebhookEndpoints, "find" | "disable">;
	readonly #send: SendRequest;
	readonly #clock: Clock;

	/** `send` is guarded: tenants wrote the addresses. */
	constructor(options: { endpoints: Pick<WebhookEndpoints, "find" | "disable">; send: SendRequest; clock: Clock }) {
		this.#endpoints = options.endpoints;
		this.#send = options.send;
		this.#clock = options.clock;
	}

	async prepare(delivery: Delivery): Promise<Attempt | Outcome> {
		const endpoint = await this.#endpoints.find(delivery.tenantId, delivery.destinationId);
		if (!endpoint?.enabled) return { kind: "refused", reason: "the endpoint has been removed or switched off" };
		return {
			service: `webhook ${new URL(endpoint.url).host}`,
			make: () => this.#attempt(endpoint, delivery),
		};
	}

	async #attempt(endpoint: WebhookEndpoint, { messageId, payload }: Delivery): Promise<Outcome> {
		const nowMs = this.#clock.now();
		const answer = await this.#send(signedRequest(endpoint, messageId, JSON.stringify(payload), nowMs));
		const outcome = outcomeOf(answer, nowMs);
		if (outcome.kind !== "refused") return outcome;
		if (answer.status === 410) {
			await this.#endpoints.disable(endpoint.tenantId, endpoint.id, "the receiver answered 410 Gone");
			return outcome;
		}
		return { kind: "retry", reason: reasonOf(answer), retryAfterMs: retryAfterMs(answer, nowMs) };
	}
}

/** Each valid secret signs, so that a receiver may change over to a new one whenever it likes. */
function signedRequest(endpoint: WebhookEndpoint, messageId: string, body: string, nowMs: number): OutgoingRequest {
	const { url, secret, previous } = endpoint;
	const secrets = previous !== null && previous.untilMs > nowMs ? [secret, previous.secret] : [secret];
	return {
		url,
		method: "POST",
		headers: {
			"content-type": "application/json",
			"user-agent": "VisionVend-Webhooks",
			"webhook-id": messageId,
			"webhook-timestamp": String(Math.floor(nowMs / 1_000)),
			"webhook-signature": secrets.map((key) => new Webhook(key).sign(messageId, new Date(nowMs), body)).join(" "),
		},
		body,
	};
}
