import { z } from "zod";

/** One thing that a machine sells. */
export interface Product {
	/** Short name for machines, unique in one fridge: `cola`. */
	sku: string;
	/** Name for people: `Cola 330 ml`. */
	name: string;
	/** Mean mass of one unit. */
	massMilligrams: number;
	/** Units weigh `massMilligrams` ± this, three standard deviations: 99.7 % of units lie inside. */
	toleranceMilligrams: number;
	/** Price of one unit in the smallest unit of the machine's currency. */
	priceCents: number;
	/** The shelf it stands on; 0 is the topmost. */
	shelf: number;
}

/** Bounds: 1 g to 50 kg a unit (a load cell of this class ends there), shelves 0 to 15. */
export const productSchema = z.object({
	sku: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "lower-case letters, digits and dashes, at most 64"),
	name: z.string().min(1).max(64),
	massMilligrams: z.int().min(1_000).max(50_000_000),
	toleranceMilligrams: z.int().min(0).max(10_000_000),
	priceCents: z.int().min(0).max(100_000_000),
	shelf: z.int().min(0).max(15),
});
