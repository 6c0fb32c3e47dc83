import { createHash } from "node:crypto";
import { AxiosHeaders, type InternalAxiosRequestConfig } from "axios";
import Razorpay from "razorpay";
import { z } from "zod";

const timeoutMs = 10_000;

const documentSchema = z.object({ id: z.string() });
const answeredSchema = z.object({ response: z.object({ status: z.number(), data: z.object({ error: z.unknown() }) }) });

/** The official client rejects with what Razorpay answered, and with a TypeError where it did not. */
function asTheClientSays(error: unknown): never {
	const answered = answeredSchema.safeParse(error);
	if (!answered.success) throw new TypeError("Razorpay does not answer", { cause: error });
	const { status: statusCode, data } = answered.data.response;
	throw { statusCode, error: data.error };
}

const refundSchema = z.object({ notes: z.object({ operation: z.string() }) });

/** Of the official client the HTTP client below, which its types do not tell of. */
const transportSchema = z.object({
	rq: z.custom<{
		readonly defaults: { baseURL: string; timeout: number; adapter: string; env: { fetch?: typeof fetch } };
		post(
			path: string,
			body: Uint8Array,
			options: { readonly headers: Readonly<Record<string, string>> },
		): Promise<{ readonly data: unknown }>;
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
	/**
	 * Hands a PDF in as evidence and answers its id; the official client takes files of a disk only.
	 * Source: razorpay.com/docs/api/documents/create.
	 */
	uploadEvidence(pdf: Uint8Array<ArrayBuffer>): Promise<string>;
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
	const { rq } = transportSchema.parse(client.api);
	const { defaults, interceptors } = rq;
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
	return {
		client,
		keyId: options.keyId,
		async uploadEvidence(pdf) {
			const form = new FormData();
			form.append("purpose", "dispute_evidence");
			form.append("file", new File([pdf], "evidence.pdf", { type: "application/pdf" }));
			// axios would name no boundary for such a form.
			const encoded = new Response(form);
			const headers = { "content-type": encoded.headers.get("content-type") ?? "" };
			const body = new Uint8Array(await encoded.arrayBuffer());
			const { data } = await rq.post("/v1/documents", body, { headers }).catch(asTheClientSays);
			return documentSchema.parse(data).id;
		},
	};
}
