import type { Migration } from "../db/migrations/migration.ts";

/**
 * The file of measurements, apart from that of sales: it is larger, and a power cut may cost it its last seconds. Times
 * are epoch milliseconds on the cloud's clock, since controllers have none.
 */
export const telemetryMigrations: readonly Migration[] = Object.freeze([
	{
		version: 1,
		name: "telemetry",
		statements: [
			// Appended to, never clustered by machine: ten thousand machines would touch ten thousand pages a batch.
			`CREATE TABLE telemetry_raw (
				id INTEGER PRIMARY KEY,
				machine_id TEXT NOT NULL,
				boot INTEGER NOT NULL,
				seq INTEGER NOT NULL,
				at_ms INTEGER NOT NULL,
				body TEXT NOT NULL
			) STRICT`,
			`CREATE UNIQUE INDEX telemetry_raw_once ON telemetry_raw(machine_id, boot, seq)`,
			`CREATE INDEX telemetry_raw_time ON telemetry_raw(at_ms)`,
			// `metrics`: {"supplyMillivolts": [count, sum, least, most], …}
			`CREATE TABLE telemetry_rollup (
				machine_id TEXT NOT NULL,
				span_ms INTEGER NOT NULL,
				from_ms INTEGER NOT NULL,
				metrics TEXT NOT NULL,
				PRIMARY KEY (machine_id, span_ms, from_ms)
			) STRICT, WITHOUT ROWID`,
			`CREATE INDEX telemetry_rollup_time ON telemetry_rollup(span_ms, from_ms)`,
			// Up to when each span is rolled up.
			`CREATE TABLE telemetry_progress (span_ms INTEGER PRIMARY KEY, until_ms INTEGER NOT NULL) STRICT`,
		],
	},
]);
