import { Server } from "node:http";
import { serve } from "@hono/node-server";
import { type Clock, systemClock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import { type Random, systemRandom } from "@visionvend/sdk/random";
import { ConnectionLost } from "../network/api-faults.ts";
import { createStripeSimulator, type StripeSimulator } from "./stripe-simulator.ts";

export interface ServeStripeOptions {
	/** TCP port on 127.0.0.1; 0 or absent takes a free one. */
	readonly port?: number | undefined;
	/** Where signed events go, e.g. `http://127.0.0.1:8080/webhooks/stripe`; absent: nowhere. */
	readonly webhook?: { readonly url: string; readonly secret: string } | undefined;
	readonly clock?: Clock | undefined;
	readonly random?: Random | undefined;
	readonly log?: Log | undefined;
	/** A request was answered; the answer leaves when this is done. */
	readonly beforeAnswer?: ((method: string, path: string) => Promise<void>) | undefined;
}

export interface ServedStripe {
	/** Base address, e.g. `http://127.0.0.1:12111`. The official client takes its parts as `protocol`, `host`, `port`. */
	readonly url: string;
	readonly port: number;
	readonly simulator: StripeSimulator;
	close(): Promise<void>;
}

/** Puts a Stripe simulator on a real port of this machine, for any client in any process. */
export async function serveStripe(options: ServeStripeOptions = {}): Promise<ServedStripe> {
	const { webhook } = options;
	const simulator = createStripeSimulator({
		clock: options.clock ?? systemClock,
		random: options.random ?? systemRandom,
		log: options.log,
		webhook: webhook && {
			secret: webhook.secret,
			async deliver(body, headers) {
				const response = await fetch(webhook.url, { method: "POST", body, headers, redirect: "manual" });
				await response.arrayBuffer();
				return response.status;
			},
		},
	});
	const { server, port } = await listen(simulator, options);
	return {
		url: `http://127.0.0.1:${port}`,
		port,
		simulator,
		async close() {
			simulator.close();
			server.closeAllConnections();
			await new Promise<void>((resolve) => server.close(() => resolve()));
		},
	};
}

function listen(
	simulator: StripeSimulator,
	{ port = 0, beforeAnswer }: ServeStripeOptions,
): Promise<{ server: Server; port: number }> {
	return new Promise((resolve, reject) => {
		const server = serve(
			{
				hostname: "127.0.0.1",
				port,
				async fetch(request, { outgoing }) {
					try {
						const answer = await simulator.fetch(request);
						await beforeAnswer?.(request.method, new URL(request.url).pathname);
						return answer;
					} catch (error) {
						if (!(error instanceof ConnectionLost)) throw error;
						outgoing.destroy();
						return new Response(null, { headers: { "x-hono-already-sent": "true" } });
					}
				},
			},
			(address) => {
				if (server instanceof Server) resolve({ server, port: address.port });
				else reject(new TypeError("serveStripe: expected a plain HTTP server"));
			},
		);
		server.once("error", reject);
	});
}
