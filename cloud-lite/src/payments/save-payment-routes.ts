import { createHash } from "node:crypto";
import { z } from "@hono/zod-openapi";
import type { Clock } from "@visionvend/sdk/clock";
import type { ShopperActor } from "../auth/actor.ts";
import { type Database, mustHaveChanged } from "../db/database.ts";
import { UniqueViolation } from "../db/writer.ts";
import { defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { idempotencyHeaders } from "../http/idempotency.ts";
import { Problem } from "../http/problem.ts";
import type { PaymentProvider } from "./payment-provider.ts";

const bodySchema = z.object({
	payment_method: z
		.string()
		.regex(/^[A-Za-z0-9_]{1,255}$/, "the id of a payment method, such as pm_card_visa")
		.openapi({ example: "pm_card_visa", description: "Made by Stripe.js on the phone; card numbers never come here" }),
});
const answerSchema = z.object({
	status: z.literal("success"),
	customer_id: z.string(),
	payment_method: z.string(),
});
const customerSchema = z.object({ customer: z.string().nullable() });
const rememberedSchema = z.object({ request_hash: z.string(), response: z.string().nullable() });

/** `POST /save-payment`: attaches a payment method of Stripe to the shopper, for this and later sales. */
export function savePaymentRoutes(options: {
	database: Database;
	clock: Clock;
	provider: PaymentProvider | undefined;
}) {
	const { database, clock, provider } = options;
	const routes = createRoutes();
	defineRoute(
		routes,
		{
			method: "post",
			path: "/save-payment",
			summary: "Save a card",
			tag: "Payments",
			access: { shopper: true },
			headers: idempotencyHeaders,
			body: bodySchema,
			data: answerSchema,
			problems: [409, 503],
		},
		({ actor, body, headers }) => save(actor, body.payment_method, headers["idempotency-key"]),
	);
	return routes;

	async function save(
		{ id: shopperId, tenantId }: ShopperActor,
		paymentMethod: string,
		key: string | undefined,
	): Promise<z.infer<typeof answerSchema>> {
		if (!provider) {
			throw new Problem(503, "payments_off", "Payments are off: this cloud was started without STRIPE_API_KEY.");
		}
		const hash = createHash("sha256")
			.update(JSON.stringify(["/save-payment", paymentMethod]))
			.digest("base64url");
		const remembered = key === undefined ? undefined : await recall(database, shopperId, key, hash);
		if (remembered) return remembered;
		const [row] = await database.read("SELECT customer FROM shopper WHERE id = ? AND tenant_id = ?", [
			shopperId,
			tenantId,
		]);
		const customer = row ? customerSchema.parse(row).customer : null;
		const result = await provider.save({ shopperId, customer, paymentMethod });
		switch (result.kind) {
			case "unknown":
				throw new Problem(503, "payment_unavailable", "The payment provider does not answer; send it again.");
			case "declined":
				throw new Problem(400, "payment_declined", result.message, { decline_code: result.code });
			case "refused":
				throw new Problem(400, "payment_refused", result.message, { provider_code: result.code });
		}
		const answer = {
			status: "success" as const,
			customer_id: result.customer,
			payment_method: result.paymentMethod,
		};
		try {
			await database.write([
				{
					sql: `INSERT INTO shopper (id, tenant_id, customer, payment_method, created_at_ms) VALUES (?, ?, ?, ?, ?)
						ON CONFLICT (id) DO UPDATE SET customer = excluded.customer, payment_method = excluded.payment_method
						WHERE tenant_id = excluded.tenant_id`,
					args: [shopperId, tenantId, result.customer, result.paymentMethod, clock.now()],
				},
				mustHaveChanged("a shopper's id belongs to one tenant"),
				...(key === undefined
					? []
					: [
							{
								sql: `INSERT INTO idempotency (shopper_id, key, request_hash, response, created_at_ms)
									VALUES (?, ?, ?, ?, ?)`,
								args: [shopperId, key, hash, JSON.stringify(answer), clock.now()],
							},
						]),
			]);
		} catch (error) {
			// A twin of this request was faster; its answer is the answer.
			if (!(error instanceof UniqueViolation) || key === undefined) throw error;
			return (await recall(database, shopperId, key, hash)) ?? answer;
		}
		return answer;
	}
}

async function recall(
	database: Database,
	shopperId: string,
	key: string,
	hash: string,
): Promise<z.infer<typeof answerSchema> | undefined> {
	const [row] = await database.read("SELECT request_hash, response FROM idempotency WHERE shopper_id = ? AND key = ?", [
		shopperId,
		key,
	]);
	if (!row) return undefined;
	const { request_hash, response } = rememberedSchema.parse(row);
	if (request_hash !== hash || response === null) {
		throw new Problem(
			409,
			"idempotency_key_reused",
			"This Idempotency-Key came with another request before; take a new key for a new request.",
		);
	}
	return answerSchema.parse(JSON.parse(response));
}
