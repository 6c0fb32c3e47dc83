import { z } from "@hono/zod-openapi";
import { machineIdSchema, saleIdSchema } from "@visionvend/sdk/protocol/messages";
import { shopperIdPattern } from "../auth/access-token.ts";
import { defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { idempotencyHeaders } from "../http/idempotency.ts";
import { Problem } from "../http/problem.ts";
import type { UnlockService } from "./unlock-service.ts";

const bodySchema = z.object({
	id: saleIdSchema
		.optional()
		.openapi({ example: "txn_1234", description: "The sale's id; counts as an idempotency key" }),
	machine_id: machineIdSchema
		.optional()
		.openapi({ example: "fridge-1", description: "May be left out where there is one machine only" }),
	slots: z
		.array(z.int().min(0).max(15))
		.min(1)
		.max(10)
		.optional()
		.openapi({
			example: [3],
			description: "What a vending or coffee machine shall deliver, one after the other; not for a fridge",
		}),
	shopper_id: z
		.string()
		.regex(shopperIdPattern, "a shopper's id")
		.optional()
		.openapi({ example: "ada", description: "Who pays, where a program asks; a phone asks for its own shopper" }),
});

const answerSchema = z.object({
	status: z.enum(["success", "payment_required"]).openapi({
		description: "`payment_required`: the shopper pays `checkout` first; then send the same request again",
	}),
	transaction_id: z.string().openapi({ example: "txn_1234" }),
	client_secret: z.string().nullable().openapi({ example: "pi_abc_secret_xyz" }),
	checkout: z
		.object({ key_id: z.string(), order_id: z.string(), amount: z.int(), currency: z.string() })
		.optional()
		.openapi({ description: "For Razorpay's Checkout on the phone; the amount in the smallest unit" }),
});

// Of one shopper; a phone that lost its answer asks again a few times.
export const unlockTries = { burst: 20, perMinute: 20 };

/** `POST /unlock`, with the bare bodies of the first API. */
export function unlockRoutes(unlocks: UnlockService) {
	const routes = createRoutes();
	defineRoute(
		routes,
		{
			method: "post",
			path: "/unlock",
			summary: "Hold money and unlock the door",
			description:
				"Answers when the money is held, or with what the shopper has to pay first. The unlock follows by itself; GET /api/v1/sales/{id} tells how it went, and a program GET /api/v1/orders/{id}.",
			tag: "Sales",
			access: { shopper: true, permission: "sales:manage" },
			headers: idempotencyHeaders,
			body: bodySchema.optional(),
			data: answerSchema,
			problems: [402, 404, 409, 429, 503],
		},
		async ({ actor, body, headers, context }) => {
			const named = body?.shopper_id;
			if (actor.kind === "shopper" && named !== undefined && named !== actor.id) {
				throw new Problem(403, "forbidden", "A shopper opens doors for nobody else; leave shopper_id out.");
			}
			const shopperId = actor.kind === "shopper" ? actor.id : await unlocks.namedShopper(actor.tenantId, named);
			context.get("limiter").take(`unlock ${actor.tenantId} ${shopperId}`, unlockTries);
			const { saleId, clientSecret, checkout } = await unlocks.unlock({
				tenantId: actor.tenantId,
				shopperId,
				id: body?.id,
				machineId: body?.machine_id,
				slots: body?.slots,
				idempotencyKey: headers["idempotency-key"],
				language: languageOf(context.req.header("accept-language")),
			});
			const answer = { transaction_id: saleId, client_secret: clientSecret };
			if (!checkout) return { status: "success" as const, ...answer };
			const { keyId, orderId, amountCents, currency } = checkout;
			return {
				status: "payment_required" as const,
				...answer,
				checkout: { key_id: keyId, order_id: orderId, amount: amountCents, currency },
			};
		},
	);
	return routes;
}

/** The first language of `Accept-Language` (RFC 9110 section 12.5.4), without its region. */
export function languageOf(header: string | undefined): string {
	return /^\s*([a-z]{2})(?=[-,;\s]|$)/i.exec(header ?? "")?.[1]?.toLowerCase() ?? "en";
}
