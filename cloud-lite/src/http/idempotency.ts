import { z } from "@hono/zod-openapi";

/** HTTP header that makes repeating a POST harmless. */
export const idempotencyHeaders = z.object({
	"idempotency-key": z
		.string()
		.min(1)
		.max(255)
		.regex(/^[\x21-\x7e]+$/)
		.optional()
		.openapi({ description: "Repeating a request with the same key gives the same answer and does nothing twice" }),
});
