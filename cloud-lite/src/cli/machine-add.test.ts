import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { controllerConfigurationSchema } from "@visionvend/sdk/protocol/messages";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseConfiguration } from "../../../pi-runtime/src/configuration.ts";
import { addMachine } from "./machine-add.ts";
import { withDatabase } from "./with-database.ts";

const config = `
mqtt: { broker: broker.example, port: 8883, tls: true }
inventory:
  cola: { weight: 355, tolerance: 5, price: 2.00 }
  chips: { weight: 70, tolerance: 4, price: 1.50, shelf: 1 }
`;

let home: string;

beforeEach(() => {
	home = mkdtempSync(join(tmpdir(), "visionvend-cli-"));
	writeFileSync(join(home, "config.yaml"), config);
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

function add(changes: { id?: string; folder?: string; configPath?: string; tenant?: string } = {}): Promise<string> {
	return addMachine({
		databaseUrl: `file:${join(home, "cloud.db")}`,
		id: changes.id ?? "fridge-7",
		name: "Lobby",
		tenant: changes.tenant ?? "default",
		configPath: changes.configPath ?? join(home, "config.yaml"),
		folder: join(home, changes.folder ?? "out"),
		environment: {},
	});
}

test("the files are what controller and pi take, for their owner's eyes only", async () => {
	const told = await add();
	const controllerPath = join(home, "out", "controller.json");
	const piPath = join(home, "out", "pi.json");
	for (const path of [controllerPath, piPath]) expect(statSync(path).mode & 0o777).toBe(0o600);
	const controller = controllerConfigurationSchema.parse(JSON.parse(readFileSync(controllerPath, "utf8")));
	expect(controller).toMatchObject({ machineId: "fridge-7", keys: { receive: { kid: "cloud-controller.1" } } });
	const pi = parseConfiguration(readFileSync(piPath, "utf8"), {});
	expect(pi).toMatchObject({
		machineId: "fridge-7",
		broker: { url: "mqtts://broker.example:8883", username: "fridge-7" },
	});
	expect(pi.products.map(({ sku, priceCents }) => [sku, priceCents])).toEqual([
		["cola", 200],
		["chips", 150],
	]);
	expect(told).toContain(`mosquitto_passwd -b passwords fridge-7 '${pi.broker.password}'`);
	expect(told).toContain("pattern readwrite devices/%u/#");
});

test("older files are never written over, and the machine is not added then", async () => {
	await add();
	await expect(add({ id: "fridge-8" })).rejects.toThrow("choose another folder");
	const machines = await withDatabase(`file:${join(home, "cloud.db")}`, (_database, registry) =>
		registry.find("fridge-8"),
	);
	expect(machines).toBeUndefined();
});

test("an id that is taken leaves no files behind", async () => {
	await add();
	await expect(add({ folder: "second" })).rejects.toThrow("exists already");
	expect(() => statSync(join(home, "second", "pi.json"))).toThrow("ENOENT");
	expect(() => statSync(join(home, "second", "controller.json"))).toThrow("ENOENT");
});

test("a configuration that is wrong is told with its file", async () => {
	const configPath = join(home, "wrong.yaml");
	writeFileSync(configPath, "mqtt: { broker: x }\ninventory: { cola: { weight: heavy, tolerance: 5, price: 2 } }\n");
	await expect(add({ configPath })).rejects.toThrow(/wrong\.yaml cannot be used:[\s\S]*inventory\.cola\.weight/);
});

test("a machine belongs to the tenant that is named, and none is added for one that there is not", async () => {
	await expect(add({ tenant: "nobody" })).rejects.toThrow("there is no tenant nobody");
	await withDatabase(`file:${join(home, "cloud.db")}`, (database) =>
		database.write([
			{ sql: "INSERT INTO tenant (id, slug, name, created_at_ms) VALUES ('t-1', 'corner-shop', 'Shop', 0)" },
		]),
	);
	await add({ tenant: "corner-shop" });
	const machines = await withDatabase(`file:${join(home, "cloud.db")}`, (database) =>
		database.read("SELECT id, tenant_id FROM machine"),
	);
	expect(machines).toEqual([{ id: "fridge-7", tenant_id: "t-1" }]);
});
