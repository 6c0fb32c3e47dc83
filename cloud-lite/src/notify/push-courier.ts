import type { Clock } from "@visionvend/sdk/clock";
import webPush from "web-push";
import type { Attempt, Courier } from "./courier.ts";
import type { Delivery } from "./delivery.ts";
import type { OutgoingRequest, SendRequest } from "./guarded-sender.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import type { PushSubscription, PushSubscriptions } from "./push-subscription.ts";

/** The key pair by which push services know this cloud (RFC 8292). */
export interface VapidKeys {
	/** Uncompressed P-256 point, base64url; pages subscribe with it. */
	readonly publicKey: string;
	readonly privateKey: string;
	/** Whom a push service may write to: `mailto:` or `https:`. */
	readonly subject: string;
}

const minuteMs = 60_000;
// A receipt that comes a day later is no news; the push service drops it then.
const keptSeconds = 86_400;
// RFC 8292 §2 allows 24 h at most.
const tokenLivesSeconds = 12 * 3_600;

/** Shows messages on shoppers' phones: Web Push (RFC 8030), encrypted for the browser (RFC 8291). */
export class PushCourier implements Courier {
	readonly waitsMs = [10_000, minuteMs, 5 * minuteMs, 30 * minuteMs, 120 * minuteMs];
	readonly #subscriptions: Pick<PushSubscriptions, "find" | "remove">;
	readonly #vapid: VapidKeys | undefined;
	readonly #send: SendRequest;
	readonly #clock: Clock;

	constructor(options: {
		subscriptions: Pick<PushSubscriptions, "find" | "remove">;
		vapid: VapidKeys | undefined;
		send: SendRequest;
		clock: Clock;
	}) {
		this.#subscriptions = options.subscriptions;
		this.#vapid = options.vapid;
		this.#send = options.send;
		this.#clock = options.clock;
	}

	async prepare({ tenantId, destinationId, payload }: Delivery): Promise<Attempt | Outcome> {
		const vapid = this.#vapid;
		if (vapid === undefined) return { kind: "refused", reason: "Web Push is off (VAPID_PUBLIC_KEY)" };
		const subscription = await this.#subscriptions.find(tenantId, destinationId);
		if (!subscription) return { kind: "refused", reason: "the browser has unsubscribed" };
		return {
			service: `push ${new URL(subscription.endpoint).host}`,
			make: async () => {
				const nowMs = this.#clock.now();
				const answer = await this.#send(pushRequest(vapid, subscription, JSON.stringify(payload), nowMs));
				// RFC 8030 §7.3: the subscription is over.
				if (answer.status === 404 || answer.status === 410) await this.#subscriptions.remove(tenantId, destinationId);
				return outcomeOf(answer, nowMs);
			},
		};
	}
}

function pushRequest(
	vapid: VapidKeys,
	{ endpoint, keys }: PushSubscription,
	text: string,
	nowMs: number,
): OutgoingRequest {
	const { cipherText } = webPush.encrypt(keys.p256dh, keys.auth, text, "aes128gcm");
	const { Authorization: authorization } = webPush.getVapidHeaders(
		new URL(endpoint).origin,
		vapid.subject,
		vapid.publicKey,
		vapid.privateKey,
		"aes128gcm",
		Math.floor(nowMs / 1_000) + tokenLivesSeconds,
	);
	return {
		url: endpoint,
		method: "POST",
		headers: {
			authorization,
			ttl: String(keptSeconds),
			urgency: "high",
			"content-type": "application/octet-stream",
			"content-encoding": "aes128gcm",
		},
		body: cipherText,
	};
}
