import { afterAll, beforeAll, expect, test } from "vitest";
import { TwoTenants } from "../../test/two-tenants.ts";

let world: TwoTenants;
const password = "a good long password";

beforeAll(async () => {
	world = await TwoTenants.open();
});

afterAll(() => world.close());

function add(changes: object) {
	return world.request("admin", "POST", "/api/v1/users", {
		email: "grace@alpha.example",
		name: "Grace",
		role: "viewer",
		password,
		...changes,
	});
}

test("2.11 an admin adds a person, who can log in and is listed", async () => {
	const { status, body } = await add({});
	expect([status, body.data.email, body.data.permissions]).toEqual([201, "grace@alpha.example", []]);
	expect(JSON.stringify(body)).not.toContain("argon2");
	const login = await world.request("anonymous", "POST", "/auth/login", { email: "grace@alpha.example", password });
	expect(login.status).toBe(200);
	const list = await world.request("viewer", "GET", "/api/v1/users?page=1&limit=200");
	expect(list.body.meta.total).toBe(5);
});

test("2.10 ops is an operator", async () => {
	expect((await add({ email: "ops@alpha.example", role: "ops" })).body.data.role).toBe("operator");
});

test("2.11 an e-mail belongs to one person in all tenants", async () => {
	expect(await add({ email: "ADMIN@beta.example" })).toMatchObject({ status: 409, body: { code: "email_taken" } });
});

test.each([
	{ email: "nobody" },
	{ role: "owner" },
	{ password: "short" },
	{ permissions: ["everything"] },
	{ name: " " },
])("2.11 %o is refused", async (changes) => {
	expect((await add(changes)).status).toBe(400);
});

test("2.10 nobody gives what they do not hold: an admin makes no platform user, and changes none", async () => {
	expect((await add({ email: "x@alpha.example", role: "platform" })).status).toBe(403);
	expect((await add({ email: "x@alpha.example", permissions: ["tenants:platform"] })).status).toBe(403);
	const change = { password: "mine from now on" };
	expect((await world.request("admin", "PATCH", "/api/v1/users/alpha-platform", change)).status).toBe(403);
});

test("2.10 a permission beside the role opens what it says and no more, at once", async () => {
	const path = "/api/v1/users/alpha-viewer";
	const location = { name: "Roof" };
	expect((await world.request("viewer", "POST", "/api/v1/locations", location)).status).toBe(403);
	await world.database.write([
		{ sql: "UPDATE user SET permissions = '[\"locations:write\"]' WHERE id = 'alpha-viewer'" },
	]);
	expect((await world.request("viewer", "POST", "/api/v1/locations", location)).status).toBe(201);
	expect((await world.request("viewer", "PATCH", path, {})).status).toBe(403);
});

test("2.10 another role ends the logins that were begun with the old one", async () => {
	expect((await world.request("operator", "GET", "/api/v1/tenant")).status).toBe(200);
	const change = { role: "viewer" };
	const { body, headers } = await world.request("admin", "PATCH", "/api/v1/users/alpha-operator", change);
	expect([body.data.role, headers.get("etag")]).toEqual(["viewer", '"2"']);
	expect((await world.request("operator", "GET", "/api/v1/tenant")).status).toBe(401);
});

test("2.10 the last admin stays", async () => {
	const gone = { active: false };
	expect((await world.request("platform", "PATCH", "/api/v1/users/alpha-platform", gone)).status).toBe(200);
	expect(await world.request("admin", "PATCH", "/api/v1/users/alpha-admin", gone)).toMatchObject({
		status: 409,
		body: { code: "last_admin" },
	});
	expect((await world.request("admin", "GET", "/api/v1/tenant")).status).toBe(200);
});

test("4.23 a change over another version is refused, and changes nothing", async () => {
	const headers = { "if-match": '"7"' };
	const change = await world.request("admin", "PATCH", "/api/v1/users/alpha-viewer", { name: "x" }, { headers });
	expect(change).toMatchObject({ status: 412, body: { code: "version_changed" } });
	expect((await world.request("admin", "GET", "/api/v1/users/alpha-viewer")).body.data.name).toBe("alpha viewer");
});
