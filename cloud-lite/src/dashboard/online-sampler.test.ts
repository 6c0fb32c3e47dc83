import { expect, test } from "vitest";
import { TwoTenants } from "../../test/two-tenants.ts";

test("2.26 the online rate of a day is the share of its five-minute counts in which machines were online", async () => {
	const alarms = { everyMs: 86_400_000, usages: async () => [], lastResort: async () => undefined };
	const world = await TwoTenants.open({}, { alarms });
	await world.database.write([
		{ sql: "UPDATE machine SET last_seen_at_ms = ? WHERE id = 'alpha-fridge'", args: [world.clock.now()] },
	]);
	// The first count came before anything was seen; twelve follow in the hour, and the machine is online for ten minutes.
	await world.pass(3_600_000 - 1);
	const { body } = await world.request("apiKey", "GET", "/api/v1/dashboard/summary?from=2026-01-01");
	expect(body.data.kpis).toMatchObject({ machines: { online: 0, offline: 1 }, onlineRate: 0.1818 });
	expect(body.data.trends.onlineRate).toEqual([{ day: "2026-01-01", rate: 0.1818 }]);
	const other = await world.request("apiKey", "GET", "/api/v1/dashboard/summary", undefined, { tenant: world.beta });
	expect(other.body.data.kpis.onlineRate).toBeNull();
	await world.close();
});
