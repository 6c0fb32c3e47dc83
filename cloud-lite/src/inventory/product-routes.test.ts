import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TwoTenants } from "../../test/two-tenants.ts";

let world: TwoTenants;
beforeAll(async () => {
	world = await TwoTenants.open();
});
afterAll(() => world.close());

async function productOf(sku: string) {
	const { body } = await world.request("viewer", "GET", `/api/v1/products?query=${sku}`);
	return body.data[0];
}

test("4.18 what machines sell is in the catalogue, with its mass, and a new price counts in the machine at once", async () => {
	const cola = await productOf("cola");
	expect(cola).toMatchObject({
		sku: "cola",
		priceCents: 200,
		currency: "usd",
		massMilligrams: 355_000,
		active: true,
		imageUrl: null,
	});
	const { status, body } = await world.request(
		"operator",
		"PATCH",
		`/api/v1/products/${cola.id}`,
		{ priceCents: 250 },
		{ headers: { "if-match": '"1"' } },
	);
	expect([status, body.data.priceCents, body.data.version]).toEqual([200, 250, 2]);
	const [row] = await world.database.read(
		`SELECT COALESCE(slot.price_cents, product.price_cents) AS price FROM planogram
			JOIN slot ON planogram_id = planogram.id JOIN product ON product.id = product_id
			WHERE machine_id = ? AND sku = 'cola' AND state = 'active'`,
		[world.alpha.machineId],
	);
	expect(row).toEqual({ price: 250 });
	const late = await world.request(
		"operator",
		"PATCH",
		`/api/v1/products/${cola.id}`,
		{ priceCents: 1 },
		{ headers: { "if-match": '"1"' } },
	);
	expect(late.status).toBe(412);
});

test("4.18 a product that a machine sells keeps its SKU and stays in the catalogue; any other one can go", async () => {
	const chips = await productOf("chips");
	for (const [method, body] of [
		["PATCH", { sku: "crisps" }],
		["PATCH", { massMilligrams: null, toleranceMilligrams: null }],
		["DELETE", undefined],
	] as const) {
		const answer = await world.request("operator", method, `/api/v1/products/${chips.id}`, body);
		expect([method, answer.status, answer.body.code]).toEqual([method, 409, "product_in_use"]);
	}
	const { body: added } = await world.request("operator", "POST", "/api/v1/products", {
		sku: "mug",
		name: "Mug",
		priceCents: 900,
	});
	const gone = await world.request("operator", "DELETE", `/api/v1/products/${added.data.id}`);
	expect(gone.body.data).toMatchObject({ sku: "mug", active: false });
	const list = await world.request("viewer", "GET", "/api/v1/products?active=true");
	expect(list.body.data.map(({ sku }: { sku: string }) => sku)).not.toContain("mug");
});

test("4.23 wrong products are refused, and another tenant's do not exist", async () => {
	const good = { sku: "gum", name: "Gum", priceCents: 50 };
	for (const wrong of [
		{ priceCents: -1 },
		{ priceCents: 1.5 },
		{ massMilligrams: 5_000 },
		{ sku: "a b" },
		{ name: "" },
	]) {
		const { status } = await world.request("operator", "POST", "/api/v1/products", { ...good, ...wrong });
		expect([wrong, status]).toEqual([wrong, "massMilligrams" in wrong ? 422 : 400]);
	}
	expect((await world.request("viewer", "POST", "/api/v1/products", good)).status).toBe(403);
	const { body } = await world.request("operator", "POST", "/api/v1/products", good);
	expect((await world.request("operator", "POST", "/api/v1/products", good)).body.code).toBe("sku_taken");
	for (const [method, sent] of [
		["GET", undefined],
		["PATCH", { priceCents: 1 }],
		["DELETE", undefined],
	] as const) {
		const path = `/api/v1/products/${body.data.id}`;
		expect((await world.request("admin", method, path, sent, { tenant: world.beta })).status).toBe(404);
	}
});

test("4.18 a picture is drawn anew as WebP: smaller, and without the place where it was taken", async () => {
	const chips = await productOf("chips");
	const path = `/api/v1/products/${chips.id}/image`;
	const photo = await sharp({ create: { width: 1_500, height: 900, channels: 3, background: "#a52" } })
		.withExif({ IFD0: { Copyright: "taken at home" } })
		.jpeg()
		.toBuffer();
	const bytes = Uint8Array.from(photo);
	const put = await world.request("operator", "PUT", path, bytes, { headers: { "content-type": "image/jpeg" } });
	expect([put.status, put.body.data.imageUrl]).toEqual([200, expect.stringMatching(`^${path}\\?v=[0-9a-f]{12}$`)]);
	expect((await productOf("chips")).imageUrl).toBe(put.body.data.imageUrl);
	const response = await world.cloud.app.request(path, {
		headers: { authorization: `Bearer ${await world.credential("shopper", world.alpha)}` },
	});
	expect(response.headers.get("content-type")).toBe("image/webp");
	const { format, width, exif } = await sharp(await response.arrayBuffer()).metadata();
	expect({ format, width, exif }).toEqual({ format: "webp", width: 1_024, exif: undefined });
	const text = new TextEncoder().encode("<svg onload=alert(1)>");
	for (const [sent, type] of [
		[text, "image/svg+xml"],
		[bytes.slice(0, 40), "image/jpeg"],
	] as const) {
		const refused = await world.request("operator", "PUT", path, sent, { headers: { "content-type": type } });
		expect([refused.status, refused.body.code]).toEqual([422, "image_invalid"]);
	}
	expect(
		(await world.request("viewer", "PUT", path, bytes, { headers: { "content-type": "image/jpeg" } })).status,
	).toBe(403);
	const other = { tenant: world.beta };
	expect((await world.request("shopper", "GET", path, undefined, other)).status).toBe(404);
	const jpeg = { headers: { "content-type": "image/jpeg" }, ...other };
	expect((await world.request("operator", "PUT", path, bytes, jpeg)).status).toBe(404);
});

test("4.23 a mass without its tolerance is refused, and so is forgetting one of them", async () => {
	const weighed = { sku: "tea", name: "Tea", priceCents: 100, massMilligrams: 5_000, toleranceMilligrams: 100 };
	const { body } = await world.request("admin", "POST", "/api/v1/products", weighed);
	const path = `/api/v1/products/${body.data.id}`;
	for (const change of [{ massMilligrams: null }, { toleranceMilligrams: null }]) {
		const refused = await world.request("admin", "PATCH", path, change);
		expect([refused.status, refused.body.code]).toEqual([422, "mass_incomplete"]);
	}
	const both = { massMilligrams: null, toleranceMilligrams: null };
	expect((await world.request("admin", "PATCH", path, both)).status).toBe(200);
	expect((await world.request("admin", "PATCH", path, { massMilligrams: 6_000 })).status).toBe(422);
});
