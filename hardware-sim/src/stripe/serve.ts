import { type Clock, systemClock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import { type Random, systemRandom } from "@visionvend/sdk/random";
import { type ServedApi, serveApi, type WebhookAddress, webhookTo } from "../network/serve-api.ts";
import { createStripeSimulator, type StripeSimulator } from "./stripe-simulator.ts";

export interface ServeStripeOptions {
	/** TCP port on 127.0.0.1; 0 or absent takes a free one. */
	readonly port?: number | undefined;
	/** Absent: events go nowhere. */
	readonly webhook?: WebhookAddress | undefined;
	readonly clock?: Clock | undefined;
	readonly random?: Random | undefined;
	readonly log?: Log | undefined;
	/** A request was answered; the answer leaves when this is done. */
	readonly beforeAnswer?: ((method: string, path: string) => Promise<void>) | undefined;
}

/** The official client takes the parts of `url` as `protocol`, `host`, `port`. */
export interface ServedStripe extends ServedApi {
	readonly simulator: StripeSimulator;
}

/** Puts a Stripe simulator on a real port of this machine, for any client in any process. */
export async function serveStripe(options: ServeStripeOptions = {}): Promise<ServedStripe> {
	const { webhook, beforeAnswer } = options;
	const simulator = createStripeSimulator({
		clock: options.clock ?? systemClock,
		random: options.random ?? systemRandom,
		log: options.log,
		webhook: webhook && webhookTo(webhook),
	});
	const served = await serveApi({
		port: options.port ?? 0,
		async answer(request) {
			const answer = await simulator.fetch(request);
			await beforeAnswer?.(request.method, new URL(request.url).pathname);
			return answer;
		},
	});
	return {
		...served,
		simulator,
		async close() {
			simulator.close();
			await served.close();
		},
	};
}
