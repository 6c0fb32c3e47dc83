import { Server } from "node:http";
import { serve } from "@hono/node-server";
import { ConnectionLost } from "./api-faults.ts";
import type { WebhookEndpoint } from "./webhook-delivery.ts";

export interface ServedApi {
	/** Base address, e.g. `http://127.0.0.1:12111`. */
	readonly url: string;
	readonly port: number;
	close(): Promise<void>;
}

/** Puts a simulated API on a real port of this machine; a lost connection breaks a real one. */
export function serveApi(options: {
	/** TCP port on 127.0.0.1; 0 takes a free one. */
	readonly port: number;
	readonly answer: (request: Request) => Promise<Response> | Response;
}): Promise<ServedApi> {
	return new Promise((resolve, reject) => {
		const server = serve(
			{
				hostname: "127.0.0.1",
				port: options.port,
				async fetch(request, { outgoing }) {
					try {
						return await options.answer(request);
					} catch (error) {
						if (!(error instanceof ConnectionLost)) throw error;
						outgoing.destroy();
						return new Response(null, { headers: { "x-hono-already-sent": "true" } });
					}
				},
			},
			({ port }) => {
				if (!(server instanceof Server)) {
					reject(new TypeError("serveApi: expected a plain HTTP server"));
					return;
				}
				resolve({
					url: `http://127.0.0.1:${port}`,
					port,
					async close() {
						server.closeAllConnections();
						await new Promise<void>((closed) => server.close(() => closed()));
					},
				});
			},
		);
		server.once("error", reject);
	});
}

/** Where signed events go, e.g. `http://127.0.0.1:8000/webhooks/stripe`. */
export interface WebhookAddress {
	readonly url: string;
	readonly secret: string;
}

/** Sends events over the network. */
export function webhookTo({ url, secret }: WebhookAddress): WebhookEndpoint {
	return {
		secret,
		async deliver(body, headers) {
			const response = await fetch(url, { method: "POST", body, headers, redirect: "manual" });
			await response.arrayBuffer();
			return response.status;
		},
	};
}
