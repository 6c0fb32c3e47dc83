import { afterEach, expect, test } from "vitest";
import { SheetsSimulator } from "../../../hardware-sim/src/sheets/sheets-simulator.ts";
import { ownerOf } from "../../test/owner.ts";
import { TwoTenants } from "../../test/two-tenants.ts";
import { countingRandom, World } from "../../test/world.ts";
import { openDatabase } from "../db/database.ts";
import { serviceAccountSchema } from "./service-account.ts";
import { SheetsClient } from "./sheets-client.ts";

const email = "visionvend@shop.iam.gserviceaccount.com";
const titles = ["SKU", "Name", "Category", "Price", "Low at", "Stock", "In machines"];

let world: World | undefined;

afterEach(async () => {
	await world?.close();
	world = undefined;
});

/** A cloud with a service account, and a spreadsheet that is shared with it and connected. */
async function open(enabled = false) {
	const opened = await World.create();
	world = opened;
	const { clock } = opened;
	const google = new SheetsSimulator({ clock, random: countingRandom(8) });
	google.addSpreadsheet("book-1", [], [email]);
	const account = serviceAccountSchema.parse(google.serviceAccount(email, "http://google.test/token"));
	const sheets = new SheetsClient({ account, clock, baseUrl: "http://google.test", fetch: google.fetch });
	await opened.cloud.close();
	await opened.startCloud(() => ({ sheets }));
	const ask = await ownerOf(opened);
	const spreadsheet = "https://docs.google.com/spreadsheets/d/book-1/edit#gid=0";
	const linked = await ask("PUT", "/api/v1/sheets/link", { spreadsheet, currency: "USD", enabled });
	expect(linked.body.data).toMatchObject({ serviceAccount: email, spreadsheetId: "book-1", currency: "usd" });
	const sync = async (body: unknown = {}, query = "") => {
		const answer = await ask("POST", `/api/v1/sheets/sync${query}`, body);
		if (answer.status !== 200) throw new Error(`sync answered ${answer.status}: ${answer.body.detail}`);
		return answer.body.data;
	};
	const price = async (sku: string) =>
		(await opened.cloud.database.read("SELECT price_cents FROM product WHERE sku = ?", [sku]))[0]?.price_cents;
	return { world: opened, google, ask, sync, price };
}

test("0.10 the catalogue fills an empty spreadsheet, and prices that the owner types come back", async () => {
	const { google, sync, price, ask } = await open();
	const preview = await sync({}, "?dry_run=true");
	expect(preview).toMatchObject({ dryRun: true, toSheet: [{ key: "chips" }, { key: "cola" }] });
	expect(google.requests.filter((request) => !request.startsWith("GET"))).toEqual([]);
	await sync();
	expect(google.see("book-1", "Products")).toEqual([
		titles,
		["chips", "Chips", "", 1.5, "", 0, 0],
		["cola", "Cola", "", 2, "", 0, 0],
	]);
	expect(await sync()).toMatchObject({ toUs: [], toSheet: [], conflicts: [] });
	google.type("book-1", "Products!D3", 2.5);
	google.type("book-1", "Products!C3", "drinks");
	google.type("book-1", "Products!F3", 24);
	expect(await sync()).toMatchObject({
		toUs: [
			{
				key: "cola",
				changes: [
					{ field: "category", from: null, to: "drinks" },
					{ field: "priceCents", from: 200, to: 250 },
					{ field: "stock", from: 0, to: 24 },
				],
			},
		],
		refused: [],
	});
	expect(await price("cola")).toBe(250);
	expect((await ask("GET", "/api/v1/sheets/link")).body.data.lastError).toBeNull();
});

test("0.10 a price that changed on both sides is a conflict until somebody chooses", async () => {
	const { world, google, sync, price } = await open();
	await sync();
	const change = async (cents: number) => {
		const database = await openDatabase(world.databaseUrl);
		await database.write([{ sql: "UPDATE product SET price_cents = ? WHERE sku = 'cola'", args: [cents] }]);
		database.close();
	};
	await change(220);
	google.type("book-1", "Products!D3", 2.5);
	const conflict = { key: "cola", field: "priceCents", agreed: 200, sheet: 250, ours: 220 };
	expect(await sync()).toMatchObject({ conflicts: [conflict], toUs: [], toSheet: [] });
	expect(await price("cola")).toBe(220);
	const resolve = [{ key: "cola", field: "priceCents", winner: "sheet" }];
	expect(await sync({ resolve }, "?dry_run=true")).toMatchObject({ conflicts: [], toUs: [{ key: "cola" }] });
	expect(await sync()).toMatchObject({ conflicts: [conflict] });
	await sync({ resolve });
	expect(await price("cola")).toBe(250);
	expect(await sync()).toMatchObject({ conflicts: [], toUs: [], toSheet: [] });
	await change(300);
	google.type("book-1", "Products!D3", 1);
	await sync({ resolve: [{ ...resolve[0], winner: "ours" }] });
	expect(google.see("book-1", "Products!D3")).toEqual([[3]]);
});

test("0.10 a row that the owner adds becomes a product; one without a price is named, and so is what cannot be read", async () => {
	const { google, sync, price } = await open();
	await sync();
	for (const [row, cells] of [
		[4, ["tea", "Tea", "", 1.2]],
		[5, ["water", "Water"]],
		[6, ["juice", "Juice", "", "two dollars"]],
	] as const) {
		for (const [index, cell] of cells.entries()) google.type("book-1", `Products!${"ABCD"[index]}${row}`, cell);
	}
	const report = await sync();
	expect(report.refused).toEqual([{ key: "water", message: "A new product needs a name and a price." }]);
	expect(report.errors).toMatchObject([{ row: 6, column: "D", message: expect.stringContaining("two dollars") }]);
	expect(await price("tea")).toBe(120);
	expect(await price("water")).toBeUndefined();
	google.type("book-1", "Products!D5", 1);
	await sync();
	expect(await price("water")).toBe(100);
});

test("a row that is gone from the sheet deletes nothing", async () => {
	const { google, sync, price } = await open();
	await sync();
	for (const column of "ABCDEFG") google.type("book-1", `Products!${column}3`, "");
	expect(await sync()).toMatchObject({ goneFromSheet: ["cola"], toUs: [] });
	expect(await price("cola")).toBe(200);
});

test("0.10 sales are added to the log once, also when Google's answer is lost", async () => {
	const { world, google, sync, ask } = await open();
	await sync();
	const sell = async (id: string, take: readonly string[]) => {
		world.machine.behaviour = { take };
		await world.unlock(id);
		await world.pass(5_000);
	};
	await sell("sale-1", ["cola", "chips", "cola"]);
	google.faults.dropAnswer = (_method, path) => path.endsWith(":append");
	const lost = await ask("POST", "/api/v1/sheets/sync");
	expect(lost).toMatchObject({ status: 503, body: { code: "sheets_unavailable" } });
	expect((await ask("GET", "/api/v1/sheets/link")).body.data.lastError).toContain("cannot be reached");
	google.faults.dropAnswer = undefined;
	expect(await sync()).toMatchObject({ salesAdded: 0 });
	await sell("sale-2", ["cola"]);
	expect(await sync()).toMatchObject({ salesAdded: 1 });
	expect(google.see("book-1", "Sales").slice(1)).toEqual([
		["sale-1/chips", "2026-01-01T09:00:00.000Z", "Lobby fridge", "chips", "Chips", 1, 1.5, 1.5, "USD"],
		["sale-1/cola", "2026-01-01T09:00:00.000Z", "Lobby fridge", "cola", "Cola", 2, 2, 4, "USD"],
		["sale-2/cola", "2026-01-01T09:00:05.000Z", "Lobby fridge", "cola", "Cola", 1, 2, 2, "USD"],
	]);
});

test("0.10 a connected spreadsheet is synchronised every five minutes by itself, and again after an outage", async () => {
	const { world, google, price } = await open(true);
	await world.pass(60_000);
	google.type("book-1", "Products!D3", 2.5);
	await world.pass(5 * 60_000);
	expect(await price("cola")).toBe(250);
	google.faults.refuse = () => 503;
	google.type("book-1", "Products!D3", 3);
	await world.pass(10 * 60_000);
	expect(await price("cola")).toBe(250);
	expect(world.events()).toContain("sheet.failed");
	google.faults.refuse = undefined;
	await world.pass(5 * 60_000);
	expect(await price("cola")).toBe(300);
});

test("what is wrong with a spreadsheet is said in words that its owner can act on", async () => {
	const { google, ask } = await open();
	const sync = () => ask("POST", "/api/v1/sheets/sync");
	google.addSpreadsheet("private", ["Products"], ["somebody@example.com"]);
	await ask("PUT", "/api/v1/sheets/link", { spreadsheet: "private", currency: "usd", enabled: false });
	expect(await sync()).toMatchObject({
		status: 422,
		body: { detail: expect.stringContaining(`not shared with ${email}`) },
	});
	google.addSpreadsheet("strange", ["Products"], [email]);
	google.type("strange", "Products!A1", "Article");
	await ask("PUT", "/api/v1/sheets/link", { spreadsheet: "strange", currency: "usd", enabled: false });
	expect(await sync()).toMatchObject({
		status: 422,
		body: { detail: expect.stringContaining("lacks in its first row: SKU") },
	});
	const bad = { spreadsheet: "../../etc", currency: "usd" };
	expect((await ask("PUT", "/api/v1/sheets/link", bad)).status).toBe(422);
	expect((await ask("DELETE", "/api/v1/sheets/link")).body.data.spreadsheetId).toBeNull();
	expect(await sync()).toMatchObject({ status: 404, body: { code: "sheet_unlinked" } });
});

test("without a service account spreadsheets are off, and only admins connect one", async () => {
	const tenants = await TwoTenants.open();
	const body = { spreadsheet: "book-1", currency: "usd" };
	for (const [caller, method, path, status] of [
		["viewer", "GET", "/api/v1/sheets/link", 503],
		["admin", "PUT", "/api/v1/sheets/link", 503],
		["admin", "POST", "/api/v1/sheets/sync", 503],
		["operator", "PUT", "/api/v1/sheets/link", 403],
		["operator", "POST", "/api/v1/sheets/sync", 403],
		["shopper", "GET", "/api/v1/sheets/link", 403],
	] as const) {
		const answer = await tenants.request(caller, method, path, method === "GET" ? undefined : body);
		expect([caller, method, path, answer.status]).toEqual([caller, method, path, status]);
	}
	await tenants.close();
});
