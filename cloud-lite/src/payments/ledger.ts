import { z } from "zod";
import type { Database } from "../db/database.ts";

/** One entry of the double-entry ledger. */
export interface LedgerRow {
	readonly id: number;
	readonly saleId: string;
	/** The journal that the entry belongs to; the entries of a journal sum to zero. */
	readonly journal: string;
	readonly account: string;
	/** Debits are positive. */
	readonly amountCents: number;
	readonly currency: string;
	readonly atMs: number;
}

const rowSchema = z.object({
	id: z.int(),
	sale_id: z.string(),
	kind: z.string(),
	account: z.string(),
	amount_cents: z.int(),
	currency: z.string(),
	at_ms: z.int(),
});

/** All entries, oldest first. */
export async function readLedger(database: Pick<Database, "read">): Promise<LedgerRow[]> {
	const rows = await database.read(
		`SELECT entry.id, sale_id, kind, account, amount_cents, currency, at_ms
			FROM entry JOIN journal ON journal.id = entry.journal_id ORDER BY entry.id`,
	);
	return rows.map((row) => {
		const { id, sale_id, kind, account, amount_cents, currency, at_ms } = rowSchema.parse(row);
		return { id, saleId: sale_id, journal: kind, account, amountCents: amount_cents, currency, atMs: at_ms };
	});
}
