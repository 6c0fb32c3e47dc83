import type { Migration } from "./migration.ts";

/** The provider's books as we have read them, what does not fit, and chargebacks. */
export const reconciliation: Migration = {
	version: 13,
	name: "reconciliation",
	statements: [
		`CREATE TABLE gateway_entry (
			id TEXT PRIMARY KEY,
			kind TEXT NOT NULL CHECK (kind IN ('payment', 'refund', 'dispute', 'payout', 'other')),
			amount_cents INTEGER NOT NULL,
			fee_cents INTEGER NOT NULL,
			currency TEXT NOT NULL,
			intent TEXT,
			sale_id TEXT REFERENCES sale(id),
			at_ms INTEGER NOT NULL,
			seen_at_ms INTEGER NOT NULL
		) STRICT, WITHOUT ROWID`,
		"CREATE INDEX gateway_entry_sale ON gateway_entry(sale_id)",
		"CREATE INDEX gateway_entry_at ON gateway_entry(at_ms)",
		`CREATE TABLE finding (
			id INTEGER PRIMARY KEY,
			kind TEXT NOT NULL,
			subject TEXT NOT NULL,
			expected_cents INTEGER NOT NULL,
			found_cents INTEGER NOT NULL,
			opened_at_ms INTEGER NOT NULL,
			closed_at_ms INTEGER
		) STRICT`,
		"CREATE UNIQUE INDEX finding_open ON finding(kind, subject) WHERE closed_at_ms IS NULL",
		`CREATE TABLE reconciliation_run (
			id INTEGER PRIMARY KEY,
			started_at_ms INTEGER NOT NULL,
			finished_at_ms INTEGER NOT NULL,
			entries INTEGER NOT NULL,
			failure TEXT
		) STRICT`,
		`CREATE TABLE chargeback (
			id TEXT PRIMARY KEY,
			sale_id TEXT NOT NULL REFERENCES sale(id),
			reason TEXT NOT NULL,
			status TEXT NOT NULL,
			-- Its number among the chargebacks of the sale that took money; 0 while none was taken.
			sequence INTEGER NOT NULL DEFAULT 0,
			withdrawn_cents INTEGER NOT NULL DEFAULT 0,
			-- Everything that is known of the sale, as it was when the bank asked.
			evidence TEXT NOT NULL,
			evidence_due_at_ms INTEGER,
			submission TEXT NOT NULL DEFAULT 'none' CHECK (submission IN ('none', 'wanted', 'done')),
			opened_at_ms INTEGER NOT NULL,
			closed_at_ms INTEGER
		) STRICT`,
		"CREATE INDEX chargeback_sale ON chargeback(sale_id)",
		"CREATE INDEX payment_operation_intent ON payment_operation(intent) WHERE intent IS NOT NULL",
		"CREATE INDEX payment_operation_pending ON payment_operation(sale_id) WHERE state = 'pending'",
		"CREATE INDEX sale_shopper ON sale(shopper_id, requested_at_ms)",
	],
};
