import { type Claims, keyId } from "@visionvend/sdk/device/envelope/envelope";
import { topics } from "@visionvend/sdk/device/topics";
import { afterEach, expect, test } from "vitest";
import { FakeMachine } from "../../test/fake-machine.ts";
import { machineId, products, World } from "../../test/world.ts";

let world: World | undefined;

afterEach(async () => {
	await world?.close();
	world = undefined;
});

const topic = topics(machineId);
const door = (saleId: string) => ({ state: "opened", saleId, atMs: 1 });

/** A world with an unlocked sale whose machine waits. */
async function open(): Promise<World> {
	world = await World.create();
	world.machine.pause = true;
	await world.unlock("sale-1");
	await world.pass(1_000);
	expect((await world.sale("sale-1")).state).toBe("unlocked");
	return world;
}

async function send(world: World, to: string, payload: string): Promise<string | undefined> {
	const before = world.log.length;
	await world.broker.client("intruder").publish(to, payload);
	await world.quiet();
	const rejection = world.log.slice(before).find(({ event }) => event === "message.rejected");
	return typeof rejection?.reason === "string" ? rejection.reason : undefined;
}

test("a door that the controller reports under its seal is believed, once", async () => {
	const world = await open();
	const token = world.machine.sealStatus(topic.door, door("sale-1"));
	expect(await send(world, topic.door, token)).toBeUndefined();
	expect((await world.sale("sale-1")).state).toBe("open");
	expect(await send(world, topic.door, token)).toBe("duplicate");
});

test.each<[string, Partial<Claims>]>([
	["wrong-issuer", { iss: "fridge-1/pi" }],
	["wrong-audience", { aud: "fridge-1/controller" }],
	["wrong-topic", { topic: topic.hello }],
	["bad-jti", { jti: "1" }],
	["bad-jti", { jti: "1-999" }],
	["bad-body", { body: { state: "exploded", saleId: "sale-1", atMs: 1 } }],
	["unknown-sale", { body: door("another-sale") }],
])("%s: not believed", async (reason, changes) => {
	const world = await open();
	const token = world.machine.sealStatus(topic.door, door("sale-1"), changes);
	expect(await send(world, topic.door, token)).toBe(reason);
	expect((await world.sale("sale-1")).state).toBe("unlocked");
});

test("a message of one topic on another one is not believed", async () => {
	const world = await open();
	const token = world.machine.sealStatus(topic.door, door("sale-1"));
	expect(await send(world, topic.command, token)).toBe("wrong-topic");
});

test("0.25 3.11 a changed message is not believed", async () => {
	const world = await open();
	const [header, payload, signature] = world.machine.sealStatus(topic.door, door("sale-1")).split(".");
	const changed = Buffer.from(String(payload), "base64url").toString().replace("opened", "closed");
	const token = `${header}.${Buffer.from(changed).toString("base64url")}.${signature}`;
	expect(await send(world, topic.door, token)).toBe("bad-signature");
});

test("another machine's key does not speak for this one", async () => {
	const world = await open();
	const provisioned = await world.cloud.addMachine({
		machineId: "fridge-2",
		name: "Another",
		currency: "usd",
		holdCents: 500,
		products: [...products],
	});
	const other = new FakeMachine({
		provisioned: { ...provisioned, machineId },
		broker: world.broker.client("fridge-2"),
		products,
	});
	expect(await send(world, topic.door, other.sealStatus(topic.door, door("sale-1")))).toBe("bad-signature");
	// Nor does its own seal move a sale of this machine.
	const own = new FakeMachine({ provisioned, broker: world.broker.client("fridge-2"), products });
	const there = topics("fridge-2").door;
	expect(await send(world, there, own.sealStatus(there, door("sale-1")))).toBe("unknown-sale");
	expect((await world.sale("sale-1")).state).toBe("unlocked");
});

test("what the cloud itself sealed does not come back as a status", async () => {
	const world = await open();
	const unlock = world.broker.seen.find((message) => message.topic === topic.unlock);
	expect(await send(world, topic.door, unlock?.payload ?? "")).toBe("wrong-key");
	expect(keyId("cloud", "controller", 1)).not.toBe(keyId("controller", "cloud", 1));
});

test("an unknown machine and junk are not believed", async () => {
	const world = await open();
	expect(await send(world, "devices/fridge-9/status/door", "x")).toBe("unknown-machine");
	expect(await send(world, topic.door, "")).toBe("malformed");
	expect(await send(world, topic.door, "x".repeat(10_000))).toBe("too-long");
	expect(await send(world, topic.report, "junk")).toBe("malformed");
});

test("a report whose inner seal is not the controller's is refused, and the pi is told", async () => {
	const world = await open();
	const provisioned = await world.cloud.addMachine({
		machineId: "fridge-2",
		name: "Another",
		currency: "usd",
		holdCents: 500,
		products: [...products],
	});
	const other = new FakeMachine({ provisioned, broker: world.broker.client("x"), products });
	// The pi of fridge-1 carries a report that the controller of fridge-2 sealed.
	const inner = other.sealStatus(topics("fridge-2").saleReport, {});
	const token = world.machine.sealReport("sale-1", 1, { take: ["cola"] }, true, { inner });
	expect(await send(world, topic.report, token)).toBe("report-bad-signature");
	expect(world.machine.acks).toMatchObject([{ outcome: "rejected" }]);
	expect((await world.sale("sale-1")).state).toBe("unlocked");
});

test("a message so old that its repetition could not be recognised is not believed", async () => {
	const world = await open();
	const old = world.machine.sealStatus(topic.door, door("sale-1"));
	expect(await send(world, topic.door, old)).toBeUndefined();
	const late = world.machine.sealStatus(topic.door, door("sale-1"), { jti: "1-5000", seq: 5_000 });
	expect(await send(world, topic.door, late)).toBeUndefined();
	expect(await send(world, topic.door, old)).toBe("stale");
});

test("what arrives while the cloud closes is left to the next start", async () => {
	const world = await open();
	await world.cloud.close();
	await send(world, topic.door, world.machine.sealStatus(topic.door, door("sale-1")));
	await new Promise((resolve) => setTimeout(resolve, 20));
	expect(world.log.filter(({ level }) => level === "error")).toEqual([]);
	await world.startCloud();
});

test("a hello that nobody asked for cannot make the cloud send an unlock", async () => {
	const world = await World.create();
	try {
		world.machine.silent = true;
		await world.unlock("sale-1");
		await world.pass(500);
		const hello = {
			request: "guess",
			boot: 1,
			nonce: "A".repeat(22),
			counter: 0,
			executed: 0,
			phase: "",
			firmware: "",
			resetReason: "",
			kind: "fridge",
			configuration: 0,
		};
		await world.broker.client("intruder").publish(topic.hello, world.machine.sealStatus(topic.hello, hello));
		await world.pass(500);
		expect(world.events()).not.toContain("unlock.sent");
	} finally {
		await world.close();
	}
});

test("a machine that starts anew is asked at once", async () => {
	const world = await World.create();
	try {
		world.machine.silent = true;
		await world.unlock("sale-1");
		await world.pass(2_000);
		world.machine.silent = false;
		world.machine.boot = 2;
		world.machine.behaviour = { take: ["cola"] };
		await world.machine.hello("");
		await world.pass(500);
		expect(await world.sale("sale-1")).toMatchObject({ state: "captured" });
	} finally {
		await world.close();
	}
});
