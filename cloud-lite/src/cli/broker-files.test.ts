import { pbkdf2Sync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { products } from "../../test/world.ts";
import { writeBrokerFiles } from "./broker-files.ts";
import { withDatabase } from "./with-database.ts";

const folder = mkdtempSync(join(tmpdir(), "visionvend-broker-files-"));
const databaseUrl = `file:${join(folder, "cloud.db")}`;
const cloud = { username: "cloud", password: "the password of the cloud" };

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("4.25 Mosquitto is told of each machine in service, its password hashed, and keeps it to its own topics", async () => {
	const password = await withDatabase(databaseUrl, async (database, registry) => {
		const add = (machineId: string) =>
			registry.add({ machineId, name: machineId, currency: "usd", holdCents: 500, products: [...products] });
		const { broker } = await add("m1");
		await add("m2");
		await database.write([{ sql: "UPDATE machine SET decommissioned_at_ms = 1 WHERE id = 'm2'" }]);
		return broker.password;
	});
	const out = join(folder, "broker");
	expect(await writeBrokerFiles({ databaseUrl, cloud, folder: out })).toContain("1 machine(s)");
	const accounts = readFileSync(join(out, "passwords"), "utf8").trim().split("\n");
	expect(accounts.map((line) => line.split(":")[0])).toEqual(["cloud", "m1"]);
	for (const [index, secret] of [cloud.password, password].entries()) {
		const [, kind, rounds, salt = "", hash] = (accounts[index] ?? "").split("$");
		expect(kind).toBe("7");
		const expected = pbkdf2Sync(secret, Buffer.from(salt, "base64"), Number(rounds), 64, "sha512");
		expect(hash).toBe(expected.toString("base64"));
	}
	expect(readFileSync(join(out, "access"), "utf8")).toBe(
		"user cloud\ntopic readwrite devices/#\n\npattern readwrite devices/%u/#\n",
	);
	expect(statSync(join(out, "passwords")).mode & 0o777).toBe(0o600);
});
