import { afterAll, beforeAll, expect, test } from "vitest";
import { TwoTenants } from "../../test/two-tenants.ts";

let world: TwoTenants;

beforeAll(async () => {
	world = await TwoTenants.open();
	await world.request("operator", "POST", "/api/v1/locations", { name: "Roof" });
	await world.request("apiKey", "POST", "/api/v1/locations", { name: "Roof" });
	await world.request("viewer", "POST", "/api/v1/locations", { name: "Roof" });
	await world.request("viewer", "GET", "/api/v1/locations");
});

afterAll(() => world.close());

function check() {
	return world.request("admin", "GET", "/api/v1/audit/check").then(({ body }) => body.data);
}

test("2.8 2.13 what people and programs change or try to change is on record, with who, what and how it ended", async () => {
	const { body } = await world.request("admin", "GET", "/api/v1/audit");
	expect(
		body.data.map(({ sequence, actorKind, actorId, action, status }: Record<string, unknown>) => [
			sequence,
			actorKind,
			actorKind === "apiKey" ? "" : actorId,
			action,
			status,
		]),
	).toEqual([
		[3, "user", "alpha-viewer", "post /api/v1/locations", 403],
		[2, "apiKey", "", "post /api/v1/locations", 409],
		[1, "user", "alpha-operator", "post /api/v1/locations", 201],
	]);
	const own = await world.request("admin", "GET", "/api/v1/audit?actorId=alpha-operator");
	expect(own.body.data).toHaveLength(1);
	expect((await world.request("operator", "GET", "/api/v1/audit")).status).toBe(403);
});

test("2.8 the record only grows", async () => {
	for (const sql of ["DELETE FROM audit_entry", "UPDATE audit_entry SET status = 200"]) {
		await expect(world.database.write([{ sql }])).rejects.toThrow("append only");
	}
});

test("2.8 many at once make one chain without a gap", async () => {
	const before = (await check()).entries;
	await Promise.all(
		Array.from({ length: 10 }, (_, index) =>
			world.request("operator", "POST", "/api/v1/locations", { name: `${index}` }),
		),
	);
	expect(await check()).toMatchObject({ intact: true, entries: before + 10 });
});

test("2.8 whoever gets past the triggers and changes or removes an entry is found out", async () => {
	const { entries } = await check();
	await world.database.write([
		{ sql: "DROP TRIGGER audit_entry_stays" },
		{ sql: "UPDATE audit_entry SET actor_id = 'somebody' WHERE tenant_id = 'alpha' AND sequence = 2" },
	]);
	expect(await check()).toMatchObject({ intact: false, entries: 1, firstBroken: 2 });
	expect(entries).toBeGreaterThan(2);
});
