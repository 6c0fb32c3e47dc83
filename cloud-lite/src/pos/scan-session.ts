import { z } from "zod";
import type { Row } from "../db/database.ts";

/** Somebody at the counter, from the first scan to the bill. Times are epoch milliseconds. */
export interface ScanSession {
	readonly id: string;
	readonly status: "active" | "completed";
	/** Counts changes of the session and its items. */
	readonly version: number;
	/** Of its items; null while there are none. */
	readonly currency: string | null;
	readonly totalCents: number;
	readonly checkedInAtMs: number;
	readonly checkedOutAtMs: number | null;
}

/** What was scanned: one line a product, and one a name that matched nothing. */
export interface ScanItem {
	readonly id: string;
	readonly sessionId: string;
	/** The product; null: a person has to say what it is. */
	readonly product: {
		readonly id: string;
		readonly sku: string;
		readonly name: string;
		readonly currency: string;
	} | null;
	readonly detectedName: string;
	readonly matchedBy: "sku" | "name" | "alias" | "fuzzy" | "person" | null;
	/** 0 to 1, the highest of its scans. */
	readonly confidence: number;
	readonly quantity: number;
	/** As it was when first scanned. */
	readonly unitPriceCents: number | null;
	readonly firstSeenAtMs: number;
	readonly createdAtMs: number;
}

const sessionRowSchema = z.object({
	id: z.string(),
	status: z.enum(["active", "completed"]),
	version: z.int(),
	currency: z.string().nullable(),
	total_cents: z.int(),
	checked_in_at_ms: z.int(),
	checked_out_at_ms: z.int().nullable(),
});

const itemRowSchema = z.object({
	id: z.string(),
	session_id: z.string(),
	product_id: z.string().nullable(),
	sku: z.string().nullable(),
	name: z.string().nullable(),
	currency: z.string().nullable(),
	detected_name: z.string(),
	matched_by: z.enum(["sku", "name", "alias", "fuzzy", "person"]).nullable(),
	confidence: z.number(),
	quantity: z.int(),
	unit_price_cents: z.int().nullable(),
	first_seen_at_ms: z.int(),
	created_at_ms: z.int(),
});

/** A row of table `pos_session`. */
export function sessionOf(row: Row): ScanSession {
	const columns = sessionRowSchema.parse(row);
	return {
		id: columns.id,
		status: columns.status,
		version: columns.version,
		currency: columns.currency,
		totalCents: columns.total_cents,
		checkedInAtMs: columns.checked_in_at_ms,
		checkedOutAtMs: columns.checked_out_at_ms,
	};
}

/** A row of table `pos_item` with `sku`, `name` and `currency` of its product. */
export function itemOf(row: Row): ScanItem {
	const columns = itemRowSchema.parse(row);
	const { product_id: id, sku, name, currency } = columns;
	return {
		id: columns.id,
		sessionId: columns.session_id,
		product: id === null || sku === null || name === null || currency === null ? null : { id, sku, name, currency },
		detectedName: columns.detected_name,
		matchedBy: columns.matched_by,
		confidence: columns.confidence,
		quantity: columns.quantity,
		unitPriceCents: columns.unit_price_cents,
		firstSeenAtMs: columns.first_seen_at_ms,
		createdAtMs: columns.created_at_ms,
	};
}
