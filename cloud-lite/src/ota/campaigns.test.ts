import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { topics } from "@visionvend/sdk/device/topics";
import { firmwareManifestBodySchema } from "@visionvend/sdk/protocol/messages";
import { afterEach, expect, test, vi } from "vitest";
import { FakeMachine } from "../../test/fake-machine.ts";
import { TwoTenants } from "../../test/two-tenants.ts";
import { products } from "../../test/world.ts";
import { openDatabase } from "../db/database.ts";

const maker = generateKeyPairSync("ec", { namedCurve: "P-256" });
const { x = "", y = "" } = maker.publicKey.export({ format: "jwk" });
const makerPoint = Buffer.concat([Buffer.of(4), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
const image = new Uint8Array(2_000).fill(9);
const hourMs = 3_600_000;

let world: TwoTenants;

afterEach(() => world.close());

function manifestOf(kind: "controller" | "pi" | "model", key: KeyObject = maker.privateKey) {
	const signed = {
		product: "visionvend",
		hardware: "any",
		version: "1.2.0",
		floor: 0,
		byteLength: image.length,
		sha256: createHash("sha256").update(image).digest("base64url"),
	};
	const lines = Object.entries(signed).map(([name, value]) => `${name}=${value}\n`);
	const form = kind === "controller" ? "visionvend-firmware/1" : "visionvend-release/1";
	const text = Buffer.from(`${form}\n${lines.join("")}`);
	const signature = sign("sha256", text, { key, dsaEncoding: "ieee-p1363" }).toString("base64url");
	return { ...signed, signature };
}

async function artifact(kind: "controller" | "pi" | "model"): Promise<string> {
	const added = await world.request("admin", "POST", "/api/v1/ota/artifacts", { kind, manifest: manifestOf(kind) });
	expect(added.status).toBe(201);
	const { id } = added.body.data;
	const headers = { "content-type": "application/octet-stream" };
	const filled = await world.request("admin", "PUT", `/api/v1/ota/artifacts/${id}/content`, image, { headers });
	expect(filled.body.data).toMatchObject({ complete: true });
	return id;
}

/** Approved by somebody else than who made it. */
async function start(plan: object): Promise<string> {
	const made = await world.request("admin", "POST", "/api/v1/ota/campaigns", { name: "Spring", plan });
	expect(made.status).toBe(201);
	const { id } = made.body.data;
	const approved = await world.request("platform", "POST", `/api/v1/ota/campaigns/${id}/approve`);
	expect(approved.body.data).toMatchObject({ state: "running", approvedBy: "alpha-platform" });
	return id;
}

const campaign = async (id: string) => {
	const [row] = await world.database.read("SELECT state, ring, reason FROM ota_campaign WHERE id = ?", [id]);
	return row;
};

async function open(): Promise<void> {
	world = await TwoTenants.open({}, { otaPublicKeys: [makerPoint.toString("base64url")] });
}

/** A machine with a Pi. @returns the headers that its Pi sends */
async function onboardLobby(): Promise<{ authorization: string }> {
	const onboarded = await world.request("admin", "POST", "/api/v1/machines/onboard", {
		machine: { id: "lobby-1", name: "Lobby" },
		network: { mqtt: { host: "broker.example" } },
		inventory: products,
	});
	return { authorization: `Bearer ${onboarded.body.data.apiKey}` };
}

/** Machines of alpha that answer an offer of firmware with what `outcome` says, a minute later. */
async function addMachines(
	count: number,
	outcome: (index: number) => "done" | "failed" | "silent",
): Promise<FakeMachine[]> {
	const machines: FakeMachine[] = [];
	for (let index = 0; index < count; index += 1) {
		const machineId = `m-${index}`;
		const description = {
			tenantId: "alpha",
			machineId,
			name: machineId,
			currency: "usd",
			holdCents: 500,
			products: [...products],
		};
		const provisioned = await world.cloud.addMachine(description);
		const broker = world.broker.client(machineId);
		const machine = new FakeMachine({ provisioned, broker, products });
		await machine.start();
		const { firmware, commandStatus } = topics(machineId);
		await broker.subscribe(firmware, () => {
			const ends = outcome(index);
			if (ends === "silent") return;
			world.clock.after(60_000, () => {
				const offer = machine.commands.filter(({ topic }) => topic === firmware).at(-1);
				const { commandId } = firmwareManifestBodySchema.parse(offer?.body);
				void machine.say(
					{ commandId, state: ends, reason: ends === "failed" ? "self-test" : "", detail: "" },
					commandStatus,
				);
			});
		});
		machines.push(machine);
	}
	return machines;
}

/** The cloud dies before it has written that this part leaves: from then on it writes nothing any more. */
function dieBefore(part: string): void {
	const { database } = world;
	const write = database.write.bind(database);
	let isDead = false;
	vi.spyOn(database, "write").mockImplementation((statements) => {
		isDead ||= statements.some(({ args }) => args?.includes(`$.${part}`));
		return isDead ? Promise.reject(new Error("the cloud is dead")) : write(statements);
	});
}

async function startAgain(): Promise<void> {
	await world.cloud.close();
	world.cloud = await world.another(
		{
			openDatabase: async (url) => {
				const opened = await openDatabase(url, "process-crash");
				if (url.endsWith("cloud.db")) world.database = opened;
				return opened;
			},
		},
		{ otaPublicKeys: [makerPoint.toString("base64url")] },
	);
}

async function pass(milliseconds: number): Promise<void> {
	const untilMs = world.clock.now() + milliseconds;
	const quiet = async () => {
		for (let round = 0; round < 2; round += 1) {
			await world.cloud.idle();
			await new Promise(setImmediate);
		}
	};
	await quiet();
	while (world.clock.step(untilMs)) await quiet();
	world.clock.jump(untilMs);
	await quiet();
}

test("4.36 firmware reaches every machine of a campaign, ring by ring, and machines that come later", async () => {
	await open();
	await addMachines(9, () => "done");
	const id = await start({
		parts: { controller: await artifact("controller") },
		target: { kind: "fridge", machineIds: Array.from({ length: 12 }, (_, index) => `m-${index}`) },
		rings: [0.1, 1],
		soakMinutes: 10,
		jitterMinutes: 5,
		deadlineMinutes: 30,
	});
	await pass(5 * 60_000);
	expect(await campaign(id)).toMatchObject({ state: "running", ring: 0 });
	const early = await world.database.read("SELECT ring, state FROM ota_target WHERE state <> 'waiting'");
	expect(early).toEqual([{ ring: 0, state: "done" }]);
	await world.cloud.addMachine({
		tenantId: "alpha",
		machineId: "m-9",
		name: "late",
		currency: "usd",
		holdCents: 500,
		products: [...products],
	});
	await pass(17 * 60_000);
	const states = await world.database.read("SELECT machine_id, state FROM ota_target WHERE machine_id <> 'm-9'");
	expect(new Set(states.map(({ state }) => state))).toEqual(new Set(["done"]));
	const late = await world.database.read("SELECT ring, state FROM ota_target WHERE machine_id = 'm-9'");
	expect(late).toMatchObject([{ ring: 1, state: "offered" }]);
	await pass(30 * 60_000);
	expect(await campaign(id)).toMatchObject({ state: "stopped", reason: "1 of 9 machines of ring 2 failed" });
	const [job] = (await world.request("viewer", "GET", "/api/v1/jobs")).body.data;
	expect(job).toMatchObject({
		id,
		kind: "ota_campaign",
		name: "Spring",
		state: "stopped",
		total: 10,
		done: 9,
		failed: 1,
	});
});

test("4.36 an update that fails its self-test stops in the first ring, and nobody else gets it", async () => {
	await open();
	const machines = await addMachines(20, () => "failed");
	const id = await start({
		parts: { controller: await artifact("controller") },
		target: { machineIds: machines.map((_, index) => `m-${index}`) },
		jitterMinutes: 0,
	});
	await pass(10 * 60_000);
	expect(await campaign(id)).toMatchObject({ state: "stopped", ring: 0, reason: "1 of 1 machines of ring 1 failed" });
	await pass(48 * hourMs);
	expect(machines.filter(({ commands }) => commands.length > 0)).toHaveLength(1);
});

test("4.36 release and model go to the Pi, configuration to the controller, and a machine is done with all of them", async () => {
	await open();
	const headers = await onboardLobby();
	const [pi, model] = [await artifact("pi"), await artifact("model")];
	const id = await start({
		parts: { pi, model, config: { hardware: { payment: { holdCents: 900 } } } },
		target: { machineIds: ["lobby-1"] },
		jitterMinutes: 0,
		rings: [1],
	});
	await pass(1_000);
	const asPi = (method: string, path: string, body?: object) =>
		world.request("anonymous", method, path, body, { headers });
	const desired = await asPi("GET", "/api/v1/ota/desired");
	expect(desired.body.data).toMatchObject([
		{ part: "pi", artifactId: pi },
		{ part: "model", artifactId: model },
	]);
	const fetched = await asPi("GET", `/api/v1/ota/artifacts/${pi}/content`);
	expect([fetched.status, fetched.body.length]).toEqual([200, image.length]);
	const report = (artifactId: string) => asPi("POST", "/api/v1/ota/reports", { artifactId, outcome: "done" });
	expect((await report(pi)).body.data).toEqual({ expected: true });
	await pass(1_000);
	expect(await campaign(id)).toMatchObject({ state: "running" });
	expect((await report(model)).body.data).toEqual({ expected: true });
	await pass(60_000);
	expect(await campaign(id)).toMatchObject({ state: "done" });
	expect((await report(model)).body.data).toEqual({ expected: false });
	const machine = await world.request("viewer", "GET", "/api/v1/machines/lobby-1");
	expect(machine.body.data).toMatchObject({ holdCents: 900, configVersion: 2 });
});

test("4.36 a planogram moves with the other parts: machines sell by it at once, and are done when their Pi knows it", async () => {
	await open();
	await addMachines(2, () => "done");
	// One of them has a Pi, which has said so.
	await world.database.write([{ sql: "UPDATE machine SET planogram_told = 1 WHERE id = 'm-1'", args: [] }]);
	const slots = [{ position: "A1", sku: "cola", shelf: 1, priceCents: 275 }];
	const id = await start({
		parts: { controller: await artifact("controller"), planogram: slots },
		target: { machineIds: ["m-0", "m-1"] },
		jitterMinutes: 0,
		rings: [1],
	});
	await pass(5 * 60_000);
	const sold = await world.database.read(
		`SELECT machine_id, number FROM (SELECT machine_id, planogram.version AS number FROM planogram JOIN slot
			ON slot.planogram_id = planogram.id WHERE state = 'active' AND price_cents = 275 AND shelf = 1) ORDER BY 1`,
	);
	expect(sold).toEqual([
		{ machine_id: "m-0", number: 2 },
		{ machine_id: "m-1", number: 2 },
	]);
	const states = () => world.database.read("SELECT state FROM ota_target ORDER BY machine_id");
	expect(await states()).toEqual([{ state: "done" }, { state: "offered" }]);
	await world.database.write([{ sql: "UPDATE machine SET planogram_told = 2 WHERE id = 'm-1'", args: [] }]);
	await pass(60_000);
	expect(await states()).toEqual([{ state: "done" }, { state: "done" }]);
	expect(await campaign(id)).toMatchObject({ state: "done" });
});

test.each([
	["firmware", "controller"],
	["configuration", "config"],
	["planogram", "planogram"],
	["release", "pi"],
])("4.36 a cloud that dies before the %s of an offer has left lets it leave once it is back", async (_name, part) => {
	await open();
	const headers = await onboardLobby();
	const pi = await artifact("pi");
	const controller = await artifact("controller");
	dieBefore(part);
	const id = await start({
		parts: {
			controller,
			pi,
			config: { hardware: { payment: { holdCents: 900 } } },
			planogram: [{ position: "A1", sku: "cola", shelf: 0, priceCents: 275 }],
		},
		target: { machineIds: ["lobby-1"] },
		jitterMinutes: 0,
		rings: [1],
	});
	await pass(1_000);
	await startAgain();
	await pass(60_000);
	const report = { artifactId: pi, outcome: "done" };
	await world.request("anonymous", "POST", "/api/v1/ota/reports", report, { headers });
	await world.database.write([{ sql: "UPDATE remote_command SET state = 'done', check_at_ms = NULL", args: [] }]);
	await pass(60_000);
	expect(await campaign(id)).toMatchObject({ state: "done" });
	const commands = await world.database.read("SELECT kind FROM remote_command");
	expect(commands).toEqual([{ kind: "firmware" }]);
	const machine = await world.request("viewer", "GET", "/api/v1/machines/lobby-1");
	expect(machine.body.data).toMatchObject({ holdCents: 900, configVersion: 2 });
	const active = await world.database.read(
		"SELECT version FROM planogram WHERE machine_id = 'lobby-1' AND state = 'active'",
	);
	expect(active).toEqual([{ version: 2 }]);
});

test("4.36 a campaign that is stopped while it makes its offers makes no other", async () => {
	await open();
	await addMachines(3, () => "silent");
	const { database } = world;
	const write = database.write.bind(database);
	vi.spyOn(database, "write").mockImplementation(async (statements) => {
		await write(statements);
		const isOffer = statements.some(({ args }) => args?.includes("$.controller"));
		if (isOffer) await write([{ sql: "UPDATE ota_campaign SET state = 'stopped', check_at_ms = NULL" }]);
	});
	await start({ parts: { controller: await artifact("controller") }, jitterMinutes: 0, rings: [1] });
	await pass(60_000);
	const offered = "SELECT COUNT(*) AS machines FROM ota_target WHERE state = 'offered'";
	expect(await world.database.read(offered)).toEqual([{ machines: 1 }]);
});

test("4.36 a machine that cannot sell by a campaign's planogram keeps its own, and has failed with the reason", async () => {
	await open();
	await addMachines(1, () => "done");
	const id = await start({
		parts: { planogram: [{ position: "A1", sku: "caviar", shelf: 0 }] },
		target: { machineIds: ["m-0"] },
		jitterMinutes: 0,
		rings: [1],
	});
	await pass(60_000);
	expect(await campaign(id)).toMatchObject({ state: "stopped" });
	const [target] = await world.database.read("SELECT state, reason FROM ota_target");
	expect(target).toMatchObject({ state: "failed", reason: expect.stringContaining("no active product caviar") });
	const active = await world.database.read("SELECT version FROM planogram WHERE machine_id = 'm-0'");
	expect(active).toEqual([{ version: 1 }]);
});

test("4.36 a campaign needs a second person, and can be stopped", async () => {
	await open();
	const plan = { parts: { controller: await artifact("controller") } };
	const { id } = (await world.request("admin", "POST", "/api/v1/ota/campaigns", { name: "x", plan })).body.data;
	const path = `/api/v1/ota/campaigns/${id}`;
	expect((await world.request("admin", "POST", `${path}/approve`)).body.code).toBe("second_person_needed");
	expect((await world.request("platform", "POST", `${path}/stop`)).body.data).toMatchObject({ state: "stopped" });
	expect((await world.request("platform", "POST", `${path}/approve`)).body.code).toBe("campaign_not_waiting");
	expect((await world.request("platform", "POST", `${path}/stop`)).body.code).toBe("campaign_over");
});

test("4.36 what nobody known has signed, or is not what its manifest says, is not taken", async () => {
	await open();
	const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
	const add = (body: object) => world.request("admin", "POST", "/api/v1/ota/artifacts", body);
	const forged = await add({ kind: "controller", manifest: manifestOf("controller", stranger) });
	expect([forged.status, forged.body.code]).toEqual([422, "signature_unknown"]);
	expect((await add({ kind: "pi", manifest: manifestOf("controller") })).body.code).toBe("signature_unknown");
	const { id } = (await add({ kind: "pi", manifest: manifestOf("pi") })).body.data;
	const headers = { "content-type": "application/octet-stream" };
	const wrong = await world.request("admin", "PUT", `/api/v1/ota/artifacts/${id}/content`, new Uint8Array(3), {
		headers,
	});
	expect(wrong.body.code).toBe("content_wrong");
	const plan = { parts: { pi: id } };
	expect((await world.request("admin", "POST", "/api/v1/ota/campaigns", { name: "x", plan })).body.code).toBe(
		"artifact_unfit",
	);
});

test("4.36 who may not, and who is of another tenant, learns and changes nothing", async () => {
	await open();
	const id = await start({ parts: { controller: await artifact("controller") }, jitterMinutes: 1_440 });
	for (const [method, path, body] of [
		["POST", "/api/v1/ota/artifacts", { kind: "pi", manifest: manifestOf("pi") }],
		["POST", "/api/v1/ota/campaigns", { name: "x", plan: { parts: { pi: "a" } } }],
		["POST", `/api/v1/ota/campaigns/${id}/stop`, undefined],
	] as const) {
		for (const [caller, status] of [
			["anonymous", 401],
			["operator", 403],
			["shopper", 403],
			["device", 403],
		] as const) {
			expect([path, caller, (await world.request(caller, method, path, body)).status]).toEqual([path, caller, status]);
		}
	}
	const asBeta = (method: string, path: string) =>
		world.request("admin", method, path, undefined, { tenant: world.beta });
	expect((await asBeta("GET", `/api/v1/ota/campaigns/${id}`)).status).toBe(404);
	expect((await asBeta("GET", `/api/v1/ota/campaigns/${id}/targets`)).status).toBe(404);
	expect((await asBeta("POST", `/api/v1/ota/campaigns/${id}/stop`)).status).toBe(404);
	const { id: empty } = (
		await world.request("admin", "POST", "/api/v1/ota/artifacts", { kind: "pi", manifest: manifestOf("pi") })
	).body.data;
	const headers = { "content-type": "application/octet-stream" };
	const filled = await world.request("admin", "PUT", `/api/v1/ota/artifacts/${empty}/content`, image, {
		headers,
		tenant: world.beta,
	});
	expect(filled.status).toBe(404);
	expect((await asBeta("GET", "/api/v1/ota/artifacts")).body.data).toEqual([]);
	expect((await asBeta("GET", "/api/v1/ota/campaigns")).body.data).toEqual([]);
});
