import { fractionDigits, parseCents } from "@visionvend/sdk/catalog/money";
import { z } from "zod";
import type { Row } from "../db/database.ts";

/** A product of a tenant's catalogue. Prices are in the smallest unit of `currency`, masses are of one unit. */
export interface CatalogueProduct {
	readonly id: string;
	readonly sku: string;
	readonly name: string;
	readonly category: string;
	readonly aliases: readonly string[];
	/** ISO 4217 in lower case. */
	readonly currency: string;
	readonly priceCents: number;
	/** Both null for goods that were never weighed; no fridge can sell those. */
	readonly massMilligrams: number | null;
	readonly toleranceMilligrams: number | null;
	/** Stock at or below it is low; null: nobody is told. */
	readonly lowAt: number | null;
	readonly active: boolean;
	readonly version: number;
	readonly createdAtMs: number;
	readonly changedAtMs: number;
}

const rowSchema = z.object({
	id: z.string(),
	sku: z.string(),
	name: z.string(),
	category: z.string(),
	aliases: z.string(),
	currency: z.string(),
	price_cents: z.int(),
	mass_milligrams: z.int().nullable(),
	tolerance_milligrams: z.int().nullable(),
	low_at: z.int().nullable(),
	active: z.int(),
	version: z.int(),
	created_at_ms: z.int(),
	changed_at_ms: z.int(),
});
const aliasesSchema = z.array(z.string());

/** A row of table `product`. */
export function productOf(row: Row): CatalogueProduct {
	const columns = rowSchema.parse(row);
	return {
		id: columns.id,
		sku: columns.sku,
		name: columns.name,
		category: columns.category,
		aliases: aliasesSchema.parse(JSON.parse(columns.aliases)),
		currency: columns.currency,
		priceCents: columns.price_cents,
		massMilligrams: columns.mass_milligrams,
		toleranceMilligrams: columns.tolerance_milligrams,
		lowAt: columns.low_at,
		active: columns.active === 1,
		version: columns.version,
		createdAtMs: columns.created_at_ms,
		changedAtMs: columns.changed_at_ms,
	};
}

/** An amount as a decimal number, as the first API writes money: 150 cents of a dollar are 1.5. */
export function decimalOf(cents: number, currency: string): number {
	return cents / 10 ** fractionDigits(currency);
}

/** Cents of a decimal as people or JSON write it; `undefined` when it has more decimals than the currency. */
export function centsOf(decimal: number | string, currency: string): number | undefined {
	// The shortest decimal form of a binary number is what was typed.
	return parseCents(String(decimal), currency);
}
