import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@libsql/client/sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { migrations } from "./migrations.ts";
import { maximumMessages, openStore } from "./store.ts";

let directory: string;
let url: string;
beforeEach(() => {
	directory = mkdtempSync(join(tmpdir(), "visionvend-store-"));
	url = `file:${join(directory, "pi.db")}`;
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function aReport(reportId: string) {
	return { reportId, saleId: "sale-1", jti: "1-1", sealed: `sealed ${reportId}`, receivedAtMs: 1_000 };
}

test("the file is in WAL mode with every migration applied", async () => {
	const store = await openStore(url);
	store.close();
	const client = createClient({ url });
	expect((await client.execute("PRAGMA journal_mode")).rows[0]?.[0]).toBe("wal");
	expect((await client.execute("PRAGMA user_version")).rows[0]?.[0]).toBe(migrations.length);
	client.close();
});

test("a report is kept once, however often it comes", async () => {
	const store = await openStore(url);
	expect(await store.addReport(aReport("a"))).toBe(true);
	expect(await store.addReport(aReport("a"))).toBe(false);
	expect(await store.openReports()).toHaveLength(1);
	store.close();
});

test("a report, its decision and its acknowledgement survive a process that never closes the file", async () => {
	const first = await openStore(url);
	await first.addReport(aReport("a"));
	await first.addReport(aReport("b"));
	await first.decide("a", '{"kind":"settle"}');
	await first.acknowledge("b", "captured", 2_000);

	const second = await openStore(url);
	expect(await second.openReports()).toEqual([
		{ reportId: "a", saleId: "sale-1", sealed: "sealed a", receivedAtMs: 1_000, decision: '{"kind":"settle"}' },
	]);
	second.close();
	first.close();
});

test("the first decision stays", async () => {
	const store = await openStore(url);
	await store.addReport(aReport("a"));
	await store.decide("a", "first");
	await store.decide("a", "second");
	expect((await store.report("a"))?.decision).toBe("first");
	store.close();
});

test("an acknowledgement counts once, and only for a report that is here", async () => {
	const store = await openStore(url);
	await store.addReport(aReport("a"));
	expect(await store.acknowledge("a", "captured", 2_000)).toBe(true);
	expect(await store.acknowledge("a", "captured", 3_000)).toBe(false);
	expect(await store.acknowledge("nobody", "captured", 3_000)).toBe(false);
	store.close();
});

test("acknowledged reports are forgotten after their time, open ones never", async () => {
	const store = await openStore(url);
	await store.addReport(aReport("old"));
	await store.addReport(aReport("young"));
	await store.addReport(aReport("open"));
	await store.acknowledge("old", "captured", 1_000);
	await store.acknowledge("young", "captured", 5_000);
	expect(await store.forgetAcknowledged(5_000)).toBe(1);
	expect(await store.report("old")).toBeUndefined();
	expect(await store.report("young")).toBeDefined();
	expect(await store.report("open")).toBeDefined();
	store.close();
});

test("messages leave in the order in which they came; of a state only the newest", async () => {
	const store = await openStore(url);
	await store.addMessage("health", "h1", true, 1);
	await store.addMessage("door", "d1", false, 2);
	await store.addMessage("health", "h2", true, 3);
	await store.addMessage("door", "d2", false, 4);
	const envelopes: string[] = [];
	for (let next = await store.firstMessage(); next !== undefined; next = await store.firstMessage()) {
		envelopes.push(next.envelope);
		await store.removeMessage(next.position);
	}
	expect(envelopes).toEqual(["d1", "h2", "d2"]);
	store.close();
});

test("a flood of events drops the oldest and says how many", async () => {
	const store = await openStore(url);
	const client = createClient({ url });
	await client.execute(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${maximumMessages})
		INSERT INTO message (topic, envelope, stored_at_ms) SELECT 'door', 'd' || i, i FROM n`);
	client.close();
	expect(await store.addMessage("door", "last", false, 0)).toBe(1);
	expect((await store.counts()).messages).toBe(maximumMessages);
	expect((await store.firstMessage())?.envelope).toBe("d2");
	store.close();
});

test("counts tell what waits", async () => {
	const store = await openStore(url);
	await store.addReport(aReport("a"));
	await store.addReport(aReport("b"));
	await store.decide("b", "{}");
	await store.addMessage("door", "d", false, 1);
	expect(await store.counts()).toEqual({ undecided: 1, unacknowledged: 2, messages: 1 });
	store.close();
});

test("a write that another process blocks fails whole, and the next one is durable again", async () => {
	const store = await openStore(url);
	const other = createClient({ url, concurrency: 1 });
	const lock = await other.transaction("write");
	await expect(store.addReport(aReport("a"))).rejects.toThrow(/busy|locked/i);
	await lock.rollback();
	other.close();
	expect(await store.addReport(aReport("a"))).toBe(true);

	const reader = await openStore(url);
	expect(await reader.openReports()).toHaveLength(1);
	reader.close();
	store.close();
});

test("a store that would not survive a restart is refused", async () => {
	await expect(openStore(":memory:")).rejects.toThrow("would not survive a restart");
	await expect(openStore("file::memory:")).rejects.toThrow("would not survive a restart");
	await expect(openStore("http://127.0.0.1:1")).rejects.toThrow("Set databaseUrl to a file");
});

test("a folder that is not there is named in the error", async () => {
	await expect(openStore(`file:${join(directory, "absent", "pi.db")}`)).rejects.toThrow("Check that its folder exists");
});

test("a file that is no database is named in the error and left as it is", async () => {
	writeFileSync(join(directory, "pi.db"), "not a database, but long enough to be read as a header of one");
	await expect(openStore(url)).rejects.toThrow("move it away");
	expect(readdirSync(directory)).toContain("pi.db");
});

test("a file of a newer version is refused", async () => {
	const client = createClient({ url });
	await client.execute("PRAGMA user_version=99");
	client.close();
	await expect(openStore(url)).rejects.toThrow("newer visionvend-pi");
});
