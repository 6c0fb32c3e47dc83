import type { Migration } from "./migration.ts";

/** Which of a machine's health messages is its newest, so that an old one that comes late changes nothing. */
export const newestHealth: Migration = {
	version: 9,
	name: "newest-health",
	statements: [
		`ALTER TABLE machine ADD COLUMN health_boot INTEGER NOT NULL DEFAULT 0`,
		`ALTER TABLE machine ADD COLUMN health_seq INTEGER NOT NULL DEFAULT -1`,
	],
};
