/**
 * Every change of the store's tables, oldest first. The number of a migration is its place in this list, counted from 1,
 * and is kept in SQLite's `user_version`. A released migration is never edited; a change is a new one at the end.
 */
export const migrations: readonly (readonly string[])[] = [
	[
		// One row for each sealed sale report of the controller. `report_id` follows from the sealed text, so the same
		// report can arrive any number of times and is one row.
		`CREATE TABLE report (
			position INTEGER PRIMARY KEY AUTOINCREMENT,
			report_id TEXT NOT NULL UNIQUE,
			sale_id TEXT NOT NULL,
			jti TEXT NOT NULL,
			sealed TEXT NOT NULL,
			received_at_ms INTEGER NOT NULL,
			decision TEXT,
			acknowledged_at_ms INTEGER,
			outcome TEXT
		) STRICT`,
		"CREATE INDEX report_open ON report (position) WHERE acknowledged_at_ms IS NULL",
		"CREATE INDEX report_acknowledged ON report (acknowledged_at_ms) WHERE acknowledged_at_ms IS NOT NULL",
		// Status messages of the controller that the broker has not acknowledged yet, in the order of their arrival.
		`CREATE TABLE message (
			position INTEGER PRIMARY KEY AUTOINCREMENT,
			topic TEXT NOT NULL,
			envelope TEXT NOT NULL,
			stored_at_ms INTEGER NOT NULL
		) STRICT`,
		"CREATE INDEX message_topic ON message (topic)",
	],
	[
		// What settled sales have taught: the mass of units (Welford's count, mean and sum of squares) …
		`CREATE TABLE unit_weight (
			sku TEXT PRIMARY KEY,
			count INTEGER NOT NULL,
			mean_milligrams REAL NOT NULL,
			squared_deviations REAL NOT NULL
		) STRICT`,
		// … and what stands on wrong shelves.
		"CREATE TABLE stray (sku TEXT NOT NULL, shelf INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (sku, shelf)) STRICT",
	],
	[
		// What the cloud said last about what stands where and what it costs: one row, or none as provisioned.
		`CREATE TABLE planogram (
			only INTEGER PRIMARY KEY CHECK (only = 1),
			version INTEGER NOT NULL,
			products TEXT NOT NULL
		) STRICT`,
	],
	[
		// What the cloud gave in the place of the keys and the account of the configuration file: one row, or none.
		"CREATE TABLE secrets (only INTEGER PRIMARY KEY CHECK (only = 1), json TEXT NOT NULL) STRICT",
	],
];
