import { Board } from "@visionvend/hardware-sim/board/board";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import { expect, test } from "vitest";
import { FakeModdableClient, fakeNetwork } from "../../test/moddable-client.ts";
import { moddableMQTT } from "./mqtt-session.ts";

const topics = ["devices/m1/commands/unlock", "devices/m1/commands/hello"];

function open(isUp = true) {
	const clock = new SimulationClock();
	const { timer } = new Board({ clock });
	const events: (readonly unknown[])[] = [];
	FakeModdableClient.made.length = 0;
	const session = new (moddableMQTT(fakeNetwork(clock, timer, () => isUp)))({
		host: "broker.example",
		port: 8883,
		tls: true,
		clientId: "m1",
		user: "m1",
		password: "secret",
		subscriptions: topics,
		onConnected: () => events.push(["connected"]),
		onMessage: (topic, payload) => events.push(["message", topic, Buffer.from(payload).toString("latin1")]),
		onAcknowledged: (identifier) => events.push(["acknowledged", identifier]),
		onEnded: (why) => events.push(["ended", why]),
	});
	const run = (seconds: number) => clock.run(seconds * 1e9);
	const client = () => {
		const made = FakeModdableClient.made[0];
		if (made === undefined) throw new Error("No client was made.");
		return made;
	};
	return { session, events, run, client };
}

function connected() {
	const bench = open();
	bench.run(6);
	bench.client().accept(2_000);
	bench.client().grant(1, 1);
	bench.run(0.1);
	return bench;
}

test("it connects with the options of the session, subscribes with QoS 1, and is connected when all is granted", () => {
	const { events, run, client } = open();
	run(6);
	const { id, host, port, user, password, clean, keepAlive, socket } = client().options;
	expect({ id, host, port, user, password, clean, keepAlive, socket }).toEqual({
		id: "m1",
		host: "broker.example",
		port: 8883,
		user: "m1",
		password: "secret",
		clean: true,
		keepAlive: 60_000,
		socket: { tls: true },
	});
	client().accept(2_000);
	expect(client().subscribed).toEqual(topics);
	expect(events).toEqual([]);
	client().grant(1, 1);
	expect(events).toEqual([]);
	run(0.1);
	expect(events).toEqual([["connected"]]);
});

test("without room for the subscriptions it waits for it", () => {
	const { events, run, client } = open();
	run(6);
	client().accept(40);
	expect(client().subscribed).toEqual([]);
	client().makeRoom(500);
	expect(client().subscribed).toEqual(topics);
	client().makeRoom(500);
	client().grant(1, 1);
	run(0.1);
	expect(events).toEqual([["connected"]]);
});

test("a subscription that is not granted ends the session", () => {
	const { events, run, client } = open();
	run(6);
	client().accept(2_000);
	client().grant(1, 0x80);
	run(60);
	expect(events).toEqual([["ended", "refused"]]);
	expect(client().closed).toBe(true);
});

test("a message goes out at once where there is room, and its number comes back with the acknowledgement", () => {
	const { session, events, run, client } = connected();
	const identifier = session.publish("devices/m1/status/hello", Buffer.from("envelope"));
	expect(client().published).toEqual([{ topic: "devices/m1/status/hello", id: identifier, payload: "envelope" }]);
	expect(() => session.publish("devices/m1/status/hello", Buffer.from("x"))).toThrow(
		expect.objectContaining({ kind: "overrun" }),
	);
	client().acknowledge(identifier + 1);
	client().acknowledge(identifier);
	run(0.1);
	expect(events.slice(1)).toEqual([["acknowledged", identifier]]);
	expect(session.publish("devices/m1/status/hello", Buffer.from("x"))).not.toBe(identifier);
});

test.each([60, 61, 90, 300, 1_500, 2_100])(
	"a long message goes out in parts where the socket has room for %i bytes",
	(room) => {
		const { session, client } = connected();
		client().makeRoom(20);
		const payload = "0123456789".repeat(200);
		const identifier = session.publish("devices/m1/status/sale", Buffer.from(payload));
		for (let turn = 0; turn < 200 && client().published.length === 0; turn++) client().makeRoom(room);
		expect(client().published).toEqual([{ topic: "devices/m1/status/sale", id: identifier, payload }]);
		client().makeRoom(room);
		expect(client().published).toHaveLength(1);
	},
);

test.each([1, 7, 1_000, 2_048])("a message comes in whole, in parts of %i bytes", (partBytes) => {
	const { events, run, client } = connected();
	const payload = "abcdefgh".repeat(256);
	client().deliver("devices/m1/commands/unlock", Buffer.from(payload), partBytes);
	client().deliver("devices/m1/commands/hello", Buffer.from("next"));
	run(0.1);
	expect(events.slice(1)).toEqual([
		["message", "devices/m1/commands/unlock", payload],
		["message", "devices/m1/commands/hello", "next"],
	]);
});

test("what is longer than any envelope is read and forgotten", () => {
	const { events, run, client } = connected();
	client().deliver("devices/m1/commands/unlock", new Uint8Array(100_000), 1_460);
	client().deliver("devices/m1/commands/unlock", Buffer.from("next"));
	run(0.1);
	expect(events.slice(1)).toEqual([["message", "devices/m1/commands/unlock", "next"]]);
});

test("a client that fails ends the session once, and nothing comes after it", () => {
	const { session, events, run, client } = connected();
	client().deliver("devices/m1/commands/unlock", Buffer.from("late"));
	client().fail();
	run(100);
	expect(events.slice(1)).toEqual([
		["message", "devices/m1/commands/unlock", "late"],
		["ended", "lost"],
	]);
	expect(() => session.publish("devices/m1/status/hello", Buffer.from("x"))).toThrow(
		expect.objectContaining({ kind: "closed" }),
	);
	session.close();
});

test("a broker that does not answer is left after 45 seconds", () => {
	const { events, run, client } = open();
	run(44);
	expect(events).toEqual([]);
	run(2);
	expect(events).toEqual([["ended", "timeout"]]);
	expect(client().closed).toBe(true);
});

test("a session that is closed while its name is looked up hears nothing, and the client neither", () => {
	const { session, events, run, client } = open();
	run(1);
	session.close();
	session.close();
	run(100);
	expect(events).toEqual([]);
	expect(client().closed).toBe(true);
});

test("without a network no client is made, and the session is lost after a second", () => {
	const { events, run } = open(false);
	run(0.9);
	expect(events).toEqual([]);
	run(0.2);
	expect(events).toEqual([["ended", "lost"]]);
	expect(FakeModdableClient.made).toEqual([]);
});

test("closing inside of a callback is possible", () => {
	const { session, events, run, client } = connected();
	client().deliver("devices/m1/commands/unlock", Buffer.from("one"));
	session.close();
	run(1);
	expect(events).toEqual([["connected"]]);
});
