import { beforeEach, expect, test } from "vitest";
import { SimulationClock } from "../clock.ts";
import { SeededRandom } from "../random.ts";
import { MemoryBroker, type MemoryClient } from "./memory-broker.ts";
import { virtualClock } from "./virtual-clock.ts";

const topic = "devices/m1/commands/unlock";
const ms = 1_000_000;

let clock: SimulationClock;
let broker: MemoryBroker;
let cloud: MemoryClient;

beforeEach(() => {
	clock = new SimulationClock();
	broker = new MemoryBroker({ clock, latencyNs: 5 * ms, reconnectNs: 1_000 * ms });
	cloud = broker.client("cloud");
});

async function listen(client: MemoryClient, filter = "devices/m1/#"): Promise<string[]> {
	const payloads: string[] = [];
	await client.subscribe(filter, (_topic, payload) => void payloads.push(payload));
	return payloads;
}

test("publishing resolves while the clock stands still, and the message arrives after the latency", async () => {
	const payloads = await listen(broker.client("m1"));
	await cloud.publish(topic, "open");
	expect(clock.now).toBe(0);
	clock.run(5 * ms - 1);
	expect(payloads).toEqual([]);
	clock.run(1);
	expect(payloads).toEqual(["open"]);
});

test("messages keep their order and arrive once while the connection holds", async () => {
	const payloads = await listen(broker.client("m1"));
	for (const payload of ["1", "2", "3"]) await cloud.publish(topic, payload);
	clock.run(1_000 * ms);
	expect(payloads).toEqual(["1", "2", "3"]);
});

test("a persistent session collects messages while its client is away", async () => {
	const machine = broker.client("m1");
	const payloads = await listen(machine);
	machine.disconnect();
	expect(machine.connected).toBe(false);
	await cloud.publish(topic, "late");
	clock.run(1_000 * ms);
	expect(payloads).toEqual([]);
	machine.connect();
	clock.run(1_000 * ms);
	expect(payloads).toEqual(["late"]);
});

test("a killed process gets what it missed when it comes back and subscribes again", async () => {
	const first = broker.client("m1", "m1-pi");
	const lost = await listen(first);
	first.kill();
	await cloud.publish(topic, "missed");
	clock.run(1_000 * ms);
	const second = broker.client("m1", "m1-pi");
	clock.run(1_000 * ms);
	const payloads = await listen(second);
	clock.run(1_000 * ms);
	expect(lost).toEqual([]);
	expect(payloads).toEqual(["missed"]);
	await expect(first.publish(topic, "ghost")).rejects.toThrow("no connection");
});

test("a connection that breaks before the acknowledgement is through makes the message come twice", async () => {
	const machine = broker.client("m1");
	const payloads = await listen(machine);
	await cloud.publish(topic, "once?");
	clock.run(6 * ms);
	expect(payloads).toEqual(["once?"]);
	machine.disconnect();
	machine.connect();
	clock.run(1_000 * ms);
	expect(payloads).toEqual(["once?", "once?"]);
});

test("publishing without a connection is an error, and listeners hear of every change", async () => {
	const machine = broker.client("m1");
	const changes: boolean[] = [];
	machine.onConnectionChange((connected) => changes.push(connected));
	clock.run(0);
	broker.kill();
	expect(machine.connected).toBe(false);
	await expect(machine.publish("devices/m1/status/door", "x")).rejects.toThrow("no connection");
	broker.restart();
	clock.run(999 * ms);
	expect(machine.connected).toBe(false);
	clock.run(1 * ms);
	expect(machine.connected).toBe(true);
	expect(changes).toEqual([true, false, true]);
});

test("a broker that restarts keeps the messages of its sessions", async () => {
	const machine = broker.client("m1");
	const payloads = await listen(machine);
	machine.disconnect();
	await cloud.publish(topic, "kept");
	broker.kill();
	broker.restart();
	clock.run(2_000 * ms);
	machine.connect();
	clock.run(1_000 * ms);
	await cloud.publish(topic, "after");
	clock.run(1_000 * ms);
	expect(payloads).toEqual(["kept", "after"]);
});

test("a client made while the broker is down connects when it is back", async () => {
	broker.kill();
	const machine = broker.client("m1");
	const payloads = await listen(machine);
	expect(machine.connected).toBe(false);
	broker.restart();
	clock.run(1_000 * ms);
	await cloud.publish(topic, "hello");
	clock.run(1_000 * ms);
	expect(payloads).toEqual(["hello"]);
});

test("a machine can neither publish nor read below another machine's topics", async () => {
	const own = await listen(broker.client("m1"));
	const other = broker.client("m2");
	await expect(other.publish(topic, "forged")).rejects.toThrow("not authorized");
	const everything = await listen(other, "#");
	const foreign = await listen(other, "devices/m1/#");
	await cloud.publish(topic, "secret");
	clock.run(1_000 * ms);
	expect([...everything, ...foreign]).toEqual([]);
	expect(own).toEqual(["secret"]);
	await expect(broker.client("#").publish("devices/#", "x")).rejects.toThrow("wildcard");
	await expect(broker.client("+").publish("devices/m1/x", "x")).rejects.toThrow("not authorized");
});

test("on a bad network messages come late, twice, or after the next connection; none is lost for good", async () => {
	const bad = new MemoryBroker({ clock, random: new SeededRandom(5) });
	bad.setConditions("m1", { lossPermille: 150, duplicatePermille: 200, delayMs: 40, jitterMs: 300 });
	const heard = await listen(bad.client("m1"));
	const sender = bad.client("cloud");
	for (let number = 0; number < 100; number++) {
		await sender.publish(topic, `${number}`);
		clock.run(50 * ms);
	}
	clock.run(60_000 * ms);
	expect(new Set(heard).size).toBe(100);
	expect(heard.length).toBeGreaterThan(100);
	expect(heard).not.toEqual([...heard].sort((one, other) => Number(one) - Number(other)));
});

test("a sender on a bad network is told when nobody knows whether its message arrived", async () => {
	const bad = new MemoryBroker({ clock, random: new SeededRandom(6) });
	bad.setConditions("m1", { lossPermille: 400 });
	const heard = await listen(bad.client("cloud"));
	const sender = bad.client("m1");
	let unknown = 0;
	for (let number = 0; number < 50; number++) {
		if (sender.connected) await sender.publish(topic, `${number}`).catch(() => unknown++);
		clock.run(2_000 * ms);
	}
	expect(unknown).toBeGreaterThan(5);
	expect(heard.length).toBeGreaterThan(50 - unknown);
	expect(heard.length).toBeLessThan(50);
});

test("the virtual clock counts milliseconds from its epoch and never calls early", () => {
	const virtual = virtualClock(clock, 1_700_000_000_000);
	const calls: number[] = [];
	clock.run(400_000);
	virtual.after(10, () => calls.push(virtual.now()));
	virtual.after(20, () => calls.push(virtual.now()))();
	clock.run(9_999_999);
	expect(calls).toEqual([]);
	clock.run(100 * ms);
	expect(calls).toEqual([1_700_000_000_010]);
});

test("a message that is still being taken comes again after the client's process was killed, and one that was taken does not", async () => {
	const taken: (() => void)[] = [];
	await cloud.subscribe("devices/m1/#", () => new Promise<void>((resolve) => taken.push(resolve)));
	const machine = broker.client("m1");
	for (const payload of ["quick", "slow"]) await machine.publish("devices/m1/logs", payload);
	clock.run(5 * ms);
	taken[0]?.();
	await new Promise((resolve) => setImmediate(resolve));
	cloud.crash();
	const payloads = await listen(broker.client("cloud"));
	clock.run(1_000 * ms);
	expect(payloads).toEqual(["slow"]);
});
