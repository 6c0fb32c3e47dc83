import { afterAll, beforeAll, expect, test } from "vitest";
import { TwoTenants } from "../../test/two-tenants.ts";

let world: TwoTenants;

beforeAll(async () => {
	world = await TwoTenants.open();
});

afterAll(() => world.close());

test("2.14 who asks sees its own tenant, in the envelope and with its version as ETag", async () => {
	const { status, body, headers } = await world.request("viewer", "GET", "/api/v1/tenant");
	expect(status).toBe(200);
	expect(body).toMatchObject({ ok: true, data: { id: "alpha", version: 1, createdAt: "2026-01-01T09:00:00.000Z" } });
	expect(headers.get("etag")).toBe('"1"');
	const other = await world.request("viewer", "GET", "/api/v1/tenant", undefined, { tenant: world.beta });
	expect(other.body.data.id).toBe("beta");
});

test("2.10 who is not known, or may not, is told so", async () => {
	for (const [caller, status, code] of [
		["anonymous", 401, "unauthenticated"],
		["shopper", 403, "forbidden"],
		["device", 403, "forbidden"],
		["apiKey", 200, undefined],
	] as const) {
		const answer = await world.request(caller, "GET", "/api/v1/tenant");
		expect([caller, answer.status, answer.body.code]).toEqual([caller, status, code]);
	}
});
