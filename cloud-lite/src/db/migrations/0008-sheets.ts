import type { Migration } from "./migration.ts";

/** Spreadsheets that tenants keep their catalogue in. */
export const sheets: Migration = {
	version: 8,
	name: "sheets",
	statements: [
		`CREATE TABLE sheet_link (
			tenant_id TEXT PRIMARY KEY REFERENCES tenant(id),
			spreadsheet_id TEXT NOT NULL,
			currency TEXT NOT NULL CHECK (length(currency) = 3),
			enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
			-- The last line of the sales' history that stands in the spreadsheet.
			sales_position INTEGER NOT NULL,
			due_at_ms INTEGER NOT NULL,
			-- Whoever synchronises has it for himself until then.
			leased_until_ms INTEGER NOT NULL DEFAULT 0,
			synced_at_ms INTEGER,
			last_error TEXT,
			version INTEGER NOT NULL DEFAULT 1
		) STRICT`,
		// What both sides last agreed on, a row a product; JSON by field.
		`CREATE TABLE sheet_agreed (
			tenant_id TEXT NOT NULL,
			key TEXT NOT NULL,
			fields TEXT NOT NULL,
			PRIMARY KEY (tenant_id, key)
		) STRICT, WITHOUT ROWID`,
	],
};
