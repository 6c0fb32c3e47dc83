import { systemClock } from "@visionvend/sdk/clock";
import { systemRandom } from "@visionvend/sdk/random";
import { type ServedApi, serveApi, type WebhookAddress, webhookTo } from "../network/serve-api.ts";
import { payPage } from "./pay-page.ts";
import { createRazorpaySimulator } from "./razorpay-simulator.ts";

/** Puts a Razorpay simulator on a real port of this machine: the API under `/v1`, and pages to pay on by hand. */
export async function serveRazorpay(options: {
	/** TCP port on 127.0.0.1; 0 takes a free one. */
	readonly port: number;
	readonly keyId: string;
	readonly keySecret: string;
	/** Absent: events go nowhere. */
	readonly webhook?: WebhookAddress | undefined;
}): Promise<ServedApi> {
	const { port, keyId, keySecret, webhook } = options;
	const simulator = createRazorpaySimulator({
		clock: systemClock,
		random: systemRandom,
		keyId,
		keySecret,
		webhook: webhook && webhookTo(webhook),
	});
	const pages = payPage(simulator.account);
	const served = await serveApi({
		port,
		answer: (request) =>
			new URL(request.url).pathname.startsWith("/v1/") ? simulator.fetch(request) : pages.fetch(request),
	});
	return {
		...served,
		async close() {
			simulator.close();
			await served.close();
		},
	};
}
