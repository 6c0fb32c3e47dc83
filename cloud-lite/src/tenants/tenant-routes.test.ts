import { afterAll, beforeAll, expect, test } from "vitest";
import { TwoTenants } from "../../test/two-tenants.ts";
import { products } from "../../test/world.ts";

let world: TwoTenants;

beforeAll(async () => {
	world = await TwoTenants.open();
});

afterAll(() => world.close());

test("2.14 4.19 who asks sees its own tenant, in the envelope and with its version as ETag", async () => {
	const { status, body, headers } = await world.request("viewer", "GET", "/api/v1/tenant");
	expect(status).toBe(200);
	expect(body).toMatchObject({
		ok: true,
		data: {
			id: "alpha",
			createdAt: "2026-01-01T09:00:00.000Z",
			settings: { currency: "usd", paymentGateway: { provider: "stripe" }, notifications: { email: [] } },
			branding: { displayName: "", color: "#1a7f37" },
			subscription: { plan: "self-hosted", status: "active", expiresAt: null },
		},
	});
	expect(headers.get("etag")).toBe('"1"');
	const other = await world.request("viewer", "GET", "/api/v1/tenant", undefined, { tenant: world.beta });
	expect(other.body.data.id).toBe("beta");
});

test("4.6 4.19 an admin changes settings and branding, and not the subscription", async () => {
	const change = {
		settings: { currency: "eur", notifications: { email: ["ada@alpha.example"] } },
		branding: { displayName: "Alpha", color: "#0055aa" },
		subscription: { plan: "gold", status: "active" },
	};
	const { body } = await world.request("admin", "PATCH", "/api/v1/tenant", change);
	expect(body.data.settings).toMatchObject({ currency: "eur", timeZone: "UTC" });
	expect(body.data.branding).toMatchObject({ displayName: "Alpha", logoUrl: null });
	expect(body.data.subscription.plan).toBe("self-hosted");
	expect((await world.request("operator", "PATCH", "/api/v1/tenant", change)).status).toBe(403);
});

test("4.19 what a tenant adds without a currency is sold in the tenant's", async () => {
	await world.request("admin", "PATCH", "/api/v1/tenant", { settings: { currency: "inr" } });
	const product = { sku: "chai", name: "Chai", priceCents: 2_000 };
	const added = await world.request("admin", "POST", "/api/v1/products", product);
	expect(added.body.data.currency).toBe("inr");
	const item = { sku: "dosa", name: "Dosa", price: 60 };
	expect((await world.request("admin", "POST", "/api/v1/inventory", item)).body.data.currency).toBe("inr");
	const csv = "sku,name,price\nvada,Vada,40\n";
	const imported = await world.request("admin", "POST", "/api/v1/imports/products", csv, {
		headers: { "content-type": "text/csv" },
	});
	expect(imported.body.data.added).toEqual(["vada"]);
	const network = { via: "pi", mqtt: { host: "broker.example", port: 8_883, tls: true } };
	const machine = { machine: { id: "lobby-1", name: "Lobby" }, network, inventory: products };
	const { body } = await world.request("admin", "POST", "/api/v1/machines/onboard", machine);
	expect(body.data.machine.currency).toBe("inr");
});

test.each([
	{ branding: { color: "green" } },
	{ branding: { logoUrl: "http://alpha.example/logo.png" } },
	{ settings: { currency: "dollars" } },
	{ settings: { notifications: { email: ["nobody"] } } },
])("4.19 %o is refused", async (change) => {
	expect((await world.request("admin", "PATCH", "/api/v1/tenant", change)).status).toBe(400);
});

test("4.39 a new tenant comes with an admin who can log in and a key that works, and sees nobody else's", async () => {
	const password = "a good long password";
	const wish = { slug: "gamma", name: "Gamma", admin: { email: "admin@gamma.example", name: "Grace", password } };
	const { status, body } = await world.request("platform", "POST", "/api/v1/tenants", wish);
	expect([status, body.data.tenant.slug]).toEqual([201, "gamma"]);
	const key = { headers: { "x-api-key": body.data.apiKey } };
	expect((await world.request("anonymous", "GET", "/api/v1/locations", undefined, key)).body.data).toEqual([]);
	const login = await world.request("anonymous", "POST", "/auth/login", { email: wish.admin.email, password });
	expect(login.status).toBe(200);
	expect(await world.request("platform", "POST", "/api/v1/tenants", wish)).toMatchObject({
		status: 409,
		body: { code: "slug_taken" },
	});
	const again = { ...wish, slug: "delta" };
	expect((await world.request("platform", "POST", "/api/v1/tenants", again)).body.code).toBe("email_taken");
});

test("4.19 the platform changes a subscription, and a tenant that is switched off gets in nowhere", async () => {
	const subscription = { plan: "gold", status: "cancelled", expiresAt: "2026-02-01T00:00:00.000Z" };
	const change = { subscription, active: false };
	const { body } = await world.request("platform", "PATCH", "/api/v1/tenants/beta", change);
	expect(body.data).toMatchObject({ subscription, active: false });
	for (const caller of ["admin", "apiKey", "device"] as const) {
		const path = caller === "device" ? "/api/v1/auth/device-token" : "/api/v1/tenant";
		const method = caller === "device" ? "POST" : "GET";
		expect((await world.request(caller, method, path, undefined, { tenant: world.beta })).status).toBe(401);
	}
	expect((await world.request("platform", "PATCH", "/api/v1/tenants/alpha", { active: false })).status).toBe(409);
});
