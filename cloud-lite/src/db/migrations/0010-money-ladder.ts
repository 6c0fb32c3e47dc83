import type { Migration } from "./migration.ts";

/**
 * The whole way of the money: holds that grow, refunds, debts that are paid later, chargebacks, fees. Operations and
 * journals of a kind may come several times in a sale now, each under a number of its own.
 */
export const moneyLadder: Migration = {
	version: 10,
	name: "money-ladder",
	statements: [
		// Rows that others refer to are away for a moment.
		"PRAGMA defer_foreign_keys = ON",

		`ALTER TABLE machine ADD COLUMN capture_delay_ms INTEGER NOT NULL DEFAULT 0 CHECK (capture_delay_ms >= 0)`,
		`ALTER TABLE sale ADD COLUMN collection TEXT NOT NULL DEFAULT 'none'
			CHECK (collection IN ('none', 'waiting', 'running', 'done'))`,
		`UPDATE sale SET collection = CASE
			WHEN settlement IS NOT 'capture' THEN 'none'
			WHEN state = 'closed' THEN 'running'
			ELSE 'done' END`,
		`ALTER TABLE sale ADD COLUMN incrementable INTEGER NOT NULL DEFAULT 0 CHECK (incrementable IN (0, 1))`,
		`ALTER TABLE sale ADD COLUMN most_capturable_cents INTEGER NOT NULL DEFAULT 0 CHECK (most_capturable_cents >= 0)`,
		"UPDATE sale SET most_capturable_cents = held_cents",
		`ALTER TABLE sale ADD COLUMN capture_delay_ms INTEGER NOT NULL DEFAULT 0 CHECK (capture_delay_ms >= 0)`,
		`ALTER TABLE sale ADD COLUMN refunded_cents INTEGER NOT NULL DEFAULT 0 CHECK (refunded_cents >= 0)`,
		`ALTER TABLE sale ADD COLUMN refunding_cents INTEGER NOT NULL DEFAULT 0
			CHECK (refunding_cents >= 0 AND refunding_cents + refunded_cents <= captured_cents)`,
		`ALTER TABLE sale ADD COLUMN refunds INTEGER NOT NULL DEFAULT 0`,
		`ALTER TABLE sale ADD COLUMN debt_attempts INTEGER NOT NULL DEFAULT 0`,
		`ALTER TABLE sale ADD COLUMN debt_pending INTEGER NOT NULL DEFAULT 0 CHECK (debt_pending IN (0, 1))`,
		`ALTER TABLE sale ADD COLUMN disputed_cents INTEGER NOT NULL DEFAULT 0 CHECK (disputed_cents >= 0)`,
		`ALTER TABLE sale ADD COLUMN chargebacks INTEGER NOT NULL DEFAULT 0`,

		"CREATE TABLE payment_operation_before AS SELECT * FROM payment_operation",
		"DROP TABLE payment_operation",
		`CREATE TABLE payment_operation (
			key TEXT PRIMARY KEY,
			sale_id TEXT NOT NULL REFERENCES sale(id),
			kind TEXT NOT NULL CHECK (kind IN ('auth', 'capture', 'cancel', 'second', 'increment', 'refund', 'debt')),
			sequence INTEGER NOT NULL DEFAULT 1 CHECK (sequence >= 1),
			amount_cents INTEGER NOT NULL CHECK (amount_cents >= 0),
			currency TEXT NOT NULL,
			customer TEXT,
			payment_method TEXT,
			intent TEXT,
			shopper_present INTEGER NOT NULL DEFAULT 0 CHECK (shopper_present IN (0, 1)),
			state TEXT NOT NULL CHECK (state IN ('pending', 'succeeded', 'failed')),
			outcome TEXT,
			created_at_ms INTEGER NOT NULL,
			finished_at_ms INTEGER,
			UNIQUE (sale_id, kind, sequence)
		) STRICT`,
		`INSERT INTO payment_operation (key, sale_id, kind, amount_cents, currency, customer, payment_method, intent, state,
				outcome, created_at_ms, finished_at_ms)
			SELECT key, sale_id, kind, amount_cents, currency, customer, payment_method,
				CASE kind WHEN 'second' THEN (SELECT second_intent FROM sale WHERE id = sale_id) ELSE intent END,
				state, outcome, created_at_ms, finished_at_ms
			FROM payment_operation_before`,
		"DROP TABLE payment_operation_before",

		"CREATE TABLE journal_before AS SELECT * FROM journal",
		"DROP TABLE journal",
		`CREATE TABLE journal (
			id INTEGER PRIMARY KEY,
			sale_id TEXT NOT NULL REFERENCES sale(id),
			kind TEXT NOT NULL CHECK (kind IN ('hold', 'increase', 'release', 'sale', 'capture', 'charge', 'debt', 'debt_paid',
				'overpaid', 'forgiven', 'refund', 'fee', 'dispute', 'dispute_won', 'dispute_lost')),
			sequence INTEGER NOT NULL DEFAULT 1 CHECK (sequence >= 1),
			at_ms INTEGER NOT NULL,
			UNIQUE (sale_id, kind, sequence)
		) STRICT`,
		"INSERT INTO journal (id, sale_id, kind, at_ms) SELECT id, sale_id, kind, at_ms FROM journal_before",
		"DROP TABLE journal_before",
		`CREATE TRIGGER journal_stays BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'append only'); END`,
		`CREATE TRIGGER journal_keeps BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'append only'); END`,
	],
};
