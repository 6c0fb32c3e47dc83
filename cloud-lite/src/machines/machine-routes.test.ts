import { readFileSync } from "node:fs";
import { controllerConfigurationSchema } from "@visionvend/sdk/protocol/messages";
import { afterEach, beforeEach, expect, test } from "vitest";
import { piConfigurationSchema } from "../../../pi-runtime/src/configuration.ts";
import { TwoTenants } from "../../test/two-tenants.ts";
import { products } from "../../test/world.ts";

let world: TwoTenants;

beforeEach(async () => {
	world = await TwoTenants.open();
});

afterEach(() => world.close());

const mqtt = { host: "broker.example", port: 8883, tls: true };
const onboarding = (machine: object = {}, more: object = {}) => ({
	machine: { id: "lobby-1", name: "Lobby", ...machine },
	network: { via: "pi", mqtt },
	inventory: products,
	...more,
});
type Dispensing = Readonly<Record<"vending" | "coffee", { pins: object; bins: [object, object] }>>;
const onboard = (body: object = onboarding()) => world.request("admin", "POST", "/api/v1/machines/onboard", body);

test("4.12 4.37 onboarding answers with files that controller and Pi load, a QR code, a key and an account at the broker", async () => {
	const { status, body } = await onboard();
	expect(status).toBe(201);
	const { files, claim, apiKey, mqtt: account, machine } = body.data;
	expect(machine).toMatchObject({ id: "lobby-1", kind: "fridge", currency: "usd", configVersion: 1 });
	expect(controllerConfigurationSchema.parse(files.controller)).toMatchObject({ machineId: "lobby-1", kind: "fridge" });
	const pi = piConfigurationSchema.parse(files.pi);
	expect(pi.broker).toMatchObject({ url: "mqtts://broker.example:8883", ...account });
	expect(pi.products.map(({ sku }) => sku).sort()).toEqual(["chips", "cola"]);
	expect(claim.url).toMatch(/\/claim#[\w-]{22}$/);
	expect(claim.qrSvg).toContain("<svg");
	expect(apiKey).toMatch(/^vvk_/);
});

test.each(["vending", "coffee"])("4.37 a %s machine gets the parts of its kind", async (kind) => {
	const { status, body } = await onboard(
		onboarding({ kind }, { network: { via: "wifi", wifi: { ssid: "shop", password: "secret pass" }, mqtt } }),
	);
	expect(status).toBe(201);
	const controller = controllerConfigurationSchema.parse(body.data.files.controller);
	expect(controller[kind as "vending" | "coffee"]).toBeDefined();
	expect(controller.uplink).toMatchObject({ via: "wifi", ssid: "shop", password: "secret pass" });
	expect(body.data.files.pi).toBeNull();
});

test("4.37 the example of the guide is taken as it stands", async () => {
	const example = readFileSync(new URL("../../../docs/examples/onboard-machine.json", import.meta.url), "utf8");
	expect((await onboard(JSON.parse(example))).status).toBe(201);
});

test("4.23 an id that is taken, products with one sku and parts that cannot work are refused, and leave nothing behind", async () => {
	expect((await onboard()).status).toBe(201);
	const again = await onboard();
	expect([again.status, again.body.code]).toEqual([409, "machine_exists"]);
	const twice = await onboard(onboarding({ id: "lobby-2" }, { inventory: [products[0], products[0]] }));
	expect([twice.status, twice.body.code]).toEqual([409, "sku_twice"]);
	const wireless = await onboard(onboarding({ id: "lobby-2" }, { network: { via: "wifi", mqtt } }));
	expect([wireless.status, wireless.body.detail]).toEqual([422, expect.stringContaining("network.wifi is missing")]);
	expect((await world.request("admin", "GET", "/api/v1/machines/lobby-2")).status).toBe(404);
});

test("0.17 2.22 4.37 the QR code makes a device its machine, once and within a quarter of an hour", async () => {
	const { body } = await onboard();
	const register = (claim: string) => world.request("anonymous", "POST", "/api/v1/devices/register", { claim });
	const registered = await register(body.data.claim.code);
	expect(registered.status).toBe(201);
	expect(registered.body.data.machineId).toBe("lobby-1");
	expect(registered.body.data.files).toEqual(body.data.files);
	expect((await register(body.data.claim.code)).body.code).toBe("claim_unknown");
	expect((await register("A".repeat(22))).status).toBe(404);
	const next = await world.request("admin", "POST", "/api/v1/machines/lobby-1/provision-device");
	expect(next.status).toBe(201);
	world.clock.jump(world.clock.now() + 15 * 60_000);
	expect((await register(next.body.data.code)).status).toBe(404);
});

test("4.9 the key of a new machine is good for tokens of its devices, and one from a newer claim ends it", async () => {
	const { body } = await onboard();
	const token = (key: string) =>
		world.request("anonymous", "POST", "/auth/device-token", undefined, { headers: { "x-api-key": key } });
	const first = await token(body.data.apiKey);
	expect(first.status).toBe(200);
	expect(first.body).toMatchObject({ token_type: "Bearer", expires_in: 900 });
	const headers = { authorization: `Bearer ${first.body.access_token}` };
	const own = await world.request("anonymous", "GET", "/api/v1/machines/lobby-1/config", undefined, { headers });
	expect(own.status).toBe(200);
	const foreign = await world.request("anonymous", "GET", "/api/v1/machines/alpha-fridge/config", undefined, {
		headers,
	});
	expect(foreign.status).toBe(404);
	await world.request("anonymous", "POST", "/api/v1/devices/register", { claim: body.data.claim.code });
	expect((await token(body.data.apiKey)).status).toBe(401);
});

test("4.13 4.20 a configuration has versions, goes to the controller where it concerns it, and keeps no password", async () => {
	await onboard(onboarding({}, { network: { via: "wifi", wifi: { ssid: "shop", password: "secret pass" }, mqtt } }));
	const path = "/api/v1/machines/lobby-1/config";
	const { body, headers } = await world.request("operator", "GET", path);
	expect(headers.get("etag")).toBe('"1"');
	expect(body.data.config.network.wifi).toEqual({ ssid: "shop" });
	const { config } = body.data;
	config.hardware.dispensing.lock.windowMs = 20_000;
	config.hardware.payment.holdCents = 3_000;
	expect((await world.request("operator", "PUT", path, config, { tenant: world.beta })).status).toBe(404);
	const put = await world.request("operator", "PUT", path, config, { headers: { "if-match": '"1"' } });
	expect([put.status, put.body.data.version, put.body.data.state]).toEqual([200, 2, "pending"]);
	const commands = await world.request("viewer", "GET", "/api/v1/devices/lobby-1/commands");
	expect(commands.body.data).toMatchObject([{ kind: "configuration", machineId: "lobby-1" }]);
	const machine = await world.request("viewer", "GET", "/api/v1/machines/lobby-1");
	expect(machine.body.data).toMatchObject({ holdCents: 3_000, configVersion: 2 });
	const stale = await world.request("operator", "PUT", path, config, { headers: { "if-match": '"1"' } });
	expect([stale.status, stale.body.code]).toEqual([412, "version_mismatch"]);
	const [row] = await world.database.read("SELECT config FROM machine WHERE id = 'lobby-1'");
	expect(String(row?.config)).not.toContain("secret pass");
});

test("4.13 what only the cloud needs is changed without a word to the machine; kind and currency stay", async () => {
	await onboard();
	const path = "/api/v1/machines/lobby-1/config";
	const { config } = (await world.request("operator", "GET", path)).body.data;
	config.software.features = ["receipts"];
	expect((await world.request("operator", "PUT", path, config)).body.data).toMatchObject({
		version: 2,
		state: "applied",
	});
	config.hardware.payment.currency = "eur";
	expect((await world.request("operator", "PUT", path, config)).body.code).toBe("currency_fixed");
	config.hardware.payment.currency = "usd";
	config.hardware.esp32.pins.lock = 22;
	const pin = await world.request("operator", "PUT", path, config);
	expect([pin.status, pin.body.detail]).toEqual([422, expect.stringContaining("hardware.esp32.pins.lock: pin 22")]);
	config.hardware.esp32.pins.lock = 12;
	config.hardware.sensors.foodSafety = { receive: 3, transmit: 40, limitCentidegrees: 500 };
	const probe = await world.request("operator", "PUT", path, config);
	expect([probe.status, probe.body.detail]).toEqual([
		422,
		expect.stringContaining("hardware.sensors.foodSafety.receive: pin 3"),
	]);
	const byHand = await world.request("operator", "GET", "/api/v1/machines/alpha-fridge/config");
	expect([byHand.status, byHand.body.code]).toEqual([409, "config_elsewhere"]);
});

test.each([
	["vending", "vending.home", (dispensing: Dispensing) => Object.assign(dispensing.vending, { home: 12 })],
	["vending", "vending.emitter", (dispensing: Dispensing) => Object.assign(dispensing.vending, { emitter: 12 })],
	["coffee", "coffee.pins.heater", (dispensing: Dispensing) => Object.assign(dispensing.coffee.pins, { heater: 12 })],
	["coffee", "coffee.bins[1].pin", (dispensing: Dispensing) => Object.assign(dispensing.coffee.bins[1], { pin: 12 })],
] as const)("4.13 a %s machine cannot take the lock's pin for its %s", async (kind, key, spoil) => {
	await onboard(onboarding({ kind }));
	const path = "/api/v1/machines/lobby-1/config";
	const { config } = (await world.request("operator", "GET", path)).body.data;
	spoil(config.hardware.dispensing);
	const { status, body } = await world.request("operator", "PUT", path, config);
	expect([status, body.detail]).toEqual([
		422,
		expect.stringContaining(`hardware.dispensing.${key}: pin 12 is taken by hardware.esp32.pins.lock already`),
	]);
});

test("4.13 a part that a controller has been told of cannot be taken away in silence", async () => {
	await onboard();
	const path = "/api/v1/machines/lobby-1/config";
	const { config } = (await world.request("operator", "GET", path)).body.data;
	const battery = { pin: 1, upperOhms: 47_000, lowerOhms: 10_000, lowMillivolts: 11_000 };
	const withBattery = { ...config, hardware: { ...config.hardware, esp32: { ...config.hardware.esp32, battery } } };
	expect((await world.request("operator", "PUT", path, withBattery)).status).toBe(200);
	const without = await world.request("operator", "PUT", path, config);
	expect([without.status, without.body.code, without.body.detail]).toEqual([
		422,
		"part_stays",
		expect.stringContaining("battery"),
	]);
});

test("4.15 a decommissioned machine has no keys, no commands and no way back", async () => {
	const { body } = await onboard();
	const gone = await world.request("admin", "DELETE", "/api/v1/machines/lobby-1/decommission");
	expect(gone.body.data.decommissionedAt).not.toBeNull();
	const status = await world.request("viewer", "GET", "/api/v1/machines/lobby-1/status");
	expect(status.body.data.status).toBe("decommissioned");
	const key = { headers: { "x-api-key": body.data.apiKey } };
	expect((await world.request("anonymous", "POST", "/auth/device-token", undefined, key)).status).toBe(401);
	for (const [method, path, sent] of [
		["POST", "/api/v1/machines/lobby-1/provision-device", undefined],
		["PATCH", "/api/v1/machines/lobby-1", { name: "x" }],
		["POST", "/api/v1/devices/lobby-1/commands", { action: "reboot" }],
	] as const) {
		const answer = await world.request("admin", method, path, sent);
		expect([path, answer.status, answer.body.code]).toEqual([path, 409, "machine_decommissioned"]);
	}
});

test("4.14 maintenance is a status of its own, and a version guards the change", async () => {
	const path = "/api/v1/machines/alpha-fridge";
	const changed = await world.request(
		"operator",
		"PATCH",
		path,
		{ maintenance: true },
		{ headers: { "if-match": '"1"' } },
	);
	expect(changed.body.data).toMatchObject({ version: 2, maintenanceSince: "2026-01-01T09:00:00.000Z" });
	expect((await world.request("viewer", "GET", `${path}/status`)).body.data.status).toBe("maintenance");
	const stale = await world.request(
		"operator",
		"PATCH",
		path,
		{ maintenance: false },
		{ headers: { "if-match": '"1"' } },
	);
	expect(stale.status).toBe(412);
});

test("4.11 4.15 who may not, and who is of another tenant, learns and changes nothing", async () => {
	await onboard();
	for (const [method, path, sent] of [
		["POST", "/api/v1/machines/onboard", onboarding({ id: "other" })],
		["DELETE", "/api/v1/machines/lobby-1/decommission", undefined],
		["POST", "/api/v1/machines/lobby-1/provision-device", undefined],
	] as const) {
		for (const [caller, expected] of [
			["anonymous", 401],
			["operator", 403],
			["shopper", 403],
			["device", 403],
		] as const) {
			expect([path, caller, (await world.request(caller, method, path, sent)).status]).toEqual([
				path,
				caller,
				expected,
			]);
		}
	}
	for (const [method, path, sent] of [
		["GET", "/api/v1/machines/lobby-1", undefined],
		["GET", "/api/v1/machines/lobby-1/status", undefined],
		["GET", "/api/v1/machines/lobby-1/config", undefined],
		["GET", "/api/v1/machines/lobby-1/telemetry?metric=uptimeMs", undefined],
		["PATCH", "/api/v1/machines/lobby-1", { name: "Mine" }],
		["DELETE", "/api/v1/machines/lobby-1/decommission", undefined],
		["POST", "/api/v1/machines/lobby-1/provision-device", undefined],
		["GET", "/api/v1/devices/lobby-1-controller", undefined],
		["POST", "/api/v1/devices/lobby-1/commands", { action: "reboot" }],
	] as const) {
		const answer = await world.request("admin", method, path, sent, { tenant: world.beta });
		expect([path, answer.status]).toEqual([path, 404]);
	}
	const list = await world.request("admin", "GET", "/api/v1/machines", undefined, { tenant: world.beta });
	expect(list.body.data.map(({ id }: { id: string }) => id)).toEqual(["beta-fridge"]);
});

test("4.39 a template gives new machines its hardware; it is its tenant's, by name, and of one kind", async () => {
	await onboard();
	const { config } = (await world.request("viewer", "GET", "/api/v1/machines/lobby-1/config")).body.data;
	config.hardware.dispensing.lock.windowMs = 25_000;
	const make = (caller: "admin" | "operator", body: object) =>
		world.request(caller, "POST", "/api/v1/machine-templates", body);
	const made = await make("admin", { name: "slow door", config });
	expect(made.status).toBe(201);
	expect((await make("admin", { name: "slow door", config })).body.code).toBe("template_exists");
	expect((await make("operator", { name: "x", config })).status).toBe(403);
	const templateId = made.body.data.id;
	const next = await onboard(onboarding({ id: "lobby-2" }, { templateId }));
	expect(next.body.data.files.controller.lock.windowMs).toBe(25_000);
	expect((await onboard(onboarding({ id: "lobby-3", kind: "coffee" }, { templateId }))).body.code).toBe(
		"template_unfit",
	);
	const asBeta = { tenant: world.beta };
	const foreign = await world.request(
		"admin",
		"POST",
		"/api/v1/machines/onboard",
		onboarding({ id: "b" }, { templateId }),
		asBeta,
	);
	expect([foreign.status, foreign.body.code]).toEqual([404, "template_unknown"]);
	expect((await world.request("viewer", "GET", "/api/v1/machine-templates", undefined, asBeta)).body.data).toEqual([]);
	expect((await world.request("viewer", "GET", "/api/v1/machine-templates")).body.data).toMatchObject([
		{ name: "slow door" },
	]);
});
