import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemRandom } from "@visionvend/sdk/random";
import { afterAll, beforeAll, expect, test } from "vitest";
import { copyEmptyDatabase } from "../../test/empty-database.ts";
import { isolationRows } from "../../test/isolation-rows.ts";
import { ownerOf } from "../../test/owner.ts";
import { TwoTenants } from "../../test/two-tenants.ts";
import { machineId, World } from "../../test/world.ts";
import { type Database, openDatabase, type Reader } from "../db/database.ts";
import { migrate } from "../db/migrate.ts";
import { defaultTenantId } from "./tenant.ts";
import { exportTenant, importTenant, secretColumns, secretTables } from "./tenant-file.ts";
import { staysBehind, type TenantTable, tenantTables } from "./tenant-tables.ts";

const encryptionKey = "a key that only the file of this tenant has";
let home: string;
let world: World;
let database: Database;
let tables: TenantTable[];
let owner: Awaited<ReturnType<typeof ownerOf>>;

/** A shop with a sale, a refund, a product with a new price, and a line on record. */
beforeAll(async () => {
	home = mkdtempSync(join(tmpdir(), "visionvend-tenant-file-"));
	world = await World.create();
	database = await openDatabase(world.databaseUrl, "process-crash");
	tables = await tenantTables(database);
	world.machine.behaviour = { take: ["cola", "chips"] };
	await world.unlock("sale-1");
	await world.pass(5_000);
	owner = await ownerOf(world);
	await owner("POST", "/api/v1/orders/sale-1/manual_refund", { amountCents: 150, reason: "stale" });
	await owner("POST", "/api/v1/users", {
		email: "ada@example.com",
		name: "Ada",
		role: "admin",
		password: "a good long password",
	});
	await world.pass(5_000);
});

afterAll(async () => {
	database.close();
	await world.close();
	rmSync(home, { recursive: true, force: true });
});

function leave(name: string, options: Partial<Parameters<typeof exportTenant>[0]> = {}): Promise<string> {
	const path = join(home, name);
	const { clock } = world;
	return exportTenant({
		database,
		clock,
		random: systemRandom,
		tenantId: defaultTenantId,
		path,
		secrets: "kept",
		...options,
	}).then(() => path);
}

/** What a tenant has, table by table: without the numbers that count within one database, and without an order. */
async function holdings(reader: Reader, tenantId: string) {
	const all: Record<string, unknown[]> = {};
	for (const { name, columns, where, numbers } of tables) {
		const kept = columns.filter((column) => numbers[column] === undefined).map((column) => `"${column}"`);
		const rows = await reader.read(`SELECT ${kept.join(", ")} FROM "${name}" WHERE ${where}`, [tenantId]);
		all[name] = rows.map((row) => JSON.stringify(row)).sort();
	}
	return all;
}

test("4.39 every table goes with its tenant, or is named among those that stay", async () => {
	const rows = await database.read("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
	const named = [...tables.map(({ name }) => name), ...Object.keys(staysBehind)];
	expect(named.sort()).toEqual(rows.map(({ name }) => String(name)).sort());
});

test("4.26 every column that could be a secret is left out, or known to be none", () => {
	const harmless = [
		// Hashes of 256 random bits, and of what is on record.
		"api_key.secret_hash",
		"audit_entry.hash",
		"product_image.hash",
		"report.hash",
		// Names that a provider gave.
		"shopper.payment_method",
	];
	const columns = tables
		.filter(({ name }) => !secretTables.includes(name))
		.flatMap(({ name, columns }) => columns.map((column) => `${name}.${column}`));
	const suspicious = columns.filter((column) => /secret|password|hash|token|credential|private/.test(column));
	expect(suspicious.filter((column) => secretColumns[column] === undefined && !harmless.includes(column))).toEqual([]);
});

test("4.39 a tenant's file is for its owner only, has all it has, and nothing of others", async () => {
	const two = await TwoTenants.open();
	for (const { params } of Object.values(isolationRows)) await params(two);
	const { clock } = two;
	const ofAlpha = join(home, "alpha.db");
	const ofBeta = join(home, "beta.db");
	const common = { database: two.database, clock, random: systemRandom, secrets: "kept" } as const;
	await exportTenant({ ...common, tenantId: "alpha", path: ofAlpha });
	await exportTenant({ ...common, tenantId: "beta", path: ofBeta });
	expect(statSync(ofAlpha).mode & 0o777).toBe(0o600);
	expect([readFileSync(ofBeta).includes("beta-fridge"), readFileSync(ofBeta).includes("alpha")]).toEqual([true, false]);
	const file = await openDatabase(`file:${ofAlpha}`);
	const found = await holdings(file, "alpha");
	expect(found).toEqual(await holdings(two.database, "alpha"));
	expect(Object.values(found).filter((rows) => rows.length > 0).length).toBeGreaterThan(25);
	file.close();
	await two.close();
});

test("4.39 a cloud that serves the file goes on with the shop: same machine, same people, same books", async () => {
	const path = await leave("own.db");
	const before = await world.cloud.ledgerRows();
	await world.startCloud(() => ({}), { databaseUrl: `file:${path}`, telemetryDatabaseUrl: `file:${home}/own-t.db` });
	expect((await world.cloud.ledgerRows()).map(({ amountCents }) => amountCents)).toEqual(
		before.map(({ amountCents }) => amountCents),
	);
	world.token = await world.cloud.issueShopperToken("ada");
	expect((await world.unlock("sale-2")).status).toBe(200);
	await world.pass(5_000);
	expect(await world.sale("sale-2")).toMatchObject({ state: "captured", capturedCents: 350 });
	await world.cloud.close();
	await world.startCloud();
});

test("4.39 a file gives nobody in it power over the tenants that are there already, whoever wrote it so", async () => {
	const two = await TwoTenants.open();
	const { clock } = two;
	const powers = {
		"a role": "UPDATE user SET role = 'platform' WHERE email = 'ada@example.com'",
		"a permission": `UPDATE user SET permissions = '["*:platform"]' WHERE email = 'ada@example.com'`,
		"a key": `INSERT INTO api_key (id, tenant_id, secret_hash, name, scopes, created_at_ms)
			VALUES ('k', 'default', 'h', 'ada@example.com', '["tenants:platform"]', 0)`,
	};
	for (const [index, sql] of Object.values(powers).entries()) {
		const file = await openDatabase(`file:${await leave(`plain-${index}.db`)}`, "process-crash");
		await file.write([{ sql, args: [] }]);
		const path = await leave(`power-${index}.db`, { database: file });
		file.close();
		await expect(importTenant({ database: two.database, clock, path })).rejects.toThrow(
			/^not taken in: "ada@example.com" may rule all tenants/,
		);
	}
	expect(await two.database.read("SELECT 1 FROM user WHERE tenant_id = 'default'")).toEqual([]);
	await two.close();
});

test("4.39 another cloud takes the file in beside its own tenants, with every row, and tells nothing again", async () => {
	const path = await leave("move.db", { encryptionKey });
	const two = await TwoTenants.open();
	const before = await holdings(two.database, "alpha");
	const { clock } = two;
	await expect(importTenant({ database: two.database, clock, path })).rejects.toThrow(/NOTADB|not a database/);
	const taken = await importTenant({ database: two.database, clock, path, encryptionKey });
	expect(taken).toMatchObject({ id: "default", name: "Default" });
	expect(await holdings(two.database, "default")).toEqual(await holdings(database, "default"));
	expect(await holdings(two.database, "alpha")).toEqual(before);
	expect(await two.database.read("SELECT * FROM pragma_foreign_key_check")).toEqual([]);
	// Entries still belong to their journals, and nothing is in front of who tells what happened.
	expect(
		await two.database.read(
			`SELECT kind, SUM(amount_cents) AS sum FROM entry JOIN journal ON journal.id = journal_id GROUP BY kind HAVING sum <> 0`,
		),
	).toEqual([]);
	expect(
		await two.database.read(
			"SELECT id FROM sale_event WHERE id > (SELECT position FROM announced WHERE source = 'sale_event')",
		),
	).toEqual([]);
	// Triggers are back.
	await expect(two.database.write([{ sql: "DELETE FROM entry" }])).rejects.toThrow("append only");
	await expect(importTenant({ database: two.database, clock, path, encryptionKey })).rejects.toThrow(
		"there is a tenant default here already",
	);

	await world.startCloud(() => ({}), { databaseUrl: `file:${join(two.folder, "cloud.db")}` });
	expect((await owner("GET", "/api/v1/orders/sale-1")).body.data).toMatchObject({ refundedCents: 150 });
	expect((await owner("GET", "/api/v1/audit/check")).body.data).toMatchObject({ intact: true });
	const login = { email: "ada@example.com", password: "a good long password" };
	expect((await world.post("/api/v1/auth/login", login)).status).toBe(200);
	await world.cloud.close();
	await world.startCloud();
	await two.close();
});

test("4.26 4.39 an admin downloads everything but what lets somebody in, and that is on record", async () => {
	const two = await TwoTenants.open();
	const [machine] = await two.database.read("SELECT secret FROM machine WHERE id = 'alpha-fridge'");
	const response = await two.cloud.app.request("/api/v1/tenant/export", {
		headers: { authorization: `Bearer ${await two.credential("admin", two.alpha)}` },
	});
	expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/vnd.sqlite3"]);
	const path = join(home, "download.db");
	writeFileSync(path, Buffer.from(await response.arrayBuffer()));
	const bytes = readFileSync(path);
	expect([bytes.includes("alpha-fridge"), bytes.includes(`${machine?.secret}`), bytes.includes("beta-")]).toEqual([
		true,
		false,
		false,
	]);
	expect((await two.request("operator", "GET", "/api/v1/tenant/export")).status).toBe(403);
	const [entry] = (await two.request("admin", "GET", "/api/v1/audit?limit=1")).body.data;
	expect(entry).toMatchObject({ action: "get /api/v1/tenant/export", actorId: "alpha-admin" });

	const other = await openDatabase(`file:${join(home, "elsewhere.db")}`, "process-crash");
	await migrate(other, two.clock);
	await importTenant({ database: other, clock: two.clock, path });
	expect(await other.read("SELECT id FROM machine")).toEqual([{ id: "alpha-fridge" }]);
	expect(await other.read("SELECT id FROM user WHERE password_hash IS NOT NULL")).toEqual([]);
	other.close();
	await two.close();
});

test("4.39 what is here already is named, and nothing is written", async () => {
	const path = await leave("conflict.db");
	const other = join(home, "other.db");
	await copyEmptyDatabase(other, world.clock);
	const target = await openDatabase(`file:${other}`, "process-crash");
	await target.write([
		{ sql: "INSERT INTO tenant (id, slug, name, created_at_ms) VALUES ('b', 'b', 'B', 0)" },
		{
			sql: `INSERT INTO machine (id, tenant_id, name, currency, hold_cents, secret, created_at_ms)
				VALUES (?, 'b', 'Another', 'usd', 1, 'x', 0)`,
			args: [machineId],
		},
	]);
	await expect(importTenant({ database: target, clock: world.clock, path })).rejects.toThrow(
		`there is a machine here already whose id is ${machineId}`,
	);
	expect(await target.read("SELECT COUNT(*) AS sales FROM sale")).toEqual([{ sales: 0 }]);
	expect(await target.read("SELECT COUNT(*) AS tenants FROM tenant")).toEqual([{ tenants: 2 }]);
	await expect(leave("conflict.db")).rejects.toThrow("EEXIST");
	await expect(leave("nobody.db", { tenantId: "nobody" })).rejects.toThrow("there is no tenant nobody");
	expect(() => statSync(join(home, "nobody.db"))).toThrow("ENOENT");
	target.close();
});

test("4.39 a sale that is under way keeps its tenant where it is", async () => {
	world.machine.pause = true;
	world.token = await world.cloud.issueShopperToken("ada");
	await world.unlock("sale-3");
	await world.pass(2_000);
	const path = await leave("early.db");
	const two = await TwoTenants.open();
	await expect(importTenant({ database: two.database, clock: two.clock, path })).rejects.toThrow(
		"sale sale-3 is under way",
	);
	await two.close();
	await world.machine.finish();
	world.machine.pause = false;
	await world.pass(5_000);
});
