import type { Clock } from "@visionvend/sdk/clock";
import { z } from "zod";
import type { Database } from "./database.ts";
import { migrations } from "./migrations/all.ts";
import type { Migration } from "./migrations/migration.ts";

const appliedSchema = z.object({ version: z.int(), name: z.string() });

/**
 * Brings the schema up to date, one migration a batch. Running it again does nothing.
 * @param steps those of the database of sales where not given
 * @returns how many were applied
 * @throws Error when the file was made by a newer version, or its history is not ours.
 */
export async function migrate(
	database: Pick<Database, "read" | "write">,
	clock: Clock,
	steps: readonly Migration[] = migrations,
): Promise<number> {
	await database.write([
		{
			sql: `CREATE TABLE IF NOT EXISTS schema_migration (
				version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at_ms INTEGER NOT NULL
			) STRICT`,
		},
	]);
	const rows = await database.read("SELECT version, name FROM schema_migration ORDER BY version");
	const applied = rows.map((row) => appliedSchema.parse(row));
	for (const { version, name } of applied) {
		const known = steps[version - 1];
		if (known?.name !== name) {
			throw new Error(
				`the database has migration ${version} "${name}", this program ${known ? `"${known.name}"` : "does not know it"}: ` +
					"start the version that wrote it, or restore a backup",
			);
		}
	}
	const missing = steps.slice(applied.length);
	for (const { version, name, statements } of missing) {
		await database.write([
			...statements.map((sql) => ({ sql })),
			{
				sql: "INSERT INTO schema_migration (version, name, applied_at_ms) VALUES (?, ?, ?)",
				args: [version, name, clock.now()],
			},
		]);
	}
	return missing.length;
}
