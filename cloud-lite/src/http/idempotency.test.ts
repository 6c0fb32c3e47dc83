import { afterAll, beforeAll, expect, test } from "vitest";
import { TwoTenants } from "../../test/two-tenants.ts";

let world: TwoTenants;

beforeAll(async () => {
	world = await TwoTenants.open();
});

afterAll(() => world.close());

function add(name: string, key: string, caller: "operator" | "apiKey" = "operator") {
	return world.request(caller, "POST", "/api/v1/locations", { name }, { headers: { "idempotency-key": key } });
}

test("4.17 the same POST with the same key is done once and answered the same, at once or later", async () => {
	const first = await add("Roof", "key-1");
	const second = await add("Roof", "key-1");
	expect([first.status, second.status, second.body]).toEqual([201, 201, first.body]);
	expect([first.headers.get("idempotency-replayed"), second.headers.get("idempotency-replayed")]).toEqual([
		null,
		"true",
	]);
	const { body } = await world.request("viewer", "GET", "/api/v1/locations?page=1");
	expect(body.meta.total).toBe(2);
});

test("4.17 of ten at once one is done; the others get its answer or are told to wait", async () => {
	const answers = await Promise.all(Array.from({ length: 10 }, () => add("Cellar", "key-2")));
	expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
	expect(new Set(answers.filter(({ status }) => status === 201).map(({ body }) => body.data.id)).size).toBe(1);
});

test("4.17 a key with another request is refused; with another caller it is another key", async () => {
	expect(await add("Hall", "key-1")).toMatchObject({ status: 409, body: { code: "idempotency_key_reused" } });
	expect((await add("Hall", "key-1", "apiKey")).status).toBe(201);
});

test("4.17 the short path answers in another form, so under its key it is another request", async () => {
	const headers = { "idempotency-key": "key-5" };
	const mug = { sku: "mug", name: "Mug", price: 4 };
	const enveloped = await world.request("operator", "POST", "/api/v1/inventory", mug, { headers });
	expect(enveloped.status).toBe(201);
	expect(await world.request("operator", "POST", "/inventory", mug, { headers })).toMatchObject({
		status: 409,
		body: { code: "idempotency_key_reused" },
	});
});

test("4.17 what ended in a problem may be tried again under its key", async () => {
	expect((await add("Lobby", "key-3")).body.code).toBe("location_name_taken");
	await world.request("operator", "DELETE", `/api/v1/locations/${world.alpha.locationId}`);
	expect((await add("Lobby", "key-3")).status).toBe(201);
});

test("4.26 an answer with a secret is kept encrypted", async () => {
	const headers = { "idempotency-key": "key-4" };
	const wish = { name: "x", permissions: ["sales:read"] };
	const first = await world.request("admin", "POST", "/api/v1/api-keys", wish, { headers });
	const second = await world.request("admin", "POST", "/api/v1/api-keys", wish, { headers });
	expect(second.body.data.key).toBe(first.body.data.key);
	const kept = JSON.stringify(await world.database.read("SELECT * FROM idempotent_request"));
	expect(kept).not.toContain(first.body.data.key.slice(-43));
});
