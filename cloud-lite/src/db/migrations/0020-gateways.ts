import type { Migration } from "./migration.ts";

/** Sales may be paid through several accounts, some of which charge first and give back; refunds may come back. */
export const gateways: Migration = {
	version: 20,
	name: "gateways",
	statements: [
		// Rows that others refer to are away for a moment.
		"PRAGMA defer_foreign_keys = ON",

		// Null: nobody pays. What was there before was paid through the only account that there was.
		`ALTER TABLE sale ADD COLUMN gateway TEXT DEFAULT 'stripe' CHECK (gateway IN ('stripe', 'razorpay'))`,
		"UPDATE sale SET gateway = NULL WHERE shopper_id IS NULL",
		`ALTER TABLE gateway_entry ADD COLUMN gateway TEXT NOT NULL DEFAULT 'stripe'`,

		"CREATE TABLE entry_before AS SELECT * FROM entry",
		"DROP TABLE entry",
		"CREATE TABLE journal_before AS SELECT * FROM journal",
		"DROP TABLE journal",
		`CREATE TABLE journal (
			id INTEGER PRIMARY KEY,
			sale_id TEXT NOT NULL REFERENCES sale(id),
			kind TEXT NOT NULL CHECK (kind IN ('hold', 'increase', 'release', 'sale', 'capture', 'charge', 'debt', 'debt_paid',
				'overpaid', 'forgiven', 'refund', 'refund_failed', 'fee', 'dispute', 'dispute_won', 'dispute_lost', 'prepaid',
				'prepaid_used', 'prepaid_returned')),
			sequence INTEGER NOT NULL DEFAULT 1 CHECK (sequence >= 1),
			at_ms INTEGER NOT NULL,
			UNIQUE (sale_id, kind, sequence)
		) STRICT`,
		"INSERT INTO journal (id, sale_id, kind, sequence, at_ms) SELECT id, sale_id, kind, sequence, at_ms FROM journal_before",
		"DROP TABLE journal_before",
		`CREATE TABLE entry (
			id INTEGER PRIMARY KEY,
			journal_id INTEGER NOT NULL REFERENCES journal(id),
			account TEXT NOT NULL CHECK (account IN
				('shopper_hold', 'shopper_hold_contra', 'receivable', 'cash_in_transit', 'revenue', 'shopper_debt',
				 'shopper_deposit', 'tax', 'fee', 'refund', 'dispute', 'write_off')),
			amount_cents INTEGER NOT NULL,
			currency TEXT NOT NULL
		) STRICT`,
		`INSERT INTO entry (id, journal_id, account, amount_cents, currency)
			SELECT id, journal_id, account, amount_cents, currency FROM entry_before`,
		"DROP TABLE entry_before",
		"CREATE INDEX entry_journal ON entry(journal_id)",
		`CREATE TRIGGER entry_stays BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'append only'); END`,
		`CREATE TRIGGER entry_keeps BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'append only'); END`,
		`CREATE TRIGGER journal_stays BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'append only'); END`,
		`CREATE TRIGGER journal_keeps BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'append only'); END`,
	],
};
