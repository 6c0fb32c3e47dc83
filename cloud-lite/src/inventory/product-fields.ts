import { z } from "@hono/zod-openapi";
import { currencySchema } from "@visionvend/sdk/protocol/messages";

/** Of goods that no machine sells a SKU may be anything printable; `APL-1`, a barcode. */
export const skuSchema = z
	.string()
	.trim()
	.min(1)
	.max(64)
	.regex(/^[\x21-\x7e]+$/, "printable characters without blanks")
	.openapi({ example: "cola" });
export const nameSchema = z.string().trim().min(1).max(64).openapi({ example: "Cola 330 ml" });
export const categorySchema = z.string().trim().max(64).openapi({ example: "drinks" });
export const aliasesSchema = z
	.array(z.string().trim().min(1).max(64))
	.max(50)
	.openapi({ description: "What detectors and people call it", example: ["coke"] });
export const currencyInputSchema = currencySchema
	.transform((code) => code.toLowerCase())
	.openapi({ description: "ISO 4217", example: "usd" });

/** The fields of a change that were sent. */
export function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
		[K in keyof T]?: Exclude<T[K], undefined>;
	};
}
