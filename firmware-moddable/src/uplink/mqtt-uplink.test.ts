import { expect, test } from "vitest";
import { broker, configurationOf, topicOf, UplinkBench } from "../../test/uplink-bench.ts";
import { uplinkProblem } from "./uplink-problem.ts";

const names = (claims: readonly { readonly body: unknown }[]) =>
	claims.map(({ body }) => (typeof body === "object" && body !== null && "name" in body ? body.name : undefined));

test("over Wi-Fi it connects within a second, says so, and what is sent arrives sealed", () => {
	const bench = new UplinkBench();
	const uplink = bench.wifi();
	expect([uplink.connected, uplink.signalDbm]).toEqual([false, -60]);
	bench.run(1.5);
	expect([uplink.connected, ...bench.peers]).toEqual([true, true]);
	uplink.send(bench.message("one"));
	uplink.send(bench.message("two"));
	bench.run(1);
	expect(bench.heard.map(({ jti, seq, topic }) => [jti, seq, topic])).toEqual([
		["7-1", 1, topicOf.door],
		["7-2", 2, topicOf.door],
	]);
	expect(bench.delivered).toEqual(["one", "two"]);
	uplink.close();
	uplink.close();
	expect(uplink.signalDbm).toBeUndefined();
});

test("what is sent before there is a connection waits, and is written when it leaves", () => {
	const bench = new UplinkBench();
	bench.broker.kill();
	const uplink = bench.wifi();
	uplink.send(bench.message("early"));
	bench.run(20);
	expect(bench.heard).toEqual([]);
	const at = bench.host.ticks();
	bench.broker.restart();
	bench.run(40);
	expect(bench.heard).toHaveLength(1);
	expect(bench.heard[0]?.body).toMatchObject({ name: "early" });
	const atMs = bench.heard.map(({ body }) => Object(body).atMs);
	expect(atMs[0]).toBeGreaterThan(at);
});

test("when too much waits the oldest droppable message goes, and one that is not never does", () => {
	const bench = new UplinkBench();
	bench.broker.kill();
	const uplink = bench.wifi();
	uplink.send(bench.message("kept"));
	for (let number = 0; number < 20; number++) uplink.send(bench.message(`droppable ${number}`, { droppable: true }));
	for (let number = 0; number < 3; number++) uplink.send(bench.message(`kept ${number}`));
	bench.broker.restart();
	bench.run(30);
	const arrived = names(bench.heard);
	expect(arrived).toHaveLength(16);
	expect(arrived[0]).toBe("kept");
	expect(arrived.slice(-3)).toEqual(["kept 0", "kept 1", "kept 2"]);
	expect(arrived).not.toContain("droppable 7");
	expect(arrived).toContain("droppable 8");
});

test("a report is delivered when the cloud has it, not when the broker has", () => {
	const bench = new UplinkBench();
	const uplink = bench.wifi();
	bench.run(1.5);
	uplink.send(bench.report("r1"));
	bench.run(10);
	expect(bench.heardOn(topicOf.saleReport)).toHaveLength(1);
	expect(bench.delivered).toEqual([]);
	bench.acknowledge("r1");
	bench.acknowledge("r1");
	bench.run(200);
	expect(bench.delivered).toEqual(["r1"]);
	expect(bench.heardOn(topicOf.saleReport)).toHaveLength(1);
	expect(bench.rejected).toEqual([]);
});

test("until then it is sent again every minute and after each reconnection, always the same", () => {
	const bench = new UplinkBench();
	const uplink = bench.wifi();
	bench.run(1.5);
	uplink.send(bench.report("r1"));
	bench.run(185);
	const reports = bench.heardOn(topicOf.saleReport);
	expect(reports).toHaveLength(4);
	expect(new Set(reports.map(({ jti, seq }) => `${jti} ${seq}`))).toEqual(new Set(["r1 1"]));
	bench.network.cut();
	bench.run(3);
	expect(bench.heardOn(topicOf.saleReport)).toHaveLength(5);
	bench.acknowledge("r1");
	bench.run(300);
	expect(bench.heardOn(topicOf.saleReport)).toHaveLength(5);
	expect(bench.delivered).toEqual(["r1"]);
});

test("an acknowledgement finds its report also where it still waits", () => {
	const bench = new UplinkBench();
	const uplink = bench.wifi();
	bench.run(1.5);
	for (const name of ["r1", "r2", "r3"]) uplink.send(bench.report(name));
	bench.acknowledge("r3");
	bench.run(0.06);
	expect(bench.delivered).toEqual(["r3"]);
	bench.run(5);
	expect(bench.heardOn(topicOf.saleReport).map(({ jti }) => jti)).toEqual(["r1", "r2"]);
});

test("a message whose connection broke before the broker answered is sent again", () => {
	const bench = new UplinkBench();
	const uplink = bench.wifi();
	bench.run(1.5);
	uplink.send(bench.message("one"));
	bench.run(0.03);
	bench.network.cut();
	bench.run(3);
	expect(bench.peers).toEqual([true, false, true]);
	expect(new Set(names(bench.heard))).toEqual(new Set(["one"]));
	expect(bench.delivered).toEqual(["one"]);
});

test("a broker that says nothing for half a minute is left", () => {
	const bench = new UplinkBench();
	const uplink = bench.wifi();
	bench.run(1.5);
	bench.network.partition();
	uplink.send(bench.message("one"));
	bench.run(29);
	expect(uplink.connected).toBe(true);
	bench.run(2);
	expect(uplink.connected).toBe(false);
	expect(bench.logs("uplink.ended")).toEqual([{ why: "timeout" }]);
	bench.network.heal();
	bench.run(60);
	expect(bench.delivered).toEqual(["one"]);
});

test("waits between attempts have full jitter and double from 1 s to 128 s; a session that lasts begins anew", () => {
	const bench = new UplinkBench();
	bench.broker.kill();
	bench.wifi();
	const attempts: number[] = [];
	let seen = 0;
	for (let step = 0; step < 20_000; step++) {
		bench.run(0.1);
		const { length } = bench.logs("uplink.ended");
		for (; seen < length; seen++) attempts.push(bench.clock.now / 1e9);
	}
	const waits = attempts.map((at, index) => at - (attempts[index - 1] ?? 0));
	for (const [index, wait] of waits.entries()) expect(wait).toBeLessThan(Math.min(2 ** index, 128) + 0.3);
	expect(Math.max(...waits)).toBeGreaterThan(64);
	expect(Math.min(...waits.slice(7))).toBeLessThan(40);
	bench.broker.restart();
	bench.run(150);
	expect(bench.peers).toEqual([true]);
	bench.run(30);
	bench.network.cut();
	bench.run(1.3);
	expect(bench.peers).toEqual([true, false, true]);
});

test("a broker that refuses the password is asked again, ever more rarely", () => {
	const bench = new UplinkBench();
	bench.open({ via: "wifi", ssid: "shop", password: "wifi-secret", broker: { ...broker, password: "wrong" } });
	bench.run(600);
	const { length } = bench.logs("uplink.ended");
	expect(length).toBeGreaterThan(6);
	expect(length).toBeLessThan(25);
	expect(bench.logs("uplink.ended")[0]).toEqual({ why: "refused" });
	expect(bench.peers).toEqual([]);
});

test("a command comes in when its seal, sender, addressee and topic are right", () => {
	const bench = new UplinkBench();
	bench.wifi();
	bench.run(1.5);
	bench.say(topicOf.unlock, { saleId: "s1" });
	bench.run(1);
	expect(bench.commands.map(({ topic, body }) => [topic, body])).toEqual([[topicOf.unlock, { saleId: "s1" }]]);
	expect(bench.rejected).toEqual([]);
});

test("whatever else the broker sends is rejected by name", () => {
	const bench = new UplinkBench();
	bench.wifi();
	bench.run(1.5);
	bench.say(topicOf.unlock, {}, { publishedOn: topicOf.helloRequest });
	bench.say(topicOf.unlock, {}, { key: { kid: "cloud-controller.1", key: new Uint8Array(32) } });
	bench.sayRaw(topicOf.unlock, "no envelope");
	bench.sayRaw(topicOf.unlock, "x".repeat(3_000));
	bench.say(topicOf.acknowledgement, { reportId: 5 });
	bench.run(1);
	expect(bench.commands).toEqual([]);
	expect(bench.rejected.map(([, reason]) => reason).sort()).toEqual([
		"bad-body",
		"bad-signature",
		"malformed",
		"too-long",
		"wrong-topic",
	]);
});

test("a flood is cut off, and what comes after it is heard", () => {
	const bench = new UplinkBench();
	bench.wifi();
	bench.run(1.5);
	for (let number = 0; number < 100; number++) bench.sayRaw(topicOf.unlock, `junk ${number}`);
	bench.run(1);
	expect(bench.rejected.filter(([, reason]) => reason === "flood").length).toBeGreaterThan(50);
	bench.say(topicOf.unlock, { saleId: "s1" });
	bench.run(1);
	expect(bench.commands).toHaveLength(1);
});

test("on a bad network nothing that must arrive is lost", () => {
	const bench = new UplinkBench();
	bench.broker.setConditions("m1", { lossPermille: 200, duplicatePermille: 100, delayMs: 100, jitterMs: 200 });
	const uplink = bench.wifi();
	for (let number = 0; number < 40; number++) {
		uplink.send(bench.message(`m${number}`));
		bench.run(20);
	}
	bench.broker.setConditions("m1", undefined);
	bench.run(300);
	expect(new Set(names(bench.heard)).size).toBe(40);
	expect(bench.delivered).toHaveLength(40);
});

test.each([
	["no broker", { via: "wifi", ssid: "shop" }, "has no broker"],
	["no network", { via: "wifi", broker }, "has no network"],
	["no broker over LTE", { via: "lte", apn: "" }, "has no broker"],
] as const)("a configuration with %s is named, and opening it throws", (_name, uplink, problem) => {
	const bench = new UplinkBench();
	expect(uplinkProblem(configurationOf(uplink), bench.host)).toContain(problem);
	expect(() => bench.open(uplink)).toThrow(RangeError);
});

test("a board without Wi-Fi, and a modem with too many scales, are named", () => {
	const { host } = new UplinkBench();
	const { mqtt: _mqtt, ...withoutWiFi } = host;
	const wifi = configurationOf({ via: "wifi", ssid: "shop", broker });
	expect(uplinkProblem(wifi, withoutWiFi)).toContain("has no Wi-Fi");
	expect(uplinkProblem(wifi, host)).toBeUndefined();
	expect(uplinkProblem(configurationOf({ via: "pi" }), withoutWiFi)).toBeUndefined();
	const scale = { clock: 1, data: 2, zeroCounts: 0, loadCounts: 1, loadMilligrams: 1 };
	const lte = configurationOf({ via: "lte", apn: "", broker });
	expect(uplinkProblem(lte, host)).toBeUndefined();
	const many = { ...lte, scales: [0, 1, 2].map((shelf) => ({ shelf, ...scale })) };
	expect(uplinkProblem(many, host)).toContain("at most 2 scales");
});
