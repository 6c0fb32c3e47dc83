import { createRoute, z } from "@hono/zod-openapi";
import { machineIdSchema, saleIdSchema } from "@visionvend/sdk/protocol/messages";
import type { ShopperTokens } from "../auth/shopper-token.ts";
import { authenticateShopper, createRoutes, idempotencyHeaders, problems } from "../http/environment.ts";
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
});

const answerSchema = z.object({
	status: z.literal("success"),
	transaction_id: z.string().openapi({ example: "txn_1234" }),
	client_secret: z.string().nullable().openapi({ example: "pi_abc_secret_xyz" }),
});

/** `POST /unlock`, with the bare bodies of the first API. */
export function unlockRoutes(unlocks: UnlockService, tokens: ShopperTokens) {
	const route = createRoute({
		method: "post",
		path: "/unlock",
		summary: "Hold money and unlock the door",
		description:
			"Answers when the money is held. The unlock follows by itself; GET /api/v1/sales/{id} tells how it went.",
		tags: ["Sales"],
		security: [{ shopper: [] }],
		middleware: [authenticateShopper(tokens)] as const,
		request: {
			headers: idempotencyHeaders,
			body: { required: false, content: { "application/json": { schema: bodySchema } } },
		},
		responses: {
			200: { description: "The money is held", content: { "application/json": { schema: answerSchema } } },
			...problems(400, 401, 402, 404, 409, 413, 415, 503),
		},
	});
	return createRoutes().openapi(route, async (context) => {
		const body = context.req.valid("json");
		const { saleId, clientSecret } = await unlocks.unlock({
			shopperId: context.get("shopperId"),
			id: body.id,
			machineId: body.machine_id,
			slots: body.slots,
			idempotencyKey: context.req.valid("header")["idempotency-key"],
			language: languageOf(context.req.header("accept-language")),
		});
		return context.json({ status: "success" as const, transaction_id: saleId, client_secret: clientSecret }, 200);
	});
}

/** The first language of `Accept-Language` (RFC 9110 section 12.5.4), without its region. */
export function languageOf(header: string | undefined): string {
	return /^\s*([a-z]{2})(?=[-,;\s]|$)/i.exec(header ?? "")?.[1]?.toLowerCase() ?? "en";
}
