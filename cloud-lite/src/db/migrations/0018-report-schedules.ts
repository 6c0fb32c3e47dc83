import type { Migration } from "./migration.ts";

/** Reports that are sent by letter, again and again. */
export const reportSchedules: Migration = {
	version: 18,
	name: "report-schedules",
	statements: [
		`CREATE TABLE report_schedule (
			id TEXT PRIMARY KEY,
			tenant_id TEXT NOT NULL REFERENCES tenant(id),
			every TEXT NOT NULL CHECK (every IN ('day', 'week', 'month')),
			grouping TEXT NOT NULL CHECK (grouping IN ('day', 'machine', 'product')),
			hour INTEGER NOT NULL CHECK (hour BETWEEN 0 AND 23),
			time_zone TEXT NOT NULL,
			-- JSON list of addresses.
			recipients TEXT NOT NULL,
			next_at_ms INTEGER NOT NULL,
			created_at_ms INTEGER NOT NULL
		) STRICT`,
		`CREATE INDEX report_schedule_next ON report_schedule(next_at_ms)`,
		`CREATE INDEX report_schedule_tenant ON report_schedule(tenant_id, created_at_ms)`,
	],
};
