import type { Migration } from "./migration.ts";

/** Who did what, in a chain of hashes; and the answers to POSTs that may come twice. */
export const audit: Migration = {
	version: 14,
	name: "audit",
	statements: [
		`CREATE TABLE audit_entry (
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			sequence INTEGER NOT NULL CHECK (sequence >= 1),
			at_ms INTEGER NOT NULL,
			actor_kind TEXT NOT NULL,
			actor_id TEXT NOT NULL,
			action TEXT NOT NULL,
			target TEXT NOT NULL,
			status INTEGER NOT NULL,
			request_id TEXT NOT NULL,
			hash TEXT NOT NULL,
			PRIMARY KEY (tenant_id, sequence)
		) STRICT`,
		`CREATE TRIGGER audit_entry_stays BEFORE UPDATE ON audit_entry BEGIN SELECT RAISE(ABORT, 'append only'); END`,
		`CREATE TRIGGER audit_entry_keeps BEFORE DELETE ON audit_entry BEGIN SELECT RAISE(ABORT, 'append only'); END`,
		`CREATE TABLE idempotent_request (
			tenant_id TEXT NOT NULL,
			actor TEXT NOT NULL,
			key TEXT NOT NULL,
			request_hash TEXT NOT NULL,
			-- NULL while it is under way.
			status INTEGER,
			-- Encrypted.
			answer TEXT,
			created_at_ms INTEGER NOT NULL,
			PRIMARY KEY (tenant_id, actor, key)
		) STRICT, WITHOUT ROWID`,
		`CREATE INDEX idempotent_request_age ON idempotent_request(created_at_ms)`,
	],
};
