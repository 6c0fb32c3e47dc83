import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TestClock } from "../../test/test-clock.ts";
import { type Database, mustHaveChanged, openDatabase } from "./database.ts";
import { migrate } from "./migrate.ts";
import { GuardFailed, UniqueViolation } from "./writer.ts";

let folder: string;
let database: Database;

beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), "visionvend-db-"));
	database = await openDatabase(`file:${join(folder, "test.db")}`);
	await migrate(database, new TestClock());
	await database.write([{ sql: "CREATE TABLE crate (name TEXT PRIMARY KEY, left INTEGER NOT NULL) STRICT" }]);
});

afterEach(() => {
	database.close();
	rmSync(folder, { recursive: true, force: true });
});

test("the file holds the machines' secrets: its owner alone may read it and what lies beside it", async () => {
	await database.write([{ sql: "INSERT INTO crate VALUES ('cola', 1)" }]);
	for (const name of ["test.db", "test.db-wal", "test.db-shm"]) {
		expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
	}
});

test("a file in a folder that does not exist is named, with what to do", async () => {
	await expect(openDatabase(`file:${join(folder, "absent", "test.db")}`)).rejects.toThrow(
		/absent\/test\.db cannot be opened: ENOENT.*folder/s,
	);
});

test("a column that another process has added is read under its name, also by a query that was asked before", async () => {
	await database.write([{ sql: "INSERT INTO crate VALUES ('cola', 1)" }]);
	const query = () => database.read("SELECT crate.*, 'full' AS state FROM crate");
	expect(await query()).toEqual([{ name: "cola", left: 1, state: "full" }]);
	const other = await openDatabase(`file:${join(folder, "test.db")}`);
	await other.write([{ sql: "ALTER TABLE crate ADD COLUMN size TEXT NOT NULL DEFAULT 'large'" }]);
	other.close();
	expect(await query()).toEqual([{ name: "cola", left: 1, size: "large", state: "full" }]);
});

test("a batch is written as a whole or not at all", async () => {
	const guard = "there is a tea";
	const batch = database.write([
		{ sql: "INSERT INTO crate VALUES ('cola', 1)" },
		{ sql: "UPDATE crate SET left = 0 WHERE name = 'tea'" },
		mustHaveChanged(guard),
	]);
	await expect(batch).rejects.toThrow(GuardFailed);
	await expect(batch).rejects.toMatchObject({ guard });
	expect(await database.read("SELECT * FROM crate")).toEqual([]);
});

test("five units and forty buyers: five are sold", async () => {
	await database.write([{ sql: "INSERT INTO crate VALUES ('cola', 5)" }]);
	const buys = Array.from({ length: 40 }, () =>
		database
			.write([
				{ sql: "UPDATE crate SET left = left - 1 WHERE name = 'cola' AND left > 0" },
				mustHaveChanged("a cola is left"),
			])
			.then(() => true)
			.catch((error: unknown) => {
				expect(error).toBeInstanceOf(GuardFailed);
				return false;
			}),
	);
	expect((await Promise.all(buys)).filter(Boolean)).toHaveLength(5);
	expect(await database.read("SELECT left FROM crate")).toEqual([{ left: 0 }]);
});

test("one bad batch among many that commit together fails alone", async () => {
	const writes = Array.from({ length: 20 }, (_, index) =>
		database.write([{ sql: "INSERT INTO crate VALUES (?, 1)", args: [index === 7 ? "thing-3" : `thing-${index}`] }]),
	);
	const results = await Promise.allSettled(writes);
	expect(results.filter(({ status }) => status === "rejected")).toHaveLength(1);
	await expect(writes[7]).rejects.toMatchObject({ columns: "crate.name" });
	await expect(writes[7]).rejects.toBeInstanceOf(UniqueViolation);
	expect(await database.read("SELECT COUNT(*) AS n FROM crate")).toEqual([{ n: 19 }]);
});

test("another process may write to the same file", async () => {
	const other = await openDatabase(`file:${join(folder, "test.db")}`);
	await Promise.all(
		Array.from({ length: 20 }, (_, index) =>
			(index % 2 === 0 ? database : other).write([{ sql: "INSERT INTO crate VALUES (?, 1)", args: [`${index}`] }]),
		),
	);
	expect(await database.read("SELECT COUNT(*) AS n FROM crate")).toEqual([{ n: 20 }]);
	other.close();
});

test("the reader cannot write", async () => {
	await expect(database.read("INSERT INTO crate VALUES ('cola', 1)")).rejects.toThrow(/readonly|read-only|query_only/i);
});

test("migrating twice does nothing, and a file of a newer version is refused", async () => {
	const clock = new TestClock();
	expect(await migrate(database, clock)).toBe(0);
	await database.write([{ sql: "INSERT INTO schema_migration VALUES (99, 'from-the-future', 0)" }]);
	await expect(migrate(database, clock)).rejects.toThrow("from-the-future");
});

test.each(["sale_event", "journal", "entry"])("%s only grows", async (table) => {
	await database.write([
		{
			sql: "INSERT INTO machine (id, name, currency, hold_cents, secret, created_at_ms) VALUES ('m', 'M', 'usd', 1, 's', 0)",
		},
		{
			sql: `INSERT INTO sale (id, machine_id, state, version, currency, hold_cents, language, products, requested_at_ms,
				unlock_deadline_ms, machine_busy, shopper_busy) VALUES ('s', 'm', 'requested', 1, 'usd', 1, 'en', '[]', 0, 0, 1, 0)`,
		},
		{ sql: "INSERT INTO sale_event (sale_id, at_ms, event, detail) VALUES ('s', 0, 'requested', '{}')" },
		{ sql: "INSERT INTO journal (id, sale_id, kind, at_ms) VALUES (1, 's', 'hold', 0)" },
		{ sql: "INSERT INTO entry (journal_id, account, amount_cents, currency) VALUES (1, 'revenue', 0, 'usd')" },
	]);
	await expect(database.write([{ sql: `DELETE FROM ${table}` }])).rejects.toThrow("append only");
	await expect(database.write([{ sql: `UPDATE ${table} SET id = 7` }])).rejects.toThrow("append only");
});

test.each(["file::memory:", ":memory:", "ftp://host", "/tmp/x.db"])("%s is refused with a way out", async (url) => {
	await expect(openDatabase(url)).rejects.toThrow("file:./visionvend.db");
});
