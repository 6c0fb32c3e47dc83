import { createHash } from "node:crypto";
import { AxiosHeaders, type InternalAxiosRequestConfig } from "axios";
import Razorpay from "razorpay";
import { z } from "zod";

const timeoutMs = 10_000;

const refundSchema = z.object({ notes: z.object({ operation: z.string() }) });

/** Of the official client the HTTP client below, which its types do not tell of. */
const transportSchema = z.object({
	rq: z.custom<{
		readonly defaults: { baseURL: string; timeout: number; adapter: string; env: { fetch?: typeof fetch } };
		readonly interceptors: {
			readonly request: { use(adapt: (request: InternalAxiosRequestConfig) => InternalAxiosRequestConfig): void };
		};
	}>((given) => given !== null && (typeof given === "object" || typeof given === "function")),
});

/** How the cloud reaches an account. */
export interface RazorpayAccess {
	readonly client: Razorpay;
	/** Public: phones open Checkout with it. */
	readonly keyId: string;
}

/**
 * The official client as the cloud wants it: it gives up after 10 seconds, and its refunds carry the header that makes
 * them happen once (razorpay.com/docs/api/refunds/normal-refunds-idempotent), made of their note `operation`.
 */
export function createRazorpay(options: {
	keyId: string;
	keySecret: string;
	/** Of a simulator or a proxy; Razorpay itself where not given. */
	baseUrl?: string | undefined;
	/** How requests leave; the global one where not given. */
	fetch?: typeof fetch | undefined;
}): RazorpayAccess {
	const client = new Razorpay({ key_id: options.keyId, key_secret: options.keySecret });
	const { defaults, interceptors } = transportSchema.parse(client.api).rq;
	defaults.timeout = timeoutMs;
	if (options.baseUrl !== undefined) defaults.baseURL = options.baseUrl;
	if (options.fetch !== undefined) {
		defaults.adapter = "fetch";
		defaults.env = { ...defaults.env, fetch: options.fetch };
	}
	interceptors.request.use((request) => {
		if (request.method === "post" && request.url?.endsWith("/refund") === true) {
			const { operation } = refundSchema.parse(request.data).notes;
			// Letters, digits, hyphens and underscores only.
			const key = createHash("sha256").update(operation).digest("base64url");
			request.headers = AxiosHeaders.from(request.headers).set("X-Refund-Idempotency", key);
		}
		return request;
	});
	return { client, keyId: options.keyId };
}
