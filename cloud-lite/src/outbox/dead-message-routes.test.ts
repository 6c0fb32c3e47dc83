import { topics } from "@visionvend/sdk/device/topics";
import { afterEach, expect, test } from "vitest";
import { ownerOf } from "../../test/owner.ts";
import { machineId, World } from "../../test/world.ts";
import { openDatabase } from "../db/database.ts";
import { publishLater } from "./outbox-entry.ts";

let world: World;
afterEach(() => world.close());

test("4.17 a message to a machine that was given up is seen with its reason, and leaves when it is replayed", async () => {
	world = await World.create();
	const owner = await ownerOf(world);
	const database = await openDatabase(world.databaseUrl);
	const topic = topics(machineId).receipt;
	const nowMs = world.clock.now();
	const body = { saleId: "sale-1", outcome: "cancelled", items: [], totalCents: 0, currency: "usd", language: "en" };
	await database.write([
		{ sql: "UPDATE machine SET decommissioned_at_ms = 1" },
		publishLater(
			{ machineId, to: "controller", topic, body, log: null, saleId: "sale-1" },
			{ lane: "sale-1", nowMs, expiresAtMs: nowMs + 3_600_000 },
		),
	]);
	await world.cloud.close();
	await world.startCloud();
	await world.pass(1_000);
	const [dead] = (await owner("GET", "/api/v1/dead-messages")).body.data;
	expect(dead).toMatchObject({ machineId, topic, saleId: "sale-1", reason: `machine ${machineId} is not registered` });

	await database.write([{ sql: "UPDATE machine SET decommissioned_at_ms = NULL" }]);
	database.close();
	const sent = () => world.broker.seen.filter((message) => message.topic === topic).length;
	expect(sent()).toBe(0);
	const path = `/api/v1/dead-messages/${dead.id}/replay`;
	expect((await owner("POST", path)).status).toBe(202);
	await world.pass(1_000);
	expect(sent()).toBe(1);
	expect((await owner("GET", "/api/v1/dead-messages")).body.data).toEqual([]);
	expect((await owner("POST", path)).body.code).toBe("dead_message_unknown");
});
