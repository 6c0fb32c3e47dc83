import { z } from "@hono/zod-openapi";

export const codeSchema = z
	.string()
	.regex(/^[a-z0-9][a-z0-9-]{0,31}$/, "lower-case letters, digits and dashes, at most 32")
	.openapi({ example: "beans" });
export const nameSchema = z.string().trim().min(1).max(64);
export const idSchema = z.string().min(1).max(64);
export const idParams = z.object({ id: idSchema });
export const coffeeTag = "Coffee";
