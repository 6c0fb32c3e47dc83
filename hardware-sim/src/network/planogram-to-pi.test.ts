import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCloud } from "@visionvend/cloud-lite";
import { createPiRuntime } from "@visionvend/pi-runtime";
import type { Product } from "@visionvend/sdk/catalog/product";
import { systemClock } from "@visionvend/sdk/clock";
import type { LogEntry } from "@visionvend/sdk/log";
import { connectMqtt } from "@visionvend/sdk/protocol/mqtt-message-broker";
import { systemRandom } from "@visionvend/sdk/random";
import { afterAll, expect, test } from "vitest";
import { startAedes } from "./aedes-broker.ts";

const folder = await mkdtemp(join(tmpdir(), "visionvend-planogram-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const product = (sku: string): Product => ({
	sku,
	name: sku,
	massMilligrams: 355_000,
	toleranceMilligrams: 5_000,
	priceCents: 200,
	shelf: 0,
});

test("a Pi whose file knows other products learns over MQTT what its machine sells, and the cloud that it knows", async () => {
	const broker = await startAedes({ users: [{ username: "cloud", password: "of-the-cloud" }] });
	const connect = (clientId: string) =>
		connectMqtt({ url: broker.url, username: "cloud", password: "of-the-cloud", clientId });
	const ports = { clock: systemClock, random: systemRandom };
	const cloudBroker = await connect("cloud");
	const cloud = await createCloud(
		{ databaseUrl: `file:${join(folder, "cloud.db")}`, jwtSecret: Buffer.from(systemRandom(48)).toString("base64url") },
		{ ...ports, broker: cloudBroker, stripe: undefined, log: () => undefined },
	);
	const { piKeys } = await cloud.addMachine({
		machineId: "m1",
		name: "Lobby",
		currency: "usd",
		holdCents: 500,
		products: [product("cola"), product("chips")],
	});
	let onApplied: (entry: LogEntry) => void = () => undefined;
	const applied = new Promise<LogEntry>((resolve) => {
		onApplied = resolve;
	});
	const pi = await createPiRuntime(
		{
			machineId: "m1",
			keys: piKeys,
			products: [product("water")],
			databaseUrl: `file:${join(folder, "pi.db")}`,
			broker: { url: broker.url, username: "m1", password: "unused: the test has connected" },
			uart: "tcp://127.0.0.1:9",
			baud: 115_200,
			healthPort: 0,
		},
		{
			...ports,
			broker: await connect("m1"),
			controller: { write: () => undefined, onData: () => undefined, close: () => undefined },
			log: (entry) => {
				if (entry.event === "planogram.applied") onApplied(entry);
			},
		},
	);
	expect(await applied).toMatchObject({ version: 1, products: 2 });
	await expect
		.poll(async () => (await cloud.database.read("SELECT planogram_told, planogram_due_at_ms FROM machine"))[0])
		.toMatchObject({ planogram_told: 1, planogram_due_at_ms: null });
	await pi.close();
	await cloud.close();
	await cloudBroker.close();
	await broker.close();
});
