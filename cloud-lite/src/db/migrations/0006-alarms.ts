import type { Migration } from "./migration.ts";

/** Alarms, the rules that open them, and how far what happened has been told to the outside. */
export const alarms: Migration = {
	version: 6,
	name: "alarms",
	statements: [
		// The machine's door as it told last, and when it was last forced without a sale.
		`ALTER TABLE machine ADD COLUMN door_state TEXT`,
		`ALTER TABLE machine ADD COLUMN door_at_ms INTEGER`,
		`ALTER TABLE machine ADD COLUMN forced_at_ms INTEGER`,
		// What a tenant wants otherwise than the defaults, for all its machines ('') or for one.
		`CREATE TABLE alert_rule (
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			rule TEXT NOT NULL,
			machine_id TEXT NOT NULL DEFAULT '',
			enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
			threshold INTEGER NOT NULL,
			within_ms INTEGER NOT NULL CHECK (within_ms >= 0),
			severity TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
			-- 0: told once.
			repeat_ms INTEGER NOT NULL CHECK (repeat_ms >= 0),
			PRIMARY KEY (tenant_id, rule, machine_id)
		) STRICT, WITHOUT ROWID`,
		`CREATE TABLE alarm (
			id TEXT PRIMARY KEY,
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			rule TEXT NOT NULL,
			-- '': the service itself.
			machine_id TEXT NOT NULL,
			-- What of the machine: a bin, a product, a probe. '': the machine.
			subject TEXT NOT NULL,
			severity TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
			state TEXT NOT NULL CHECK (state IN ('open', 'acknowledged', 'resolved')),
			summary TEXT NOT NULL,
			source TEXT NOT NULL,
			details TEXT NOT NULL,
			opened_at_ms INTEGER NOT NULL,
			acknowledged_at_ms INTEGER,
			acknowledged_by TEXT,
			resolved_at_ms INTEGER,
			-- NULL while it is not; '': the cause is gone by itself.
			resolved_by TEXT,
			note TEXT NOT NULL DEFAULT '',
			notices INTEGER NOT NULL DEFAULT 1,
			noticed_at_ms INTEGER NOT NULL,
			version INTEGER NOT NULL DEFAULT 1
		) STRICT`,
		// One alarm of a kind at a time; whoever is second does nothing.
		`CREATE UNIQUE INDEX alarm_one_live ON alarm(tenant_id, rule, machine_id, subject) WHERE state <> 'resolved'`,
		`CREATE INDEX alarm_tenant ON alarm(tenant_id, opened_at_ms, id)`,
		// A cause that has to last before it counts, and since when it has.
		`CREATE TABLE alarm_condition (
			tenant_id TEXT NOT NULL,
			rule TEXT NOT NULL,
			machine_id TEXT NOT NULL,
			subject TEXT NOT NULL,
			since_ms INTEGER NOT NULL,
			PRIMARY KEY (tenant_id, rule, machine_id, subject)
		) STRICT, WITHOUT ROWID`,
		// The last event that has been told; what was there before this migration is not told.
		`CREATE TABLE announced (
			source TEXT PRIMARY KEY,
			position INTEGER NOT NULL
		) STRICT, WITHOUT ROWID`,
		`INSERT INTO announced SELECT 'sale_event', COALESCE(MAX(id), 0) FROM sale_event`,
	],
};
