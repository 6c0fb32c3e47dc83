import { z } from "@hono/zod-openapi";

/** Names one row in a path. */
export const idSchema = z
	.string()
	.regex(/^[\w-]{1,64}$/, "1 to 64 letters, digits, - and _")
	.openapi({ example: "k3JzR9mQ2xVb7LtYp0AeWg" });
