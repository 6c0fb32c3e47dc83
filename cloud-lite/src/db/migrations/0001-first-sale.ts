import type { Migration } from "./migration.ts";

/**
 * Everything that one real sale needs. Amounts are integers in the smallest unit of their currency, times are epoch
 * milliseconds, booleans are 0 or 1.
 */
export const firstSale: Migration = {
	version: 1,
	name: "first-sale",
	statements: [
		// A guard: `INSERT INTO must(ok) SELECT changes()` right after a statement aborts the whole batch unless exactly one
		// row changed. A view with a trigger keeps no rows of its own.
		`CREATE VIEW must(ok) AS SELECT 1`,
		`CREATE TRIGGER must_hold INSTEAD OF INSERT ON must WHEN NEW.ok IS NOT 1
			BEGIN SELECT RAISE(ABORT, 'guard failed'); END`,

		`CREATE TABLE machine (
			id TEXT PRIMARY KEY,
			name TEXT NOT NULL,
			currency TEXT NOT NULL CHECK (length(currency) = 3),
			hold_cents INTEGER NOT NULL CHECK (hold_cents > 0),
			secret TEXT NOT NULL,
			key_version INTEGER NOT NULL DEFAULT 1 CHECK (key_version >= 1),
			counter INTEGER NOT NULL DEFAULT 0 CHECK (counter >= 0),
			boot INTEGER NOT NULL DEFAULT 0,
			firmware TEXT NOT NULL DEFAULT '',
			last_seen_at_ms INTEGER,
			created_at_ms INTEGER NOT NULL
		) STRICT`,
		`CREATE TABLE product (
			machine_id TEXT NOT NULL REFERENCES machine(id),
			sku TEXT NOT NULL,
			name TEXT NOT NULL,
			mass_milligrams INTEGER NOT NULL CHECK (mass_milligrams > 0),
			tolerance_milligrams INTEGER NOT NULL CHECK (tolerance_milligrams >= 0),
			price_cents INTEGER NOT NULL CHECK (price_cents >= 0),
			shelf INTEGER NOT NULL CHECK (shelf >= 0),
			PRIMARY KEY (machine_id, sku)
		) STRICT, WITHOUT ROWID`,
		`CREATE TABLE status_seen (
			machine_id TEXT NOT NULL REFERENCES machine(id),
			boot INTEGER NOT NULL,
			seq INTEGER NOT NULL,
			PRIMARY KEY (machine_id, boot, seq)
		) STRICT, WITHOUT ROWID`,

		`CREATE TABLE shopper (
			id TEXT PRIMARY KEY,
			customer TEXT,
			payment_method TEXT,
			created_at_ms INTEGER NOT NULL
		) STRICT`,
		`CREATE TABLE idempotency (
			shopper_id TEXT NOT NULL,
			key TEXT NOT NULL,
			request_hash TEXT NOT NULL,
			sale_id TEXT,
			response TEXT,
			created_at_ms INTEGER NOT NULL,
			PRIMARY KEY (shopper_id, key)
		) STRICT, WITHOUT ROWID`,

		`CREATE TABLE sale (
			id TEXT PRIMARY KEY,
			machine_id TEXT NOT NULL REFERENCES machine(id),
			shopper_id TEXT REFERENCES shopper(id),
			state TEXT NOT NULL CHECK (state IN
				('requested', 'authorised', 'unlocked', 'open', 'closed', 'captured', 'cancelled', 'review')),
			version INTEGER NOT NULL CHECK (version >= 1),
			cause TEXT,
			currency TEXT NOT NULL,
			hold_cents INTEGER NOT NULL CHECK (hold_cents >= 0),
			held_cents INTEGER NOT NULL DEFAULT 0 CHECK (held_cents BETWEEN 0 AND hold_cents),
			captured_cents INTEGER NOT NULL DEFAULT 0 CHECK (captured_cents >= 0),
			final_cents INTEGER CHECK (final_cents >= 0),
			settlement TEXT CHECK (settlement IN ('capture', 'cancel')),
			hold_state TEXT NOT NULL DEFAULT 'none' CHECK (hold_state IN ('none', 'held', 'gone')),
			hold_intent TEXT UNIQUE,
			client_secret TEXT,
			capture_before_ms INTEGER,
			second_intent TEXT UNIQUE,
			decline_code TEXT,
			decline_message TEXT,
			counter INTEGER,
			language TEXT NOT NULL,
			products TEXT NOT NULL,
			requested_at_ms INTEGER NOT NULL,
			unlock_deadline_ms INTEGER NOT NULL,
			hello_request TEXT,
			hello_requested_at_ms INTEGER,
			nonce_received_at_ms INTEGER,
			check_at_ms INTEGER,
			machine_busy INTEGER NOT NULL CHECK (machine_busy IN (0, 1)),
			shopper_busy INTEGER NOT NULL CHECK (shopper_busy IN (0, 1)),
			UNIQUE (machine_id, counter),
			CHECK (state NOT IN ('review', 'cancelled') OR cause IS NOT NULL)
		) STRICT`,
		`CREATE UNIQUE INDEX sale_one_open_per_machine ON sale(machine_id) WHERE machine_busy = 1`,
		`CREATE UNIQUE INDEX sale_one_open_per_shopper ON sale(shopper_id) WHERE shopper_busy = 1`,
		`CREATE INDEX sale_check ON sale(check_at_ms) WHERE check_at_ms IS NOT NULL`,
		`CREATE INDEX sale_hello ON sale(hello_request) WHERE hello_request IS NOT NULL`,
		`CREATE TABLE sale_line (
			sale_id TEXT NOT NULL REFERENCES sale(id),
			sku TEXT NOT NULL,
			name TEXT NOT NULL,
			quantity INTEGER NOT NULL CHECK (quantity > 0),
			unit_price_cents INTEGER NOT NULL CHECK (unit_price_cents >= 0),
			PRIMARY KEY (sale_id, sku)
		) STRICT, WITHOUT ROWID`,
		`CREATE TABLE sale_event (
			id INTEGER PRIMARY KEY,
			sale_id TEXT NOT NULL REFERENCES sale(id),
			at_ms INTEGER NOT NULL,
			event TEXT NOT NULL,
			detail TEXT NOT NULL
		) STRICT`,
		`CREATE INDEX sale_event_sale ON sale_event(sale_id)`,
		`CREATE TRIGGER sale_event_stays BEFORE UPDATE ON sale_event BEGIN SELECT RAISE(ABORT, 'append only'); END`,
		`CREATE TRIGGER sale_event_keeps BEFORE DELETE ON sale_event BEGIN SELECT RAISE(ABORT, 'append only'); END`,
		`CREATE TABLE report (
			hash TEXT PRIMARY KEY,
			machine_id TEXT NOT NULL REFERENCES machine(id),
			report_id TEXT NOT NULL,
			sale_id TEXT REFERENCES sale(id),
			sealed TEXT NOT NULL,
			decision TEXT NOT NULL,
			outcome TEXT NOT NULL,
			received_at_ms INTEGER NOT NULL
		) STRICT`,
		`CREATE INDEX report_sale ON report(sale_id)`,

		// The intent behind a call to the payment provider; written before the call, kept for ever.
		`CREATE TABLE payment_operation (
			key TEXT PRIMARY KEY,
			sale_id TEXT NOT NULL REFERENCES sale(id),
			kind TEXT NOT NULL CHECK (kind IN ('auth', 'capture', 'cancel', 'second')),
			amount_cents INTEGER NOT NULL CHECK (amount_cents >= 0),
			currency TEXT NOT NULL,
			customer TEXT,
			payment_method TEXT,
			intent TEXT,
			state TEXT NOT NULL CHECK (state IN ('pending', 'succeeded', 'failed')),
			outcome TEXT,
			created_at_ms INTEGER NOT NULL,
			finished_at_ms INTEGER,
			UNIQUE (sale_id, kind)
		) STRICT`,
		`CREATE TABLE provider_event (
			id TEXT PRIMARY KEY,
			type TEXT NOT NULL,
			object TEXT NOT NULL,
			received_at_ms INTEGER NOT NULL
		) STRICT, WITHOUT ROWID`,
		`CREATE TABLE debt (
			sale_id TEXT PRIMARY KEY REFERENCES sale(id),
			shopper_id TEXT NOT NULL REFERENCES shopper(id),
			amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
			currency TEXT NOT NULL,
			created_at_ms INTEGER NOT NULL,
			settled_at_ms INTEGER
		) STRICT`,

		// The ledger: a journal is one movement of money, its entries sum to zero. A kind happens at most once in a sale.
		`CREATE TABLE journal (
			id INTEGER PRIMARY KEY,
			sale_id TEXT NOT NULL REFERENCES sale(id),
			kind TEXT NOT NULL CHECK (kind IN ('hold', 'release', 'sale', 'capture', 'charge', 'debt')),
			at_ms INTEGER NOT NULL,
			UNIQUE (sale_id, kind)
		) STRICT`,
		`CREATE TABLE entry (
			id INTEGER PRIMARY KEY,
			journal_id INTEGER NOT NULL REFERENCES journal(id),
			account TEXT NOT NULL CHECK (account IN
				('shopper_hold', 'shopper_hold_contra', 'receivable', 'cash_in_transit', 'revenue', 'shopper_debt',
				 'tax', 'fee', 'refund', 'dispute', 'write_off')),
			amount_cents INTEGER NOT NULL,
			currency TEXT NOT NULL
		) STRICT`,
		`CREATE INDEX entry_journal ON entry(journal_id)`,
		`CREATE TRIGGER journal_stays BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'append only'); END`,
		`CREATE TRIGGER journal_keeps BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'append only'); END`,
		`CREATE TRIGGER entry_stays BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'append only'); END`,
		`CREATE TRIGGER entry_keeps BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'append only'); END`,

		// What must reach the outside: messages to publish, payment operations to carry out.
		`CREATE TABLE outbox (
			id INTEGER PRIMARY KEY AUTOINCREMENT,
			kind TEXT NOT NULL CHECK (kind IN ('publish', 'payment')),
			lane TEXT NOT NULL,
			payload TEXT NOT NULL,
			operation TEXT UNIQUE REFERENCES payment_operation(key),
			state TEXT NOT NULL CHECK (state IN ('pending', 'done', 'expired', 'dead')),
			attempts INTEGER NOT NULL DEFAULT 0,
			created_at_ms INTEGER NOT NULL,
			due_at_ms INTEGER NOT NULL,
			expires_at_ms INTEGER,
			last_error TEXT,
			CHECK ((kind = 'payment') = (operation IS NOT NULL))
		) STRICT`,
		`CREATE INDEX outbox_due ON outbox(due_at_ms, id) WHERE state = 'pending'`,
	],
};
