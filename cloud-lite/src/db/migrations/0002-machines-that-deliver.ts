import type { Migration } from "./migration.ts";

/** Vending and coffee machines, machines without a Pi, remote commands, configuration and firmware updates. */
export const machinesThatDeliver: Migration = {
	version: 2,
	name: "machines-that-deliver",
	statements: [
		`ALTER TABLE machine ADD COLUMN kind TEXT NOT NULL DEFAULT 'fridge' CHECK (kind IN ('fridge', 'vending', 'coffee'))`,
		// Version of the configuration that the machine says it runs with.
		`ALTER TABLE machine ADD COLUMN configuration INTEGER NOT NULL DEFAULT 0`,
		// The last health message as JSON, and when it came.
		`ALTER TABLE machine ADD COLUMN health TEXT`,
		`ALTER TABLE machine ADD COLUMN health_at_ms INTEGER`,
		// JSON list of the slots that the shopper chose; NULL where people open a door.
		`ALTER TABLE sale ADD COLUMN slots TEXT`,
		`CREATE TABLE remote_command (
			id TEXT PRIMARY KEY,
			machine_id TEXT NOT NULL REFERENCES machine(id),
			kind TEXT NOT NULL CHECK (kind IN ('action', 'configuration', 'firmware')),
			body TEXT NOT NULL,
			state TEXT NOT NULL CHECK (state IN ('requested', 'sent', 'received', 'running', 'done', 'failed', 'expired')),
			reason TEXT NOT NULL DEFAULT '',
			detail TEXT NOT NULL DEFAULT '',
			hello_request TEXT,
			created_at_ms INTEGER NOT NULL,
			changed_at_ms INTEGER NOT NULL,
			check_at_ms INTEGER
		) STRICT`,
		`CREATE INDEX remote_command_machine ON remote_command(machine_id, created_at_ms)`,
		`CREATE INDEX remote_command_check ON remote_command(check_at_ms) WHERE check_at_ms IS NOT NULL`,
		// Commands forget what has left for them.
		`CREATE INDEX outbox_lane ON outbox(lane)`,
		`CREATE TABLE firmware (
			sha256 TEXT PRIMARY KEY,
			manifest TEXT NOT NULL,
			image BLOB NOT NULL,
			created_at_ms INTEGER NOT NULL
		) STRICT`,
	],
};
