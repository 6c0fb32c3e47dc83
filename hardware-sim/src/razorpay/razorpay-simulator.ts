import { createHmac } from "node:crypto";
import type { Clock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import type { Random } from "@visionvend/sdk/random";
import { TaskTracker } from "@visionvend/sdk/task-tracker";
import { type Context, Hono } from "hono";
import { z } from "zod";
import { type ApiFaults, ConnectionLost } from "../network/api-faults.ts";
import { WebhookDelivery, type WebhookEndpoint, type WebhookPolicy } from "../network/webhook-delivery.ts";
import { randomText } from "../stripe/ids.ts";
import { found, RazorpayAccount } from "./razorpay-account.ts";
import { RazorpayError } from "./razorpay-error.ts";

export interface RazorpaySimulator {
	readonly app: Hono;
	/** No socket, the same bytes. */
	readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
	readonly account: RazorpayAccount;
	readonly faults: ApiFaults;
	readonly webhookPolicy: WebhookPolicy;
	/** Resolves when no request is answered and no webhook is delivered at this moment of the clock. */
	idle(): Promise<void>;
	/** Forgets all timers, so that the process can end. */
	close(): void;
}

// razorpay.com/docs/webhooks/faqs: retried for 24 hours.
const givingUpAfterMs = 24 * 3_600 * 1_000;

const notesSchema = z.record(z.string().max(256), z.string().max(256)).default({});
const amountSchema = z.int().min(100, "Order amount less than minimum amount allowed");
const orderSchema = z.object({
	amount: amountSchema,
	currency: z.string().regex(/^[A-Z]{3}$/, "The currency is not supported"),
	receipt: z.string().max(40, "The receipt may not be greater than 40 characters.").nullish(),
	notes: notesSchema,
	payment: z.object({ capture: z.enum(["automatic", "manual"]) }).optional(),
});
const captureSchema = z.object({ amount: z.int().min(1), currency: z.string() });
const refundSchema = z.object({
	amount: z.int().min(1).optional(),
	speed: z.literal("normal").optional(),
	notes: notesSchema,
	receipt: z.string().max(40).nullish(),
});
const contestSchema = z.object({
	amount: z.int().min(1),
	summary: z.string().min(1).max(1_000),
	proof_of_service: z.array(z.string()).min(1),
	action: z.literal("submit"),
});
const pageSchema = z.object({
	from: z.coerce.number().default(0),
	to: z.coerce.number().default(Number.MAX_SAFE_INTEGER),
	count: z.coerce.number().int().min(1).max(100).default(10),
	skip: z.coerce.number().int().min(0).default(0),
});

/**
 * One Razorpay account in test mode, in this process: orders, payments, refunds, disputes and signed webhooks, over its
 * own HTTP API. Same clock and random source, same answers. Source: razorpay.com/docs/api.
 */
export function createRazorpaySimulator(options: {
	clock: Clock;
	random: Random;
	keyId: string;
	keySecret: string;
	webhook?: WebhookEndpoint | undefined;
	log?: Log | undefined;
}): RazorpaySimulator {
	const { clock, random, keyId, keySecret, webhook: endpoint, log } = options;
	const delivery =
		endpoint && new WebhookDelivery({ service: "razorpay", clock, random, endpoint, givingUpAfterMs, log });
	const account = new RazorpayAccount({
		clock,
		random,
		onEvent(event, entities) {
			if (endpoint === undefined) return;
			const contains = Object.keys(entities);
			const payload = Object.fromEntries(contains.map((name) => [name, { entity: structuredClone(entities[name]) }]));
			const created_at = Math.floor(clock.now() / 1_000);
			const text = JSON.stringify({
				entity: "event",
				account_id: "acc_VisionVendTest",
				event,
				contains,
				payload,
				created_at,
			});
			const id = randomText(random, 14);
			delivery?.send({
				type: event,
				body: () => text,
				headers: (body) => ({
					"content-type": "application/json",
					"x-razorpay-event-id": id,
					"x-razorpay-signature": createHmac("sha256", endpoint.secret).update(body).digest("hex"),
				}),
			});
		},
	});
	const faults: ApiFaults = {};
	const requests = new TaskTracker();
	// razorpay.com/docs/api/refunds/normal-refunds-idempotent
	const refundKeys = new Map<string, { readonly request: string; readonly answer: object }>();

	async function answer(context: Context, endpoint: () => object | Promise<object>): Promise<Response> {
		const { method, path } = context.req;
		if (faults.dropRequest?.(method, path) === true) {
			throw new ConnectionLost("razorpay", "the request did not arrive");
		}
		const credentials = `Basic ${Buffer.from(`${keyId}:${keySecret}`).toString("base64")}`;
		if (context.req.header("authorization") !== credentials) {
			return refuse(new RazorpayError(401, "Authentication failed"));
		}
		if (faults.rateLimit?.(method, path) === true) return refuse(new RazorpayError(429, "Too many requests"));
		const trouble = faults.serverError?.(method, path);
		const lost = faults.dropResponse?.(method, path) === true;
		const broken = new RazorpayError(500, "We are facing some trouble completing your request at the moment.");
		if (trouble === "unprocessed") return refuse(broken);
		let response: Response;
		try {
			response = Response.json(await endpoint());
		} catch (error) {
			if (!(error instanceof RazorpayError)) throw error;
			response = refuse(error);
		}
		if (lost) throw new ConnectionLost("razorpay", "the answer did not come back");
		return trouble === "processed" ? refuse(broken) : response;
	}

	const app = new Hono();
	const get = (path: string, endpoint: (context: Context) => object) =>
		app.get(path, (context) => answer(context, () => endpoint(context)));
	const post = (path: string, endpoint: (context: Context) => Promise<object>) =>
		app.post(path, (context) => answer(context, () => endpoint(context)));
	const idOf = (context: Context): string => context.req.param("id") ?? "";

	post("/v1/orders", async (context) => {
		const { amount, currency, receipt, notes, payment } = parse(orderSchema, await bodyOf(context));
		return account.createOrder({
			amount,
			currency,
			receipt: receipt ?? null,
			notes,
			capture: payment?.capture ?? "automatic",
		});
	});
	get("/v1/orders", (context) => {
		const receipt = context.req.query("receipt");
		return page(context, account.orders, (order) => receipt === undefined || order.receipt === receipt);
	});
	get("/v1/orders/:id", (context) => found(account.orders, idOf(context)));
	get("/v1/orders/:id/payments", (context) => {
		const { id } = found(account.orders, idOf(context));
		return collection([...account.payments.values()].filter(({ order_id }) => order_id === id));
	});
	get("/v1/payments", (context) => page(context, account.payments));
	get("/v1/payments/:id", (context) => found(account.payments, idOf(context)));
	post("/v1/payments/:id/capture", async (context) => {
		const { amount, currency } = parse(captureSchema, await bodyOf(context));
		return account.capture(idOf(context), amount, currency);
	});
	post("/v1/payments/:id/refund", async (context) => {
		const key = context.req.header("x-refund-idempotency");
		const text = await context.req.text();
		const request = `${idOf(context)} ${text}`;
		const earlier = key === undefined ? undefined : refundKeys.get(key);
		if (key !== undefined && !/^[\w-]{10,}$/.test(key)) throw new RazorpayError(400, "The idempotency key is invalid");
		if (earlier !== undefined && earlier.request !== request) {
			throw new RazorpayError(400, "Different request with the same idempotency key has already been processed.");
		}
		if (earlier !== undefined) return earlier.answer;
		const { amount, notes, receipt } = parse(refundSchema, JSON.parse(text));
		const refund = account.refund(idOf(context), { amount, notes, receipt: receipt ?? null });
		if (key !== undefined) refundKeys.set(key, { request, answer: structuredClone(refund) });
		return refund;
	});
	get("/v1/payments/:id/refunds", (context) => {
		const { id } = found(account.payments, idOf(context));
		return page(context, account.refunds, ({ payment_id }) => payment_id === id);
	});
	get("/v1/refunds", (context) => page(context, account.refunds));
	get("/v1/refunds/:id", (context) => found(account.refunds, idOf(context)));
	get("/v1/disputes", (context) => page(context, account.disputes));
	get("/v1/disputes/:id", (context) => found(account.disputes, idOf(context)));
	app.patch("/v1/disputes/:id/contest", (context) =>
		answer(context, async () => account.contest(idOf(context), parse(contestSchema, await bodyOf(context)))),
	);
	post("/v1/documents", async (context) => {
		const { purpose, file } = await context.req.parseBody();
		if (purpose !== "dispute_evidence") throw new RazorpayError(400, "The purpose is invalid");
		if (!(file instanceof File) || file.type !== "application/pdf") {
			throw new RazorpayError(400, "The file must be a file of type: pdf.");
		}
		return account.addDocument(new Uint8Array(await file.arrayBuffer()), file.name);
	});
	app.notFound(() => refuse(new RazorpayError(404, "The requested URL was not found on the server.")));
	app.onError((error) => {
		throw error;
	});

	return {
		app,
		fetch: async (input, init) => {
			const response = Promise.resolve(app.fetch(new Request(input, init)));
			requests.run(
				async () => void (await response),
				() => undefined,
			);
			return response;
		},
		account,
		faults,
		webhookPolicy: delivery?.policy ?? {},
		async idle() {
			await requests.idle();
			await delivery?.idle();
		},
		close() {
			account.close();
			delivery?.close();
		},
	};
}

function refuse(error: RazorpayError): Response {
	return Response.json(error.body, { status: error.status });
}

async function bodyOf(context: Context): Promise<unknown> {
	try {
		return await context.req.json();
	} catch (error) {
		if (!(error instanceof SyntaxError)) throw error;
		throw new RazorpayError(400, "The request body is no JSON");
	}
}

function parse<Output>(schema: z.ZodType<Output>, given: unknown): Output {
	const parsed = schema.safeParse(given);
	if (parsed.success) return parsed.data;
	throw new RazorpayError(400, z.prettifyError(parsed.error));
}

function collection(items: readonly object[]): object {
	return { entity: "collection", count: items.length, items };
}

/** Newest first, as all lists of this API. */
function page<Item extends { readonly created_at: number }>(
	context: Context,
	items: ReadonlyMap<string, Item>,
	keep: (item: Item) => boolean = () => true,
): object {
	const { from, to, count, skip } = parse(pageSchema, context.req.query());
	const kept = [...items.values()].filter((item) => keep(item) && item.created_at >= from && item.created_at <= to);
	return collection(kept.reverse().slice(skip, skip + count));
}
