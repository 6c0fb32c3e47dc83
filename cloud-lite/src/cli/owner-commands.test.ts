import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@visionvend/sdk/clock";
import { afterEach, beforeEach, expect, test } from "vitest";
import { passwordFits } from "../auth/password.ts";
import { openDatabase } from "../db/database.ts";
import { backUp, restore } from "./backup.ts";
import { createUser } from "./create-user.ts";
import { examine } from "./doctor.ts";
import { seedDemo } from "./seed-demo.ts";
import { readTenantFile, writeTenantFile } from "./tenant-file.ts";
import { withDatabase } from "./with-database.ts";

let home: string;
let databaseUrl: string;

beforeEach(() => {
	home = mkdtempSync(join(tmpdir(), "visionvend-owner-"));
	databaseUrl = `file:${join(home, "cloud.db")}`;
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

const person = {
	email: "Ada@Example.com",
	name: "Ada",
	password: "a good long password",
	role: "ops",
	tenant: "default",
};

function peopleOf(url: string) {
	return withDatabase(url, (database) => database.read("SELECT email, role, password_hash FROM user"));
}

test("2.30 create-user adds a person whose password fits, and no second one of that e-mail", async () => {
	expect(await createUser({ databaseUrl, ...person })).toBe("Ada <ada@example.com> is operator of default.");
	const [user] = await peopleOf(databaseUrl);
	expect(await passwordFits(person.password, String(user?.password_hash))).toBe(true);
	await expect(createUser({ databaseUrl, ...person })).rejects.toThrow("in use already");
	await expect(createUser({ databaseUrl, ...person, email: "x" })).rejects.toThrow("email");
	await expect(createUser({ databaseUrl, ...person, tenant: "nobody" })).rejects.toThrow("no tenant nobody");
});

test("2.30 seed-demo makes the admin, a machine and a key, once, and never in production", async () => {
	await expect(seedDemo(databaseUrl, { NODE_ENV: "production" })).rejects.toThrow("everybody knows");
	const settings = { sql: `UPDATE tenant SET settings = '{"currency":"inr"}'` };
	await withDatabase(databaseUrl, (database) => database.write([settings]));
	expect(await seedDemo(databaseUrl, {})).toMatch(/admin@example\.com with Admin123![\s\S]*API key: vvk_/);
	const [admin] = await peopleOf(databaseUrl);
	expect(await passwordFits("Admin123!", String(admin?.password_hash))).toBe(true);
	await expect(seedDemo(databaseUrl, {})).rejects.toThrow("there already");
	const sold = await withDatabase(databaseUrl, (database) =>
		database.read("SELECT currency FROM machine UNION ALL SELECT currency FROM product"),
	);
	expect(sold).toEqual([{ currency: "inr" }, { currency: "inr" }, { currency: "inr" }]);
});

test("2.30 a backup is whole, for its owner only, and comes back in the place of what is lost", async () => {
	await createUser({ databaseUrl, ...person });
	const copy = join(home, "copy.db");
	await backUp(databaseUrl, copy);
	expect(statSync(copy).mode & 0o777).toBe(0o600);
	await expect(backUp(databaseUrl, copy)).rejects.toThrow("writes over nothing");
	await expect(restore(databaseUrl, copy)).rejects.toThrow("move it away first");
	const elsewhere = `file:${join(home, "restored.db")}`;
	await restore(elsewhere, copy);
	expect(readdirSync(home).filter((name) => name.startsWith("restored"))).toEqual(["restored.db"]);
	expect(await peopleOf(elsewhere)).toMatchObject([{ email: "ada@example.com" }]);
});

test("0.26 4.26 with an encryption key neither the file, nor its log, nor a backup can be read without it", async () => {
	const encryptionKey = "kN3vQ8zr1XcT5mYb7HdLw2PfSg9UaEoJ";
	await createUser({ databaseUrl, encryptionKey, ...person });
	const copy = join(home, "copy.db");
	await backUp(databaseUrl, copy, encryptionKey);
	for (const name of readdirSync(home)) {
		expect([name, readFileSync(join(home, name)).includes("ada@example.com")]).toEqual([name, false]);
	}
	await expect(peopleOf(databaseUrl)).rejects.toThrow(/NOTADB|not a database/);
	const elsewhere = `file:${join(home, "restored.db")}`;
	await expect(restore(elsewhere, copy)).rejects.toThrow("no whole database");
	await restore(elsewhere, copy, encryptionKey);
	const people = await withDatabase(elsewhere, (database) => database.read("SELECT email FROM user"), encryptionKey);
	expect(people).toEqual([{ email: "ada@example.com" }]);
});

test("4.39 a tenant moves by command from one cloud to another, encrypted on the way", async () => {
	await createUser({ databaseUrl, ...person });
	const file = join(home, "default.db");
	const fileKey = "a key for the way, longer than 32 characters";
	expect(await writeTenantFile({ databaseUrl, fileKey, tenant: "default", file })).toContain("everything of default");
	expect(readFileSync(file).includes("ada@example.com")).toBe(false);
	const elsewhere = `file:${join(home, "elsewhere.db")}`;
	expect(await readTenantFile({ databaseUrl: elsewhere, fileKey, file })).toBe(
		"Default (default) is here now, with 2 rows.",
	);
	expect(await peopleOf(elsewhere)).toEqual(await peopleOf(databaseUrl));
	await expect(writeTenantFile({ databaseUrl, tenant: "nobody", file })).rejects.toThrow("there is no tenant nobody");
});

test("2.30 what is no database is not restored, and leaves nothing behind", async () => {
	const wrong = join(home, "wrong.db");
	writeFileSync(wrong, "this is no database, and never was one. ".repeat(100));
	const elsewhere = join(home, "restored.db");
	await expect(restore(`file:${elsewhere}`, wrong)).rejects.toThrow("no whole database");
	expect(() => statSync(elsewhere)).toThrow("ENOENT");
});

test("2.30 4.39 a database that was served is not taken for a backup or a tenant's file: its log would be missing", async () => {
	await createUser({ databaseUrl, ...person });
	const served = join(home, "cloud.db");
	const open = await openDatabase(databaseUrl);
	await open.write([{ sql: "UPDATE user SET name = 'Eve'" }]);
	const elsewhere = `file:${join(home, "elsewhere.db")}`;
	await expect(restore(elsewhere, served)).rejects.toThrow("has a log beside it");
	await expect(readTenantFile({ databaseUrl: elsewhere, file: served })).rejects.toThrow("has a log beside it");
	open.close();
});

test("2.30 a backup of a newer version is not restored, and leaves nothing behind", async () => {
	await createUser({ databaseUrl, ...person });
	await withDatabase(databaseUrl, (database) =>
		database.write([{ sql: "INSERT INTO schema_migration VALUES (1000, 'from the future', 0)" }]),
	);
	const copy = join(home, "copy.db");
	await backUp(databaseUrl, copy);
	await expect(restore(`file:${join(home, "restored.db")}`, copy)).rejects.toThrow("start the version that wrote it");
	expect(readdirSync(home).filter((name) => name.startsWith("restored"))).toEqual([]);
});

test("2.30 doctor says what is missing and what to do, and finds a record that was changed", async () => {
	const environment = {
		JWT_SECRET: "kN3vQ8zr1XcT5mYb7HdLw2PfSg9UaEoJ",
		DATABASE_URL: databaseUrl,
		MQTT_BROKER_URL: "mqtt://127.0.0.1:1",
	};
	const texts = (await examine(environment)).map(({ level, text }) => `${level} ${text}`);
	expect(texts).toEqual([
		"ok the settings fit",
		`ok ${databaseUrl} is whole`,
		"warn nobody can log in yet: visionvend-cloud create-user",
		"bad no broker at 127.0.0.1:1: start it, or set MQTT_BROKER_URL",
		"warn payments are off: neither STRIPE_API_KEY nor RAZORPAY_KEY_ID is set",
	]);
	await withDatabase(databaseUrl, (database) =>
		database.write([
			{
				sql: `INSERT INTO audit_entry (tenant_id, sequence, at_ms, actor_kind, actor_id, action, target, status, request_id, hash)
					VALUES ('default', 1, ?, 'user', 'x', 'x', 'x', 200, 'x', 'wrong')`,
				args: [systemClock.now()],
			},
		]),
	);
	expect(await examine(environment)).toContainEqual({
		level: "bad",
		text: "the audit log of default was changed at entry 1",
	});
	expect(await examine({})).toMatchObject([{ level: "bad", text: expect.stringContaining("JWT_SECRET") }]);
});
