import { z } from "@hono/zod-openapi";
import { trimmedText } from "../http/trimmed-text.ts";
import { gramsSchemas, lowAtSchema, priceCentsSchema, skuSchema } from "./product-fields.ts";

const units = z.int().min(0).max(10_000);
const slotSchema = z.object({
	position: trimmedText(16).openapi({ description: "For people", example: "A1" }),
	sku: skuSchema,
	shelf: z.int().min(0).max(15).openapi({
		description: "Of a fridge, 0 is the topmost; of a machine that delivers, the number of the slot",
	}),
	capacity: units.min(1).nullable().default(null).openapi({ description: "Units that fit" }),
	par: units.nullable().default(null).openapi({ description: "Units to fill up to; the capacity where null" }),
	lowAt: lowAtSchema.default(null).openapi({ description: "Low here at or below it; as the product says where null" }),
	priceCents: priceCentsSchema.nullable().default(null).openapi({ description: "In this machine alone" }),
	massMilligrams: gramsSchemas.massMilligrams.default(null),
	toleranceMilligrams: gramsSchemas.toleranceMilligrams.default(null),
});

/** What stands where, as somebody plans it. */
export const plannedSlotsSchema = z.array(slotSchema).min(1).max(500);
