import { z } from "@hono/zod-openapi";
import { currencySchema } from "@visionvend/sdk/protocol/messages";
import { trimmedText } from "../http/trimmed-text.ts";

/** Of goods that no machine sells a SKU may be anything printable; `APL-1`, a barcode. */
export const skuSchema = z
	.string()
	.trim()
	.min(1)
	.max(64)
	.regex(/^[\x21-\x7e]+$/, "printable characters without blanks")
	.openapi({ example: "cola" });
export const nameSchema = trimmedText(64).openapi({ example: "Cola 330 ml" });
export const categorySchema = z.string().trim().max(64).openapi({ example: "drinks" });
export const aliasesSchema = z
	.array(trimmedText(64))
	.max(50)
	.openapi({ description: "What detectors and people call it", example: ["coke"] });
export const currencyInputSchema = currencySchema
	.transform((code) => code.toLowerCase())
	.openapi({ description: "ISO 4217", example: "usd" });

export const priceCentsSchema = z.int().min(0).max(100_000_000).openapi({ example: 200 });
/** Bounds as in the price list of a machine: 1 g to 50 kg a unit. */
export const gramsSchemas = {
	massMilligrams: z
		.int()
		.min(1_000)
		.max(50_000_000)
		.nullable()
		.openapi({ description: "Of one unit", example: 355_000 }),
	toleranceMilligrams: z
		.int()
		.min(0)
		.max(10_000_000)
		.nullable()
		.openapi({ description: "Units weigh the mass ± this, three standard deviations", example: 5_000 }),
};
export const lowAtSchema = z
	.int()
	.min(0)
	.max(1_000_000)
	.nullable()
	.openapi({ description: "Stock at or below it is low; null: nobody is told", example: 5 });

/** The fields of a change that were sent. */
export function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
		[K in keyof T]?: Exclude<T[K], undefined>;
	};
}
