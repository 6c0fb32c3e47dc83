import { z } from "@hono/zod-openapi";
import { trimmedText } from "../http/trimmed-text.ts";

export const codeSchema = z
	.string()
	.regex(/^[a-z0-9][a-z0-9-]{0,31}$/, "lower-case letters, digits and dashes, at most 32")
	.openapi({ example: "beans" });
export const nameSchema = trimmedText(64);
export const idSchema = z.string().min(1).max(64);
export const idParams = z.object({ id: idSchema });
export const coffeeTag = "Coffee";
