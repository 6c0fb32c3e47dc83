import type { Migration } from "./migration.ts";

/** What reports need beside sales: readings of machines, and how many machines were online. */
export const reports: Migration = {
	version: 7,
	name: "reports",
	statements: [
		`ALTER TABLE machine ADD COLUMN audit_readings INTEGER NOT NULL DEFAULT 0`,
		`ALTER TABLE machine ADD COLUMN audit_read_at_ms INTEGER`,
		// Sums of counts: their ratio is the rate of the hour.
		`CREATE TABLE online_sample (
			tenant_id TEXT NOT NULL,
			hour_ms INTEGER NOT NULL,
			online INTEGER NOT NULL,
			machines INTEGER NOT NULL,
			PRIMARY KEY (tenant_id, hour_ms)
		) STRICT, WITHOUT ROWID`,
	],
};
