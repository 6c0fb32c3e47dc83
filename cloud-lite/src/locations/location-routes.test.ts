import { afterAll, beforeAll, expect, test } from "vitest";
import { TwoTenants } from "../../test/two-tenants.ts";

let world: TwoTenants;

beforeAll(async () => {
	world = await TwoTenants.open();
});

afterAll(() => world.close());

test("2.11 a location with its place on earth is added, changed over its version, and removed", async () => {
	const place = { name: "Museum", latitude: 52.5, longitude: 13.4, timeZone: "Europe/Berlin" };
	const added = await world.request("operator", "POST", "/api/v1/locations", place);
	expect([added.status, added.body.data]).toEqual([
		201,
		expect.objectContaining({ ...place, address: "", version: 1 }),
	]);
	const path = `/api/v1/locations/${added.body.data.id}`;
	const headers = { "if-match": added.headers.get("etag") ?? "" };
	const changed = await world.request("operator", "PATCH", path, { name: "Hall" }, { headers });
	expect(changed.body.data).toMatchObject({ name: "Hall", latitude: 52.5, version: 2 });
	expect((await world.request("operator", "DELETE", path, undefined, { headers })).status).toBe(412);
	expect((await world.request("operator", "DELETE", path)).status).toBe(200);
	expect((await world.request("operator", "GET", path)).status).toBe(404);
});

test("2.11 two locations of one tenant have two names; another tenant's name is free", async () => {
	expect(await world.request("operator", "POST", "/api/v1/locations", { name: "Lobby" })).toMatchObject({
		status: 409,
		body: { code: "location_name_taken" },
	});
});

test("2.11 a location where a machine stands stays", async () => {
	await world.database.write([
		{ sql: "UPDATE machine SET location_id = ? WHERE id = ?", args: [world.alpha.locationId, world.alpha.machineId] },
	]);
	const answer = await world.request("operator", "DELETE", `/api/v1/locations/${world.alpha.locationId}`);
	expect(answer).toMatchObject({ status: 409, body: { code: "location_in_use" } });
});

test.each([
	[{ latitude: 91 }, 400],
	[{ longitude: -181 }, 400],
	[{ timeZone: "Mars/Olympus" }, 422],
	[{ name: "" }, 400],
] as const)("2.11 %o is no location", async (wrong, status) => {
	const answer = await world.request("operator", "POST", "/api/v1/locations", { name: "x", ...wrong });
	expect(answer.status).toBe(status);
});
