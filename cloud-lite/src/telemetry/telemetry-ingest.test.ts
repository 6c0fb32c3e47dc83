import { afterEach, expect, test } from "vitest";
import { TelemetryWorld } from "../../test/telemetry-world.ts";

let world: TelemetryWorld;

afterEach(() => world.close());

const stored = () =>
	world.telemetry.read("SELECT machine_id, boot, seq FROM telemetry_raw ORDER BY machine_id, boot, seq");
const machine = async () =>
	(await world.database.read("SELECT health_seq, last_seen_at_ms, health FROM machine WHERE id = 'm1'"))[0];

test("2.1 what a machine measures is stored together after a quarter of a second, and its newest state is the machine's", async () => {
	world = await TelemetryWorld.create(["m1", "m2"]);
	const { ingest } = world.instance();
	ingest.receive(...world.sealed("m1", 1, 1, { supplyMillivolts: 11_900 }));
	ingest.receive(...world.sealed("m1", 1, 2, { supplyMillivolts: 12_100 }));
	ingest.receive(...world.sealed("m2", 1, 1));
	await world.quiet();
	expect(await stored()).toEqual([]);
	await world.pass(250);
	expect(await stored()).toHaveLength(3);
	const row = await machine();
	expect(row).toMatchObject({ health_seq: 2, last_seen_at_ms: world.clock.now() });
	expect(JSON.parse(String(row?.health))).toMatchObject({ supplyMillivolts: 12_100 });
});

test("2.1 a message counts once, whichever of two instances gets it and however often", async () => {
	world = await TelemetryWorld.create(["m1"]);
	const [one, other] = [world.instance(), world.instance()];
	for (const seq of [1, 2, 3]) {
		const message = world.sealed("m1", 1, seq);
		for (const { ingest } of [one, other, one]) ingest.receive(...message);
	}
	await world.pass(1_000);
	expect(await stored()).toHaveLength(3);
	expect(world.rejected).toEqual([]);
});

test("2.1 an old message that comes late is kept, and makes neither the state older nor a silent machine look alive", async () => {
	world = await TelemetryWorld.create(["m1"]);
	const { ingest } = world.instance();
	const old = world.sealed("m1", 1, 1);
	ingest.receive(...world.sealed("m1", 1, 2));
	await world.pass(1_000);
	const before = await machine();
	await world.pass(60_000);
	ingest.receive(...old);
	ingest.receive(...world.sealed("m1", 1, 2));
	await world.pass(1_000);
	expect(await stored()).toHaveLength(2);
	expect(await machine()).toEqual(before);
});

test("2.1 what is forged, foreign, malformed or long forgotten is not stored", async () => {
	world = await TelemetryWorld.create(["m1", "m2"]);
	const { ingest } = world.instance();
	ingest.receive(...world.sealed("m1", 20, 5_000));
	await world.pass(1_000);
	const [topic, token] = world.sealed("m1", 20, 5_001);
	ingest.receive(topic, `${token.slice(0, -4)}AAAA`);
	ingest.receive(topic, world.sealed("m2", 1, 1)[1]);
	ingest.receive("devices/m9/status/health", token);
	ingest.receive(...world.sealed("m1", 20, 5_002, { supplyMillivolts: -1 }));
	ingest.receive(...world.sealed("m1", 20, 100));
	ingest.receive(...world.sealed("m1", 3, 1));
	await world.pass(1_000);
	expect(world.rejected.sort()).toEqual([
		"bad-body",
		"bad-signature",
		"bad-signature",
		"stale",
		"stale",
		"unknown-machine",
	]);
	expect(await stored()).toHaveLength(1);
});

test("2.1 the broker keeps a message until it is stored, and what is not believed it need not keep", async () => {
	world = await TelemetryWorld.create(["m1"]);
	const { telemetry } = world;
	const { ingest } = world.instance();
	const write = telemetry.write;
	let refusals = 1;
	telemetry.write = (statements) => (refusals-- > 0 ? Promise.reject(new Error("disk full")) : write(statements));
	const taken: string[] = [];
	const take = (name: string, message: [string, string]) => ingest.receive(...message).then(() => taken.push(name));
	const [topic] = world.sealed("m1", 1, 1);
	void take("forged", [topic, "forged"]);
	await world.pass(250);
	expect(taken).toEqual(["forged"]);
	void take("good", world.sealed("m1", 1, 1));
	await world.pass(250);
	expect(taken).toEqual(["forged"]);
	await world.pass(1_000);
	expect(taken).toEqual(["forged", "good"]);
	expect(await stored()).toHaveLength(1);
	await ingest.close();
	void take("too late", world.sealed("m1", 1, 2));
	await world.pass(1_000);
	expect(taken).toEqual(["forged", "good"]);
});

test("2.1 nothing of a batch is lost when the disk refuses it once", async () => {
	world = await TelemetryWorld.create(["m1"]);
	const { telemetry } = world;
	const { ingest } = world.instance();
	const write = telemetry.write;
	let refusals = 1;
	telemetry.write = (statements) => (refusals-- > 0 ? Promise.reject(new Error("disk full")) : write(statements));
	for (let seq = 1; seq <= 10_010; seq += 1) ingest.receive(...world.sealed("m1", 1, seq));
	await world.pass(5_000);
	expect(world.errors).toHaveLength(1);
	expect(await stored()).toHaveLength(10_010);
});

test("2.1 what waits is stored before the service ends", async () => {
	world = await TelemetryWorld.create(["m1"]);
	const { ingest } = world.instance();
	ingest.receive(...world.sealed("m1", 1, 1));
	await ingest.close();
	expect(await stored()).toHaveLength(1);
});

test("2.1 messages that come while others are stored are stored a quarter of a second later, too", async () => {
	world = await TelemetryWorld.create(["m1"]);
	const file = world.telemetry;
	let goOn = (): void => undefined;
	const held = new Promise<void>((resolve) => {
		goOn = resolve;
	});
	world.telemetry = { ...file, write: (statements) => held.then(() => file.write(statements)) };
	const { ingest } = world.instance();
	ingest.receive(...world.sealed("m1", 1, 1));
	await world.quiet();
	while (world.clock.step(world.clock.now() + 250)) await new Promise((resolve) => setImmediate(resolve));
	ingest.receive(...world.sealed("m1", 1, 2));
	await new Promise((resolve) => setImmediate(resolve));
	while (world.clock.step(world.clock.now() + 250)) await new Promise((resolve) => setImmediate(resolve));
	goOn();
	await world.pass(250);
	expect(await stored()).toHaveLength(2);
});
