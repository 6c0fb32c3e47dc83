import { afterEach, beforeEach, expect, test } from "vitest";
import {
	configuration,
	keys,
	machineId,
	saleReport,
	sealedByController,
	TestMachine,
	topics,
} from "../test/test-machine.ts";
import { openStore } from "./store/store.ts";

let machine: TestMachine;
beforeEach(() => {
	machine = new TestMachine();
});
afterEach(() => machine.close());

const dayMs = 86_400_000;
let sequence = 0;
function aReport(saleId: string, colas = 1): string {
	sequence += 1;
	return sealedByController(topics.saleReport, saleReport(saleId, colas), sequence);
}

test("a sale report reaches the cloud verbatim, with what was taken, and is acknowledged", async () => {
	await machine.start();
	const sealed = aReport("sale-1", 2);
	machine.send(topics.saleReport, sealed);
	await machine.run(1_000);

	expect(machine.takenOver).toEqual([sealed]);
	expect(machine.reports).toHaveLength(1);
	const [{ body, claims } = expect.unreachable()] = machine.reports;
	expect(body.report).toBe(sealed);
	expect(body.saleId).toBe("sale-1");
	expect(body.decision).toMatchObject({ kind: "settle", items: [{ sku: "cola", quantity: 2 }] });
	expect(claims.exp).toBe((claims.iat ?? 0) + 300);
	expect(machine.log.map((entry) => entry.event)).toEqual([
		"started",
		"broker.up",
		"link.up",
		"report.stored",
		"basket.decided",
		"report.sent",
		"report.acknowledged",
	]);
});

test("a report is on the disk before the controller hears that it arrived", async () => {
	await machine.start();
	const sealed = aReport("sale-1");
	machine.send(topics.saleReport, sealed);
	const untilMs = machine.clock.now() + 1_000;
	while (machine.takenOver.length === 0 && machine.clock.step(untilMs)) await machine.settle();

	const disk = await openStore(machine.databaseUrl);
	expect((await disk.openReports()).map((report) => report.sealed)).toEqual([sealed]);
	disk.close();
});

test("a basket of more products than fit into a message reaches the cloud as a review, not never", async () => {
	const shelves = [0, 1, 2, 3, 4, 5, 6, 7];
	machine.products = shelves.flatMap((shelf) =>
		[1_013_000, 2_131_000, 4_337_000, 8_911_000, 17_003_000].map((massMilligrams, index) => {
			const sku = `product-${shelf}-${index}`;
			return { sku, name: sku, massMilligrams, toleranceMilligrams: 0, priceCents: 100, shelf };
		}),
	);
	await machine.start();
	const body = {
		...saleReport("sale-1"),
		shelves: shelves.map((shelf) => ({
			shelf,
			baselineMilligrams: 90_000_000,
			finalMilligrams: 90_000_000 - 33_395_000,
			spreadMilligrams: 400,
		})),
	};
	machine.send(topics.saleReport, sealedByController(topics.saleReport, body, 77));
	await machine.run(30_000);
	expect(machine.reports.map(({ body }) => body.decision)).toMatchObject([{ kind: "review", candidates: [] }]);
	expect(machine.events("report.acknowledged")).toHaveLength(1);
});

test("a report that comes again, because its acknowledgement was lost, is stored and sent once", async () => {
	await machine.start();
	const sealed = aReport("sale-1");
	machine.send(topics.saleReport, sealed);
	machine.send(topics.saleReport, sealed);
	await machine.run(60_000);
	expect(machine.takenOver).toHaveLength(2);
	expect(machine.reports).toHaveLength(1);
	expect(machine.events("report.duplicate")).toHaveLength(1);
});

test("an unacknowledged report is sent again after 5, 10, 20, 40 and then every 60 seconds", async () => {
	machine.acknowledging = false;
	await machine.start();
	machine.send(topics.saleReport, aReport("sale-1"));
	await machine.run(200_000);
	const times = machine.reports.map(({ claims }) => claims.iat ?? 0);
	expect(times.map((time) => time - (times[0] ?? 0))).toEqual([0, 5, 15, 35, 75, 135, 195]);
	// Each sending is a message of its own, of one and the same report.
	expect(new Set(machine.reports.map(({ claims }) => claims.jti)).size).toBe(7);
	expect(new Set(machine.reports.map(({ body }) => body.reportId)).size).toBe(1);
});

test("an acknowledged report is never sent again", async () => {
	await machine.start();
	machine.send(topics.saleReport, aReport("sale-1"));
	await machine.run(600_000);
	await machine.start();
	await machine.run(600_000);
	expect(machine.reports).toHaveLength(1);
});

test("reports and events of an outage arrive when the broker is back, events in their order", async () => {
	await machine.start();
	machine.broker.connected = false;
	machine.send(topics.door, "a.door.opened");
	machine.send(topics.health, "a.health.old");
	machine.send(topics.door, "a.door.closed");
	machine.send(topics.health, "a.health.new");
	machine.send(topics.saleReport, aReport("sale-1"));
	await machine.run(3_600_000);
	expect(machine.takenOver).toHaveLength(5);
	expect(machine.relayed()).toEqual([]);

	machine.broker.connected = true;
	await machine.run(1_000);
	expect(machine.relayed()).toEqual([
		{ topic: topics.door, payload: "a.door.opened" },
		{ topic: topics.door, payload: "a.door.closed" },
		{ topic: topics.health, payload: "a.health.new" },
	]);
	expect(machine.reports).toHaveLength(1);
	expect(machine.events("broker.down")).toHaveLength(1);
});

test("status messages are published verbatim and leave the store", async () => {
	await machine.start();
	for (const topic of [topics.hello, topics.door, topics.command, topics.health]) {
		machine.send(topic, "any.sealed.text");
	}
	await machine.run(1_000);
	expect(machine.relayed()).toEqual(
		[topics.hello, topics.door, topics.command, topics.health].map((topic) => ({ topic, payload: "any.sealed.text" })),
	);
	expect(machine.events("status.relayed").map((entry) => entry.status)).toEqual(["hello", "door", "command", "health"]);
	const disk = await openStore(machine.databaseUrl);
	expect((await disk.counts()).messages).toBe(0);
	disk.close();
});

test("a message of the controller on a topic that is not its own stays here", async () => {
	await machine.start();
	machine.send(topics.report, "a.b.c");
	machine.send("devices/fridge-2/status/door", "a.b.c");
	machine.send(topics.door, "a.b.c");
	await machine.run(1_000);
	expect(machine.relayed()).toEqual([{ topic: topics.door, payload: "a.b.c" }]);
	expect(machine.events("message.rejected")).toHaveLength(2);
});

test("a report that cannot be read is refused and does not hold up the next one", async () => {
	await machine.start();
	machine.send(topics.saleReport, "no-envelope");
	machine.send(topics.saleReport, `e30.${Buffer.from("{").toString("base64url")}.e30`);
	machine.send(topics.saleReport, sealedByController(topics.saleReport, { saleId: "s" }, 1));
	machine.send(topics.saleReport, sealedByController(topics.door, saleReport("s"), 2));
	machine.send(topics.saleReport, aReport("sale-1"));
	await machine.run(1_000);
	expect(machine.events("message.rejected").map((entry) => entry.reason)).toEqual([
		"malformed",
		"bad-claims",
		"bad-body",
		"wrong-topic",
	]);
	expect(machine.reports.map(({ body }) => body.saleId)).toEqual(["sale-1"]);
});

test("unlock, hello request and receipt reach the controller verbatim", async () => {
	await machine.start();
	await machine.run(100);
	const sent = [topics.helloRequest, topics.unlock, topics.receipt].map((topic) => ({
		topic,
		envelope: "aGk.eW8.c2k",
	}));
	for (const { topic, envelope } of sent) machine.broker.deliver(topic, envelope);
	await machine.run(1_000);
	expect(machine.commands).toEqual(sent);
	expect(machine.events("command.relayed").map((entry) => entry.command)).toEqual(["hello", "unlock", "receipt"]);
});

test("other command topics, oversize and malformed commands are not relayed", async () => {
	await machine.start();
	await machine.run(100);
	machine.broker.deliver(`devices/${machineId}/commands/reboot`, "a.b.c");
	machine.broker.deliver(`devices/${machineId}/commands/unlock/more`, "a.b.c");
	machine.broker.deliver(topics.unlock, `a.${"b".repeat(1_600)}.c`);
	machine.broker.deliver(topics.unlock, "unlock:me");
	machine.broker.deliver(topics.unlock, "a.\u0000.c");
	machine.broker.deliver(topics.unlock, "");
	await machine.run(1_000);
	expect(machine.commands).toEqual([]);
	expect(machine.events("message.rejected").map((entry) => entry.reason)).toEqual([
		"unknown-topic",
		"unknown-topic",
		"too-long",
		"malformed",
		"malformed",
		"malformed",
	]);
});

test("of commands for an absent controller the youngest 16 wait, the one on the wire beside", async () => {
	await machine.start();
	machine.wire.cut = true;
	for (let index = 0; index < 20; index += 1) machine.broker.deliver(topics.helloRequest, `a.b${index}.c`);
	expect(machine.events("message.rejected").map((entry) => entry.reason)).toEqual(Array(3).fill("queue-full"));
	machine.wire.cut = false;
	await machine.run(60_000);
	expect(machine.commands.map(({ envelope }) => envelope)).toEqual(
		[0, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19].map((index) => `a.b${index}.c`),
	);
});

test("a forged, foreign or unknown acknowledgement changes nothing", async () => {
	machine.acknowledging = false;
	await machine.start();
	machine.send(topics.saleReport, aReport("sale-1"));
	await machine.run(1_000);
	const reportId = machine.reports[0]?.body.reportId ?? "";
	const genuine = machine.acknowledgement(reportId);
	const forgeries = [
		machine.acknowledgement(reportId, {}, keys.piToCloud),
		machine.acknowledgement(reportId, {}, { ...keys.cloudToPi, key: new Uint8Array(32) }),
		machine.acknowledgement(reportId, { aud: "fridge-2/pi" }),
		machine.acknowledgement(reportId, { iss: "fridge-1/pi" }),
		machine.acknowledgement(reportId, { topic: topics.report }),
		machine.acknowledgement(reportId, { body: { reportId } }),
		machine.acknowledgement("nobody-knows-this"),
		`${genuine.slice(0, -2)}AA`,
		"",
		"x".repeat(20_000),
	];
	for (const forgery of forgeries) machine.broker.deliver(topics.ack, forgery);
	await machine.run(1_000);
	expect(machine.events("report.acknowledged")).toEqual([]);
	expect(machine.events("message.rejected")).toHaveLength(forgeries.length);

	machine.broker.deliver(topics.ack, genuine);
	machine.broker.deliver(topics.ack, genuine);
	await machine.run(1_000);
	expect(machine.events("report.acknowledged")).toHaveLength(1);
});

test("a forced opening goes to review, with a report of no sale", async () => {
	await machine.start();
	machine.send(topics.saleReport, sealedByController(topics.saleReport, { ...saleReport(""), flags: ["forced"] }, 9));
	await machine.run(1_000);
	expect(machine.reports[0]?.body).toMatchObject({ saleId: "", decision: { kind: "review", reason: "forced-door" } });
});

test("a report that the disk does not take is not acknowledged until it does", async () => {
	await machine.start();
	await machine.run(100);
	machine.diskFull = true;
	machine.send(topics.saleReport, aReport("sale-1"));
	await machine.run(3_600_000);
	expect(machine.events("task.failed").length).toBeGreaterThan(0);
	expect(machine.takenOver).toEqual([]);
	const degraded = await machine.pi.app.request("/health");
	expect(await degraded.json()).toMatchObject({ status: "degraded", store: { status: "failing" } });

	machine.diskFull = false;
	await machine.run(31_000);
	expect(machine.takenOver).toHaveLength(1);
	expect(machine.reports).toHaveLength(1);
	const healthy = await machine.pi.app.request("/health");
	expect(await healthy.json()).toMatchObject({ status: "healthy", store: { status: "ok" } });
});

test("acknowledged reports are forgotten after 30 days", async () => {
	await machine.start();
	machine.send(topics.saleReport, aReport("sale-1"));
	await machine.run(1_000);
	const reportId = machine.reports[0]?.body.reportId ?? "";
	await machine.pi.close();

	for (const [days, isKept] of [
		[29, true],
		[2, false],
	] as const) {
		const untilMs = machine.clock.now() + days * dayMs;
		while (machine.clock.step(untilMs));
		await machine.start();
		await machine.settle();
		const disk = await openStore(machine.databaseUrl);
		expect((await disk.report(reportId)) !== undefined).toBe(isKept);
		disk.close();
		await machine.pi.close();
	}
});

test("health tells what is up and what waits", async () => {
	await machine.start();
	await machine.run(100);
	const healthy = await machine.pi.app.request("/health");
	expect(healthy.status).toBe(200);
	expect(await healthy.json()).toMatchObject({
		status: "healthy",
		link: { status: "up", pending: 0 },
		broker: { status: "up" },
		store: { status: "ok", pending: 0, undecided: 0, unacknowledged: 0, messages: 0 },
		version: "0.1.0",
		uptimeMs: 100,
	});

	machine.broker.connected = false;
	machine.send(topics.saleReport, aReport("sale-1"));
	machine.send(topics.door, "a.b.c");
	await machine.run(100);
	const degraded = await machine.pi.app.request("/health");
	expect(await degraded.json()).toMatchObject({
		status: "degraded",
		broker: { status: "down" },
		store: { status: "ok", pending: 2, undecided: 0, unacknowledged: 1, messages: 1 },
	});
});

test("a controller that falls silent while a command waits is told as down, and as up again", async () => {
	await machine.start();
	await machine.run(100);
	machine.wire.cut = true;
	machine.broker.deliver(topics.helloRequest, "a.b.c");
	await machine.run(30_000);
	machine.wire.cut = false;
	await machine.run(30_000);
	expect(machine.events("link.up")).toHaveLength(2);
	expect(machine.events("link.down")).toHaveLength(1);
	expect(machine.commands).toHaveLength(1);
});

test("a controller that dies while nothing waits for it is told as down within 14 s, and as up again", async () => {
	await machine.start();
	await machine.run(100);
	machine.wire.cut = true;
	await machine.run(14_000);
	const read = async () => (await machine.pi.health()).link.status;
	expect(await read()).toBe("down");
	machine.wire.cut = false;
	await machine.run(10_000);
	expect(await read()).toBe("up");
	expect(machine.events("link.down")).toHaveLength(1);
});

test("closing twice is closing once, and nothing happens afterwards", async () => {
	await machine.start();
	machine.send(topics.saleReport, aReport("sale-1"));
	await machine.run(3);
	await Promise.all([machine.pi.close(), machine.pi.close()]);
	const { length } = machine.log;
	machine.broker.deliver(topics.unlock, "a.b.c");
	await machine.run(100_000);
	expect(machine.log).toHaveLength(length);
});

test("a key that is no key is refused at the start", async () => {
	const { createPiRuntime } = await import("./pi-runtime.ts");
	const bad = configuration(machine.databaseUrl);
	bad.keys.receive.key = "short";
	const { clock, broker, wire } = machine;
	const random = (byteLength: number) => new Uint8Array(byteLength);
	const ports = { clock, broker, random, controller: wire.pi, log: () => undefined };
	await expect(createPiRuntime(bad, ports)).rejects.toThrow("cloud-pi.1");
});
