import { deriveKey, keyId } from "@visionvend/sdk/device/envelope/envelope";
import { topics } from "@visionvend/sdk/device/topics";
import { sealEnvelope } from "@visionvend/sdk/protocol/envelope";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TwoTenants } from "../../test/two-tenants.ts";
import { EventFeed } from "../events/event-feed.ts";

let world: TwoTenants;

beforeEach(async () => {
	world = await TwoTenants.open();
});

afterEach(() => world.close());

const ids = (body: { data: { id: string }[] }) => body.data.map(({ id }) => id);

test("2.11 2.17 devices are listed, narrowed, and paged by number and by cursor", async () => {
	const all = await world.request("viewer", "GET", "/api/v1/devices?page=1&limit=1");
	expect(ids(all.body)).toEqual(["alpha-fridge-controller"]);
	expect(all.body.meta).toMatchObject({ page: 1, total: 2 });
	const next = await world.request("viewer", "GET", `/api/v1/devices?limit=1&cursor=${all.body.meta.nextCursor}`);
	expect(ids(next.body)).toEqual(["alpha-fridge-pi"]);
	for (const [query, found] of [
		["query=FRIDGE-PI", ["alpha-fridge-pi"]],
		["query=%25", []],
		["model=esp32-s3", ["alpha-fridge-controller"]],
		["status=online", []],
		["merchant_id=alpha", ["alpha-fridge-controller", "alpha-fridge-pi"]],
		["merchant_id=beta", []],
	] as const) {
		expect([query, ids((await world.request("viewer", "GET", `/api/v1/devices?${query}`)).body)]).toEqual([
			query,
			found,
		]);
	}
	expect((await world.request("viewer", "GET", "/api/v1/devices?status=broken")).status).toBe(400);
});

test("2.18 2.23 4.21 a device says how it is and is online; a person reads it in its summary; nobody else may say it", async () => {
	const report = { firmware: "2.1.0", diagnostics: { uptimeMs: 5_000, memoryFreeBytes: 1_000, signalDbm: -60 } };
	const path = "/api/v1/devices/alpha-fridge-pi";
	expect((await world.request("device", "POST", `${path}/status`, report)).status).toBe(200);
	await world.cloud.idle();
	const summary = await world.request("viewer", "GET", `${path}/summary`);
	expect(summary.body.data.device).toMatchObject({
		status: "online",
		firmware: "2.1.0",
		diagnostics: { signalDbm: -60 },
	});
	expect(summary.body.data.changes).toMatchObject([{ status: "online" }]);
	expect((await world.request("admin", "POST", `${path}/status`, report)).status).toBe(403);
	const foreign = await world.request("device", "POST", `${path}/status`, report, { tenant: world.beta });
	expect(foreign.status).toBe(404);
	const wrong = await world.request("device", "POST", `${path}/status`, { diagnostics: { uptimeMs: -1 } });
	expect(wrong.status).toBe(400);
});

test("2.1 a device that says nothing for ten minutes is offline, once, whoever looks", async () => {
	await world.request("device", "POST", "/api/v1/devices/alpha-fridge-pi/status", { diagnostics: {} });
	await world.cloud.idle();
	const pass = async (milliseconds: number) => {
		const untilMs = world.clock.now() + milliseconds;
		while (world.clock.step(untilMs)) await world.cloud.idle();
		world.clock.jump(untilMs);
		await world.cloud.idle();
	};
	const status = async () =>
		(await world.request("viewer", "GET", "/api/v1/devices/alpha-fridge-pi")).body.data?.status;
	await pass(599_000);
	const tokenOf = async () => {
		const [row] = await world.database.read("SELECT status FROM device WHERE id = 'alpha-fridge-pi'");
		return row?.status;
	};
	expect(await tokenOf()).toBe("online");
	expect(await status()).toBe("online");
	await pass(1_000);
	expect(await tokenOf()).toBe("offline");
	expect(
		await world.database.read("SELECT status FROM device_status_change WHERE device_id = 'alpha-fridge-pi'"),
	).toEqual([{ status: "online" }, { status: "offline" }]);
});

test("4.7 a device's log is kept, read newest first, and belongs to its tenant", async () => {
	const path = "/api/v1/devices/alpha-fridge-pi/logs";
	const entries = ["started", "camera.lost"].map((event) => ({ level: "warn", event, detail: "left" }));
	expect((await world.request("device", "POST", path, { entries })).body.data).toEqual({ stored: 2 });
	const logs = await world.request("viewer", "GET", path);
	expect(logs.body.data.map(({ event }: { event: string }) => event)).toEqual(["camera.lost", "started"]);
	expect((await world.request("viewer", "GET", path, undefined, { tenant: world.beta })).status).toBe(404);
	expect((await world.request("device", "POST", path, { entries: [] })).status).toBe(400);
	expect((await world.request("anonymous", "POST", path, { entries })).status).toBe(401);
});

/** What the Pi of alpha's machine seals with its keys. */
async function fromPi(topic: string, body: object): Promise<string> {
	const [row] = await world.database.read("SELECT secret FROM machine WHERE id = 'alpha-fridge'");
	const key = deriveKey(Buffer.from(String(row?.secret), "base64url"), "alpha-fridge", keyId("pi", "cloud", 1));
	const claims = { iss: "alpha-fridge/pi", aud: "cloud", jti: "any", seq: 1, topic };
	return sealEnvelope(key, { ...claims, body });
}

test("4.16 4.7 lines that come by message are kept once, filtered by level and event, and told live", async () => {
	const topic = topics("alpha-fridge").logs;
	const wire = world.broker.client("alpha-pi");
	const nowMs = world.clock.now();
	const entries = (["info", "warn", "error"] as const).map((level, index) => ({
		seq: index + 1,
		// The last one has a clock of the future.
		atMs: nowMs - 5_000 + (index === 2 ? 90_000_000 : index),
		level,
		event: `camera.${level}`,
		detail: "{}",
	}));
	const send = async (body: object) => {
		await wire.publish(topic, await fromPi(topic, body));
		await world.cloud.idle();
	};
	await send({ life: "life-one", entries: entries.slice(0, 2) });
	// What the Pi did not hear was taken goes again, with what has come since.
	await send({ life: "life-one", entries });
	await send({ life: "life-two", entries: entries.slice(0, 1) });
	const path = "/api/v1/devices/alpha-fridge-pi/logs";
	const read = async (query: string) => (await world.request("viewer", "GET", `${path}${query}`)).body.data;
	const all = await read("");
	expect(all.map(({ seq, event }: { seq: number; event: string }) => [seq, event])).toEqual([
		[1, "camera.info"],
		[3, "camera.error"],
		[2, "camera.warn"],
		[1, "camera.info"],
	]);
	expect(all[1].at).toBe(new Date(nowMs).toISOString());
	expect(all[2].at).toBe(new Date(nowMs - 4_999).toISOString());
	expect(await read("?level=warn")).toHaveLength(2);
	expect(await read("?level=info&event=camera.info")).toHaveLength(2);
	expect((await world.request("viewer", "GET", `${path}?level=loud`)).status).toBe(400);
	const feed = await new EventFeed({ database: world.database }).after("alpha", [0, 0, 0, 0, 0]);
	expect(feed.events.filter(({ type }) => type.startsWith("log."))).toMatchObject([
		{ type: "log.warn", data: { machineId: "alpha-fridge", event: "camera.warn" } },
		{ type: "log.error" },
	]);
	expect((await new EventFeed({ database: world.database }).after("beta", [0, 0, 0, 0, 0])).events).toEqual([]);
});

test("4.16 lines that come too often, or that nobody sealed, are let go; after 30 days those that came are gone", async () => {
	const topic = topics("alpha-fridge").logs;
	const wire = world.broker.client("alpha-pi");
	const count = async () =>
		(await world.database.read("SELECT COUNT(*) AS lines FROM device_log WHERE device_id = 'alpha-fridge-pi'"))[0]
			?.lines;
	const send = async (life: string, seq: number) => {
		const entry = { seq, atMs: world.clock.now(), level: "warn", event: "x", detail: "" };
		await wire.publish(topic, await fromPi(topic, { life, entries: [entry] }));
		await world.cloud.idle();
	};
	for (let seq = 1; seq <= 30; seq += 1) await send("life-one", seq);
	expect(await count()).toBe(20);
	await wire.publish(topic, "not.a-token");
	await wire.publish(topic, await fromPi(topics("alpha-fridge").report, { life: "life-one", entries: [] }));
	await world.cloud.idle();
	expect(await count()).toBe(20);
	world.clock.jump(world.clock.now() + 31 * 86_400_000);
	await send("life-two", 1);
	expect(await count()).toBe(1);
});

test("2.19 2.5 a command is accepted, followed, and expires when its machine is silent", async () => {
	const path = "/api/v1/devices/alpha-fridge/commands";
	const asked = await world.request("operator", "POST", path, { action: "identify", expiresInSeconds: 120 });
	expect(asked.status).toBe(202);
	expect(asked.body.data).toMatchObject({ action: "identify", state: "requested", requestedBy: "alpha-operator" });
	const { id } = asked.body.data;
	await world.cloud.idle();
	const untilMs = world.clock.now() + 200_000;
	while (world.clock.step(untilMs)) await world.cloud.idle();
	const ended = await world.request("viewer", "GET", `/api/v1/commands/${id}`);
	expect(ended.body.data).toMatchObject({ state: "expired", reason: "machine-silent" });
	const took = Date.parse(ended.body.data.changedAt) - Date.parse(ended.body.data.createdAt);
	expect(took).toBeGreaterThanOrEqual(120_000);
	const asks = world.broker.seen.filter(({ topic }) => topic === "devices/alpha-fridge/commands/hello");
	expect(asks.length).toBeGreaterThan(5);
});

test("2.19 what makes no sense, and who may not, is refused", async () => {
	const path = "/api/v1/devices/alpha-fridge/commands";
	expect((await world.request("operator", "POST", path, { action: "service-start" })).body.code).toBe("command_unfit");
	expect((await world.request("operator", "POST", path, { action: "explode" })).status).toBe(400);
	expect((await world.request("viewer", "POST", path, { action: "reboot" })).status).toBe(403);
	expect((await world.request("device", "POST", path, { action: "reboot" })).status).toBe(403);
	const asked = await world.request("operator", "POST", path, { action: "reboot" });
	const foreign = await world.request("admin", "GET", `/api/v1/commands/${asked.body.data.id}`, undefined, {
		tenant: world.beta,
	});
	expect(foreign.status).toBe(404);
});

test("2.13 a batch asks every machine once, counts how far they are, and takes none of another tenant", async () => {
	const started = await world.request("operator", "POST", "/api/v1/command-batches", {
		action: "reboot",
		deviceIds: ["alpha-fridge", "alpha-fridge-pi"],
	});
	expect(started.status).toBe(202);
	expect(started.body.data).toMatchObject({ action: "reboot", counts: { requested: 1 } });
	const all = await world.request("operator", "POST", "/api/v1/command-batches", { action: "identify", filter: {} });
	expect(all.body.data.commands).toHaveLength(1);
	const again = await world.request("viewer", "GET", `/api/v1/command-batches/${started.body.data.id}`);
	const jobs = await world.request("viewer", "GET", "/api/v1/jobs?state=running");
	expect(jobs.body.data).toContainEqual(
		expect.objectContaining({ id: started.body.data.id, kind: "command_batch", state: "running", done: 0, failed: 0 }),
	);
	expect((await world.request("viewer", "GET", "/api/v1/jobs?state=stopped")).body.data).toEqual([]);
	expect(again.body.data.commands).toMatchObject([{ machineId: "alpha-fridge", action: "reboot" }]);
	const foreign = { action: "reboot", deviceIds: ["alpha-fridge", "beta-fridge"] };
	expect((await world.request("operator", "POST", "/api/v1/command-batches", foreign)).status).toBe(404);
	const pis = { action: "reboot", filter: { model: "raspberry-pi" } };
	expect((await world.request("operator", "POST", "/api/v1/command-batches", pis)).body.code).toBe("batch_empty");
	for (const which of [{}, { deviceIds: ["alpha-fridge"], filter: {} }]) {
		const unsaid = await world.request("operator", "POST", "/api/v1/command-batches", { action: "reboot", ...which });
		expect(unsaid.status).toBe(422);
	}
	const none = { action: "reboot", filter: { query: "nowhere" } };
	expect((await world.request("operator", "POST", "/api/v1/command-batches", none)).body.code).toBe("batch_empty");
	const other = await world.request("admin", "GET", `/api/v1/command-batches/${all.body.data.id}`, undefined, {
		tenant: world.beta,
	});
	expect(other.status).toBe(404);
});
