import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TwoTenants } from "../../test/two-tenants.ts";
import type { CatalogueProduct } from "./product.ts";
import { readProductCsv, writeProductCsv } from "./product-csv.ts";

let world: TwoTenants;
beforeAll(async () => {
	world = await TwoTenants.open();
});
afterAll(() => world.close());

const csv = { headers: { "content-type": "text/csv" } };
const take = (text: string, query = "", options = csv) =>
	world.request("operator", "POST", `/api/v1/imports/products${query}`, text, options);

test("2.29 a dry run says what a file would do and writes nothing; then the file does exactly that, and again nothing", async () => {
	const file = 'sku,name,price,stock,aliases\ncola,Cola Zero,2.25,24,coke|zero\nmilk,"Milk, 1 l",1.10,6,\nchips,,,,\n';
	const outcome = { added: ["milk"], changed: ["cola"], unchanged: ["chips"], errors: [] };
	expect((await take(file, "?dry_run=true")).body.data).toEqual({ dryRun: true, ...outcome });
	expect(await world.database.read("SELECT sku FROM product WHERE sku = 'milk'")).toEqual([]);
	expect((await take(file)).body.data).toEqual({ dryRun: false, ...outcome });
	expect(
		await world.database.read(
			`SELECT sku, name, price_cents, aliases, quantity, mass_milligrams FROM product
				LEFT JOIN stock ON product_id = product.id WHERE product.tenant_id = 'alpha' ORDER BY sku`,
		),
	).toMatchObject([
		{ sku: "chips", name: "Chips", price_cents: 150, quantity: null },
		{
			sku: "cola",
			name: "Cola Zero",
			price_cents: 225,
			aliases: '["coke","zero"]',
			quantity: 24,
			mass_milligrams: 355_000,
		},
		{ sku: "milk", name: "Milk, 1 l", price_cents: 110, quantity: 6, mass_milligrams: null },
	]);
	expect((await take(file)).body.data).toMatchObject({ added: [], changed: [], unchanged: ["cola", "milk", "chips"] });
});

test("2.29 every wrong cell is named by row and column, and one of them keeps the whole file out", async () => {
	const file =
		"sku,name,price,mass_grams\nrice,Rice,x,\nrice2,,1,\nrice3,R,1,12\n,No SKU,1,\nrice2,Twin,1,\nok,Fine,1,\n";
	const { status, body } = await take(file);
	expect(status).toBe(422);
	const errors = body.error.details.errors.map(({ row, column }: { row: number; column: string }) => [row, column]);
	expect(errors).toEqual([
		[2, "price"],
		[3, "name"],
		[4, "mass_grams"],
		[5, "sku"],
	]);
	expect((await take(file, "?dry_run=true")).body.data).toMatchObject({ added: ["rice2", "ok"] });
	expect(await world.database.read("SELECT sku FROM product WHERE sku = 'ok'")).toEqual([]);
	for (const wrong of ["name\nx\n", "sku,colour\nx,red\n", "sku,sku\na,b\n", 'sku,name\n"open,1\n']) {
		expect((await take(wrong)).status).toBe(422);
	}
	expect((await take("sku\ncola\n", "", { headers: { "content-type": "application/json" } })).status).toBe(415);
	expect((await world.request("viewer", "POST", "/api/v1/imports/products", "sku\n", csv)).status).toBe(403);
});

test("2.28 what is exported is the tenant's own, and no cell of it is a formula for a spreadsheet", async () => {
	await take('sku,name,price\n+43,"=HYPERLINK(""http://x"")",1\n');
	const { type, body } = await world.request("viewer", "GET", "/api/v1/exports/products");
	expect(type).toMatch(/^text\/csv/);
	expect(body).toContain("'+43,\"'=HYPERLINK(");
	const other = await world.request("viewer", "GET", "/api/v1/exports/products", undefined, { tenant: world.beta });
	expect(other.body).not.toContain("HYPERLINK");
	// Back in, the apostrophes are gone.
	const back = await take(body, "?dry_run=true");
	expect(back.body.data).toMatchObject({ added: [], errors: [] });
	expect((await world.request("shopper", "GET", "/api/v1/exports/products")).status).toBe(403);
});

test("what is written is read back as it was, and no cell begins like a formula", () => {
	const text = fc.string({ unit: fc.constantFrom(..."ab=+-@', \"é｜＝"), minLength: 1, maxLength: 12 });
	const name = text.map((raw) => `n${raw}`.trim()).filter((trimmed) => trimmed.length > 0);
	const dangerous = text.map((raw) => `=${raw}`.trim());
	const product: fc.Arbitrary<CatalogueProduct> = fc.record({
		id: fc.constant("p"),
		sku: fc.stringMatching(/^[=+@a-z][a-z0-9-]{0,8}$/),
		name: fc.oneof(name, dangerous),
		category: fc.constantFrom("", "drinks", "=1"),
		aliases: fc.array(fc.constantFrom("coke", "+cola", "été"), { maxLength: 2 }),
		currency: fc.constantFrom("usd", "jpy", "kwd"),
		priceCents: fc.nat(99_999),
		massMilligrams: fc.constantFrom(null, 355_123),
		toleranceMilligrams: fc.constant(null),
		lowAt: fc.option(fc.nat(9)),
		active: fc.constant(true),
		version: fc.constant(1),
		createdAtMs: fc.constant(0),
		changedAtMs: fc.constant(0),
	});
	fc.assert(
		fc.property(product, fc.integer({ min: 0, max: 99 }), (item, stock) => {
			const whole = { ...item, toleranceMilligrams: item.massMilligrams === null ? null : 5_000 };
			const file = writeProductCsv([{ product: whole, stock }]);
			for (const cell of parse(file).flat()) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
			const { rows, errors } = readProductCsv(file, new Map(), "usd");
			expect(errors).toEqual([]);
			expect(rows[0]).toMatchObject({
				sku: whole.sku,
				stock,
				fields: { name: whole.name, priceCents: whole.priceCents, currency: whole.currency },
			});
			expect(rows[0]?.fields.massMilligrams ?? null).toBe(whole.massMilligrams);
			expect(rows[0]?.fields.lowAt ?? null).toBe(whole.lowAt);
			expect(rows[0]?.fields.aliases ?? []).toEqual(whole.aliases);
		}),
		{ seed: 229, numRuns: 200 },
	);
});
