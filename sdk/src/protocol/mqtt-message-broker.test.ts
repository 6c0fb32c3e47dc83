import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { Aedes } from "aedes";
import { afterEach, expect, test } from "vitest";
import type { MessageBroker } from "./message-broker.ts";
import { connectMqtt, type MqttOptions } from "./mqtt-message-broker.ts";

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) {
		await cleanup();
	}
});

async function listen(server: Server, port = 0): Promise<number> {
	await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
	return (server.address() as AddressInfo).port;
}

interface TestBroker {
	readonly port: number;
	/** What subscribers have acknowledged. */
	readonly acknowledged: Inbox;
	/** Ends all connections and frees the port. */
	stop(): Promise<void>;
}

/** An MQTT 3.1.1 broker in this process. `onSubscribe` runs before a subscription is granted. `user`: who alone may enter. */
async function startAedes(port = 0, onSubscribe: () => void = () => undefined, user?: string): Promise<TestBroker> {
	const aedes = await Aedes.createBroker({
		authenticate(_client, username, _password, done) {
			done(null, user === undefined || user === username);
		},
		authorizeSubscribe(_client, subscription, grant) {
			onSubscribe();
			grant(null, subscription);
		},
	});
	const acknowledged = new Inbox();
	aedes.on("ack", (packet) => {
		if ("payload" in packet) acknowledged.take("", String(packet.payload));
	});
	const sockets = new Set<Socket>();
	const server = createServer((socket) => {
		sockets.add(socket);
		socket.on("close", () => sockets.delete(socket));
		aedes.handle(socket);
	});
	let stopped = false;
	const stop = async (): Promise<void> => {
		if (stopped) {
			return;
		}
		stopped = true;
		for (const socket of sockets) {
			socket.destroy();
		}
		await new Promise<void>((resolve) => server.close(() => resolve()));
		await new Promise<void>((resolve) => aedes.close(() => resolve()));
	};
	cleanups.push(stop);
	return { port: await listen(server, port), acknowledged, stop };
}

async function connect(port: number, clientId: string, more: Partial<MqttOptions> = {}): Promise<MessageBroker> {
	const broker = await connectMqtt({ url: `mqtt://127.0.0.1:${port}`, clientId, reconnectMs: 10, ...more });
	cleanups.push(() => broker.close());
	return broker;
}

/** Collects payloads and says when there are so many of them. */
class Inbox {
	readonly payloads: string[] = [];
	#check: () => void = () => undefined;
	readonly take = (_topic: string, payload: string): void => {
		this.payloads.push(payload);
		this.#check();
	};
	has(count: number): Promise<void> {
		return new Promise((resolve) => {
			this.#check = () => {
				if (this.payloads.length >= count) {
					resolve();
				}
			};
			this.#check();
		});
	}
}

function nextChange(broker: MessageBroker): Promise<boolean> {
	return new Promise((resolve) => broker.onConnectionChange(resolve));
}

test("a broker that knows only MQTT 3.1.1 is spoken to in MQTT 3.1.1", async () => {
	const { port } = await startAedes();
	const errors: Error[] = [];
	const one = await connect(port, "one", { onError: (error) => errors.push(error) });
	const other = await connect(port, "other");
	const received = new Promise((resolve) => {
		void other
			.subscribe("devices/+/status/#", (topic, payload) => resolve([topic, payload]))
			.then(() => one.publish("devices/a/status/door", "zu, geschlossen: ä"));
	});
	expect(await received).toEqual(["devices/a/status/door", "zu, geschlossen: ä"]);
	expect(one.connected).toBe(true);
	expect(errors).toEqual([]);
});

test("without a broker there is a client that is not connected, refuses to publish, and connects later", async () => {
	const { port, stop } = await startAedes();
	await stop();
	const errors: Error[] = [];
	const client = await connect(port, "early", { onError: (error) => errors.push(error) });
	expect(client.connected).toBe(false);
	expect(errors.length).toBeGreaterThan(0);
	await expect(client.publish("devices/a/logs", "x")).rejects.toThrow(/no connection to 127\.0\.0\.1:/);
	const received = new Promise((resolve) => void client.subscribe("devices/a/logs", (_, payload) => resolve(payload)));
	const up = nextChange(client);
	await startAedes(port);
	expect(await up).toBe(true);
	await client.publish("devices/a/logs", "x");
	expect(await received).toBe("x");
});

test("a client finds its subscriptions again after the broker was gone", async () => {
	const first = await startAedes();
	const client = await connect(first.port, "patient");
	const inbox = new Inbox();
	await client.subscribe("devices/a/#", inbox.take);
	await client.publish("devices/a/logs", "before");
	await inbox.has(1);
	const down = nextChange(client);
	await first.stop();
	expect(await down).toBe(false);
	const up = nextChange(client);
	await startAedes(first.port);
	expect(await up).toBe(true);
	await client.publish("devices/a/logs", "after");
	await inbox.has(2);
	expect(inbox.payloads).toEqual(["before", "after"]);
});

test("a subscription asked for while others are still being granted is granted, too", async () => {
	const first = await startAedes();
	const client = await connect(first.port, "hasty");
	await client.subscribe("devices/a/#", () => undefined);
	const down = nextChange(client);
	await first.stop();
	await down;
	const inbox = new Inbox();
	let asked = false;
	const up = nextChange(client);
	await startAedes(first.port, () => {
		if (!asked) {
			asked = true;
			void client.subscribe("devices/b/#", inbox.take);
		}
	});
	await up;
	await client.publish("devices/b/logs", "x");
	await inbox.has(1);
	expect(inbox.payloads).toEqual(["x"]);
});

test("a message larger than any of ours is dropped, and those after it arrive", async () => {
	const { port } = await startAedes();
	const errors: Error[] = [];
	const client = await connect(port, "careful", { onError: (error) => errors.push(error) });
	const inbox = new Inbox();
	await client.subscribe("devices/a/#", inbox.take);
	await client.publish("devices/a/logs", "x".repeat(100_000));
	await client.publish("devices/a/logs", "small");
	await inbox.has(1);
	expect(inbox.payloads).toEqual(["small"]);
	expect(errors.map((error) => error.message)).toEqual([
		"A message on devices/a/logs was dropped: 100000 bytes; the most is 65536.",
	]);
});

test("a publication that nobody acknowledges is rejected, when the time is up or the connection ends", async () => {
	// A broker that says hello, with CONNACK of MQTT 5, and then nothing more.
	const silent = createServer((socket) => {
		cleanups.push(() => void socket.destroy());
		socket.once("data", () => socket.write(Uint8Array.of(0x20, 3, 0, 0, 0)));
	});
	const port = await listen(silent);
	cleanups.push(() => void silent.close());
	const waits: { delayMs: number; callback: () => void }[] = [];
	const clock = {
		now: () => 0,
		after: (delayMs: number, callback: () => void) => {
			const wait = { delayMs, callback };
			waits.push(wait);
			return () => void waits.splice(waits.indexOf(wait), waits.includes(wait) ? 1 : 0);
		},
	};
	const client = await connect(port, "unheard", { clock });
	const first = client.publish("devices/a/logs", "x");
	expect(waits.map((wait) => wait.delayMs)).toEqual([5000]);
	waits[0]?.callback();
	await expect(first).rejects.toThrow("devices/a/logs was not acknowledged by 127.0.0.1:");
	const second = client.publish("devices/a/logs", "x");
	const closed = client.close();
	await expect(second).rejects.toThrow(/the client was closed/);
	for (const wait of [...waits]) {
		wait.callback();
	}
	await closed;
	expect(client.connected).toBe(false);
});

test("messages that a kept session holds wait for the room to subscribe", async () => {
	const { port } = await startAedes();
	const before = await connectMqtt({ url: `mqtt://127.0.0.1:${port}`, clientId: "kept" });
	await before.subscribe("devices/a/#", () => undefined);
	await before.close();
	const sender = await connect(port, "sender");
	await sender.publish("devices/a/logs", "while you were out");
	const after = await connect(port, "kept");
	await sender.publish("devices/a/logs", "while you stood up");
	const inbox = new Inbox();
	await after.subscribe("devices/a/#", inbox.take);
	await after.publish("devices/a/logs", "last");
	await inbox.has(3);
	expect(inbox.payloads.sort()).toEqual(["last", "while you stood up", "while you were out"]);
});

test("messages are acknowledged once they are taken, in the order that they came, and any number is under way", async () => {
	const { port, acknowledged } = await startAedes();
	const client = await connect(port, "slow");
	const taken: (() => void)[] = [];
	const inbox = new Inbox();
	await client.subscribe("devices/a/#", (topic, payload) => {
		inbox.take(topic, payload);
		return payload === "2" ? undefined : new Promise<void>((resolve) => taken.push(resolve));
	});
	const sender = await connect(port, "sender");
	for (const payload of ["1", "2", "3"]) await sender.publish("devices/a/logs", payload);
	await inbox.has(3);
	taken[1]?.();
	await sender.publish("devices/b/logs", "all that was sent before has been seen");
	expect(acknowledged.payloads).toEqual([]);
	taken[0]?.();
	await acknowledged.has(3);
	expect(acknowledged.payloads).toEqual(["1", "2", "3"]);
});

test("a message that cannot be taken is acknowledged and said, and what is not taken yet comes again to the next client", async () => {
	const { port, acknowledged } = await startAedes();
	const errors: string[] = [];
	const first = await connect(port, "kept", { onError: ({ message }) => errors.push(message) });
	await first.subscribe("devices/a/#", (_topic, payload) => {
		if (payload === "broken") throw new Error("no such thing");
		return payload === "odd" ? Promise.reject(new Error("odd")) : new Promise(() => undefined);
	});
	const sender = await connect(port, "sender");
	for (const payload of ["broken", "odd", "waits"]) await sender.publish("devices/a/logs", payload);
	await acknowledged.has(2);
	await first.close();
	expect(errors).toEqual(["no such thing", "odd"]);
	const second = await connect(port, "kept");
	const inbox = new Inbox();
	await second.subscribe("devices/a/#", inbox.take);
	await inbox.has(1);
	expect(inbox.payloads).toEqual(["waits"]);
});

test("4.26 the account is asked for before each connection, so that the one which the broker knows is found", async () => {
	const { port } = await startAedes(0, undefined, "m1.2");
	const tried: string[] = [];
	const account = () => {
		const username = tried.length % 2 === 0 ? "m1" : "m1.2";
		tried.push(username);
		return { username, password: "any" };
	};
	const broker = await connect(port, "m1-pi", { account });
	await new Promise<void>((resolve) => {
		if (broker.connected) resolve();
		else broker.onConnectionChange((connected) => connected && resolve());
	});
	expect(tried.at(-1)).toBe("m1.2");
	expect(tried).toContain("m1");
});

test("a URL that is not MQTT is refused", async () => {
	await expect(connectMqtt({ url: "https://broker", clientId: "x" })).rejects.toThrow(/write mqtt:\/\/ or mqtts:\/\//);
});

const mosquitto = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto"].find(existsSync);

test.skipIf(mosquitto === undefined)("Mosquitto is spoken to in MQTT 5", async () => {
	const probe = createServer();
	const port = await listen(probe);
	await new Promise<void>((resolve) => probe.close(() => resolve()));
	const child: ChildProcess = spawn(mosquitto ?? "", ["-v", "-p", String(port)], {
		stdio: ["ignore", "ignore", "pipe"],
	});
	cleanups.push(async () => {
		const ended = new Promise((resolve) => child.once("exit", resolve));
		child.kill();
		await ended;
	});
	let text = "";
	const saw = (part: string): Promise<void> =>
		new Promise((resolve) => {
			child.stderr?.on("data", (data: Buffer) => {
				text += data.toString();
				if (text.includes(part)) {
					resolve();
				}
			});
		});
	await saw("running");
	const described = saw("as five (p5, c0, k30)");
	const client = await connect(port, "five");
	await described;
	// Mosquitto writes its line before the client has read the answer.
	if (!client.connected)
		await new Promise<void>((resolve) => client.onConnectionChange((connected) => connected && resolve()));
	const received = new Promise((resolve) => void client.subscribe("a/b", (_, payload) => resolve(payload)));
	await client.publish("a/b", "five");
	expect(await received).toBe("five");
});
