import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { SheetsSimulator } from "../../../hardware-sim/src/sheets/sheets-simulator.ts";
import { TestClock } from "../../test/test-clock.ts";
import { countingRandom } from "../../test/world.ts";
import { serviceAccountSchema } from "./service-account.ts";
import { type Columns, readTable, titleRow, writesOf } from "./sheet-table.ts";
import { SheetsClient } from "./sheets-client.ts";
import { SheetsError } from "./sheets-error.ts";

const email = "sync@visionvend-test.iam.gserviceaccount.com";
const columns: Columns = [
	{ field: "sku", title: "SKU", type: { kind: "text", mostCharacters: 64 }, owner: "both" },
	{ field: "name", title: "Name", type: { kind: "text", mostCharacters: 8 }, owner: "both" },
	{ field: "priceCents", title: "Price", type: { kind: "decimal", fractionDigits: 2, most: 100_000 }, owner: "both" },
	{ field: "stock", title: "Stock", type: { kind: "integer", least: 0, most: 99 }, owner: "us" },
];

const keys = generateKeyPairSync("rsa", { modulusLength: 2048 });

function open() {
	const clock = new TestClock();
	const google = new SheetsSimulator({ clock, random: countingRandom(3), keys });
	google.addSpreadsheet("book", ["Products", "Sales log"], [email]);
	const account = serviceAccountSchema.parse(google.serviceAccount(email, "http://google.test/token"));
	const client = new SheetsClient({ account, clock, baseUrl: "http://google.test", fetch: google.fetch });
	return { clock, google, client };
}

async function failure(promise: Promise<unknown>): Promise<SheetsError> {
	const error = await promise.then(
		() => undefined,
		(reason: unknown) => reason,
	);
	if (error instanceof SheetsError) return error;
	throw new Error(`expected a SheetsError, got ${String(error)}`);
}

test("0.10 what is written is read back; a text that begins like a formula stays a text", async () => {
	const { client, google } = open();
	await client.write("book", [{ range: "Products!A1", values: [titleRow(columns), ["cola", "=1+1", 2.5, 6]] }]);
	expect(google.see("book", "Products")).toEqual([
		["SKU", "Name", "Price", "Stock"],
		["cola", "=1+1", 2.5, 6],
	]);
	const [rows = []] = await client.read("book", ["Products"]);
	expect(readTable("Products", columns, rows).rows).toEqual([
		{ number: 2, key: "cola", fields: { sku: "cola", name: "=1+1", priceCents: 250, stock: 6 } },
	]);
});

test("columns stand in the owner's order, beside columns of the owner's own", async () => {
	const { client, google } = open();
	for (const [cell, value] of Object.entries({ A1: "Note", B1: " price ", C1: "Stock", D1: "sku", E1: "NAME" }))
		google.type("book", `Products!${cell}`, value);
	google.type("book", "Products!B2", 2);
	google.type("book", "Products!D2", "cola");
	const [rows = []] = await client.read("book", ["Products"]);
	const table = readTable("Products", columns, rows);
	expect(table.rows[0]?.fields).toEqual({ sku: "cola", priceCents: 200 });
	await client.write("book", writesOf(table, columns, 2, { stock: 7, name: "Cola" }));
	expect(google.see("book", "Products!A2:E2")).toEqual([["", 2, 7, "cola", "Cola"]]);
});

test("a cell that makes no sense is named with row, column and reason, and its row is not used", () => {
	const table = readTable("Products", columns, [
		titleRow(columns),
		["cola", "Cola", "2,50", 6],
		["tea", "A very long name", 1.5, 1],
		["gum", "Gum", 0.9, 3],
		["gum", "Gum", 0.8, 3],
		["", "a note of the owner"],
	]);
	expect(table.rows).toEqual([]);
	expect(table.errors).toEqual([
		{ row: 2, column: "C", message: 'Price: "2,50" is not a number with at most 2 decimals from 0.00 to 1000.00' },
		{ row: 3, column: "B", message: "Name: 16 characters, at most 8 are possible" },
		{ row: 5, column: "A", message: 'SKU: "gum" stands in row 4 already; neither row is used' },
		{ row: 6, column: "B", message: "Name: 19 characters, at most 8 are possible" },
	]);
	expect(table.nextRow).toBe(7);
});

test("titles that are missing, or twice there, are named", () => {
	expect(() => readTable("Products", columns, [["SKU", "Price"]])).toThrow(
		'Sheet "Products" lacks in its first row: Name, Stock.',
	);
	expect(() => readTable("Products", columns, [["SKU", "Name", "Price", "Stock", "Price"]])).toThrow(
		'Sheet "Products" has "Price" above columns C and E; remove one.',
	);
});

test("every price in cents reads back from the sheet's floating point", () => {
	fc.assert(
		fc.property(fc.integer({ min: 0, max: 100_000 }), (priceCents) => {
			const table = readTable("Products", columns, [titleRow(columns), ["a", "A", priceCents / 100, 0]]);
			expect(table.rows[0]?.fields.priceCents).toBe(priceCents);
		}),
	);
});

test("one token serves many requests, and is replaced before it ends", async () => {
	const { client, clock, google } = open();
	let tokens = 0;
	google.faults.dropAnswer = (_method, path) => {
		if (path === "/token") tokens += 1;
		return false;
	};
	await Promise.all([client.titles("book"), client.titles("book")]);
	await client.titles("book");
	expect(tokens).toBe(1);
	clock.jump(clock.now() + 3_545_000);
	await client.titles("book");
	expect(tokens).toBe(2);
});

test("a token that was revoked is replaced once, and the request is repeated", async () => {
	const { client, google } = open();
	await client.titles("book");
	google.revokeTokens();
	expect(await client.titles("book")).toEqual(["Products", "Sales log"]);
});

test("a spreadsheet that is not shared names the address to share it with", async () => {
	const { client, google } = open();
	google.addSpreadsheet("private", ["Products"], ["somebody@example.com"]);
	const { kind, message } = await failure(client.titles("private"));
	expect(kind).toBe("forbidden");
	expect(message).toContain(`not shared with ${email} as an editor`);
});

test("a key of somebody else gets no token", async () => {
	const { clock, google } = open();
	const stranger = new SheetsSimulator({ clock, random: countingRandom(4) });
	const account = serviceAccountSchema.parse(stranger.serviceAccount(email, "http://google.test/token"));
	const client = new SheetsClient({ account, clock, baseUrl: "http://google.test", fetch: google.fetch });
	expect((await failure(client.titles("book"))).message).toContain("Invalid JWT Signature.");
});

test("a quota that is used up says how long to wait; no sheet and no spreadsheet are told apart", async () => {
	const { client, google } = open();
	expect((await failure(client.read("book", ["Nowhere"]))).kind).toBe("invalid");
	expect((await failure(client.titles("no-book"))).kind).toBe("missing");
	google.faults.refuse = () => 429;
	const { kind, retryAfterMs } = await failure(client.titles("book"));
	expect({ kind, retryAfterMs }).toEqual({ kind: "unavailable", retryAfterMs: 30_000 });
});

test("rows are appended behind the last one; a lost answer is no sign that nothing happened", async () => {
	const { client, google } = open();
	await client.append("book", "'Sales log'", [["Sale", "Sum"]]);
	google.faults.dropAnswer = (_method, path) => path.endsWith(":append");
	expect((await failure(client.append("book", "'Sales log'", [["txn-1", 3.5]]))).kind).toBe("unavailable");
	expect(google.see("book", "'Sales log'")).toEqual([
		["Sale", "Sum"],
		["txn-1", 3.5],
	]);
});

test("a sheet is added once", async () => {
	const { client } = open();
	await client.addSheet("book", "Stock");
	expect(await client.titles("book")).toEqual(["Products", "Sales log", "Stock"]);
	expect((await failure(client.addSheet("book", "Stock"))).kind).toBe("invalid");
});
