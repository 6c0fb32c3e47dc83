import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@libsql/client";
import type { Clock } from "@visionvend/sdk/clock";
import { openDatabase } from "../src/db/database.ts";
import { migrate } from "../src/db/migrate.ts";

let built: Promise<string> | undefined;

/** Puts a database with the schema and nothing else at a path. It is built once: migrations take longer than many a test. */
export async function copyEmptyDatabase(path: string, clock: Clock): Promise<void> {
	built ??= build(clock);
	copyFileSync(await built, path);
}

async function build(clock: Clock): Promise<string> {
	const folder = mkdtempSync(join(tmpdir(), "visionvend-schema-"));
	process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
	const path = join(folder, "cloud.db");
	const database = await openDatabase(`file:${path}`, "process-crash");
	await migrate(database, clock);
	// Closing does not empty the log at once, and only the file is copied.
	await checkpoint(path);
	database.close();
	return path;
}

/** Brings the whole log into the file and empties it. */
export async function checkpoint(path: string): Promise<void> {
	const client = createClient({ url: `file:${path}` });
	const { rows } = await client.execute("PRAGMA wal_checkpoint(TRUNCATE)");
	client.close();
	if (rows[0]?.busy !== 0) throw new Error("somebody reads while the log shall be emptied");
}
