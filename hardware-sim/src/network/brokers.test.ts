import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { fileURLToPath } from "node:url";
import { connectMqtt } from "@visionvend/sdk/protocol/mqtt-message-broker";
import mqtt, { type MqttClient } from "mqtt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startAedes } from "./aedes-broker.ts";
import { startMosquitto } from "./mosquitto.ts";
import type { RunningBroker } from "./running-broker.ts";
import { startBroker } from "./start-broker.ts";

const users = [
	{ username: "cloud", password: "cloud-password" },
	{ username: "m1", password: "password-of-m1" },
	{ username: "m2", password: "password-of-m2" },
];
const passwordOf = (username: string) => users.find((user) => user.username === username)?.password ?? "";
const topic = "devices/m1/commands/unlock";

const directory = await mkdtemp(join(tmpdir(), "visionvend-broker-"));
const found = await startMosquitto({ users, directory });
const mosquitto = "absent" in found ? undefined : found;
if ("absent" in found) process.stderr.write(`The tests of the real broker are left out: ${found.absent}\n`);
const aedes = await startAedes({ users });

afterAll(async () => {
	await aedes.close();
	await mosquitto?.close();
	await rm(directory, { recursive: true, force: true });
});

function connect(broker: RunningBroker, username: string, more: mqtt.IClientOptions = {}): Promise<MqttClient> {
	const client = mqtt.connect(broker.url, {
		username,
		password: passwordOf(username),
		reconnectPeriod: 0,
		protocolVersion: broker.kind === "mosquitto" ? 5 : 4,
		...(broker.ca === undefined ? {} : { ca: broker.ca }),
		...more,
	});
	return new Promise((resolve, reject) => {
		client.once("connect", () => resolve(client));
		client.once("error", (error) => {
			client.end(true);
			reject(error);
		});
	});
}

async function collect(client: MqttClient, filter: string): Promise<string[]> {
	const payloads: string[] = [];
	client.on("message", (_topic, payload) => payloads.push(payload.toString()));
	await client.subscribeAsync(filter, { qos: 1 });
	return payloads;
}

function closed(client: MqttClient): Promise<void> {
	return new Promise((resolve) => client.once("close", () => resolve()));
}

/** Passes when a second message, which is sure to arrive, has arrived. */
async function settled(broker: RunningBroker, client: MqttClient, username: string): Promise<void> {
	const own = `devices/${username}/status/probe`;
	const arrived = new Promise<void>((resolve) => {
		client.on("message", (sentOn) => {
			if (sentOn === own) resolve();
		});
	});
	await client.subscribeAsync(own, { qos: 1 });
	const cloud = await connect(broker, "cloud");
	await cloud.publishAsync(own, "probe", { qos: 1 });
	await arrived;
	await cloud.endAsync();
}

describe.each([
	{ name: "aedes", broker: aedes },
	{ name: "mosquitto", broker: mosquitto },
])("$name", ({ broker }) => {
	const run = test.skipIf(broker === undefined);
	const get = (): RunningBroker => {
		if (broker === undefined) throw new Error("skipped tests do not run");
		return broker;
	};

	run("carries messages between the cloud and a machine", async () => {
		const machine = await connect(get(), "m1");
		const cloud = await connect(get(), "cloud");
		const atMachine = await collect(machine, "devices/m1/#");
		const atCloud = await collect(cloud, "devices/+/status/#");
		await cloud.publishAsync(topic, "open", { qos: 1 });
		await machine.publishAsync("devices/m1/status/door", "opened", { qos: 1 });
		await settled(get(), machine, "m1");
		expect(atMachine).toContain("open");
		expect(atCloud).toContain("opened");
		await Promise.all([machine.endAsync(), cloud.endAsync()]);
	});

	run("refuses a wrong password, an unknown user and an anonymous client", async () => {
		await expect(connect(get(), "m1", { password: "password-of-m2" })).rejects.toThrow(/not authorized|bad user/i);
		await expect(connect(get(), "m3", { password: "" })).rejects.toThrow(/not authorized|bad user/i);
		const { url, ca } = get();
		const anonymous = mqtt.connect(url, { reconnectPeriod: 0, ...(ca === undefined ? {} : { ca }) });
		const error = await new Promise<Error>((resolve) => anonymous.once("error", resolve));
		expect(error.message).toMatch(/not authorized|bad user/i);
		anonymous.end(true);
	});

	run("gives a machine nothing of another machine", async () => {
		const other = await connect(get(), "m2");
		const filters = ["#", "devices/#", "devices/+/commands/unlock", "devices/m1/#"];
		const payloads: string[] = [];
		other.on("message", (_topic, payload) => payloads.push(payload.toString()));
		for (const filter of filters) await other.subscribeAsync(filter, { qos: 1 }).catch(() => undefined);
		const cloud = await connect(get(), "cloud");
		await cloud.publishAsync(topic, "secret", { qos: 1 });
		await settled(get(), other, "m2");
		expect(new Set(payloads)).toEqual(new Set(["probe"]));
		await Promise.all([other.endAsync(), cloud.endAsync()]);
	});

	run("keeps what a machine missed, over the death of the broker too", async () => {
		const session = { clean: false, clientId: "m1-session", properties: { sessionExpiryInterval: 3_600 } };
		const first = await connect(get(), "m1", session);
		await collect(first, "devices/m1/commands/#");
		await first.endAsync();
		const cloud = await connect(get(), "cloud");
		await cloud.publishAsync(topic, "late", { qos: 1 });
		// Mosquitto writes to disk right after it acknowledges: one more turn of its loop.
		await settled(get(), cloud, "m1");
		const lost = closed(cloud);
		await get().kill();
		await lost;
		await expect(connect(get(), "cloud")).rejects.toThrow("ECONNREFUSED");
		await get().restart();
		const client = mqtt.connect(get().url, {
			...session,
			username: "m1",
			password: passwordOf("m1"),
			protocolVersion: get().kind === "mosquitto" ? 5 : 4,
			...(get().ca === undefined ? {} : { ca: get().ca }),
		});
		const payload = await new Promise<string>((resolve) => {
			client.once("message", (_topic, bytes) => resolve(bytes.toString()));
		});
		expect(payload).toBe("late");
		await client.endAsync();
	});
});

test("aedes ends the connection of a machine that publishes for another one", async () => {
	const other = await connect(aedes, "m2");
	const machine = await connect(aedes, "m1");
	const payloads = await collect(machine, "devices/m1/#");
	const ended = closed(other);
	other.publish(topic, "forged", { qos: 1 });
	await ended;
	await settled(aedes, machine, "m1");
	expect(payloads).not.toContain("forged");
	other.end(true);
	await machine.endAsync();
});

describe("mosquitto", () => {
	const run = test.skipIf(mosquitto === undefined);
	const get = (): RunningBroker => {
		if (mosquitto === undefined) throw new Error("skipped tests do not run");
		return mosquitto;
	};

	run("refuses TLS 1.2 and takes TLS 1.3", async () => {
		const { url, ca } = get();
		const to = { host: "127.0.0.1", port: Number(new URL(url).port), ca: ca ?? "" };
		const old = connectTls({ ...to, maxVersion: "TLSv1.2" });
		const [error] = await once(old, "error");
		expect(String(error)).toMatch(/protocol version/i);
		const modern = connectTls(to);
		await once(modern, "secureConnect");
		expect(modern.getProtocol()).toBe("TLSv1.3");
		expect(modern.authorized).toBe(true);
		modern.destroy();
	});

	run("is not trusted without its authority", async () => {
		const error = await connect(get(), "m1", { ca: "" }).then(
			() => undefined,
			(reason: unknown) => String(reason),
		);
		expect(error).toMatch(/certificate/i);
	});

	run("answers a foreign publish with reason 135, not authorized", async () => {
		const other = await connect(get(), "m2");
		await expect(other.publishAsync(topic, "forged", { qos: 1 })).rejects.toMatchObject({ code: 135 });
		await other.endAsync();
	});

	run("keeps passwords as hashes", async () => {
		const stored = await readFile(join(directory, "passwords"), "utf8");
		expect(stored).toContain("m1:$7$");
		expect(stored).not.toContain("password-of-m1");
	});

	run("ends when the process that started it is killed, and cannot clean up", async () => {
		const folder = await mkdtemp(join(tmpdir(), "visionvend-orphan-"));
		// A parent of its own: it starts a broker the way this room does, says where, and is killed.
		const module = fileURLToPath(new URL("./mosquitto.ts", import.meta.url));
		const program = `
			const { runnerImport } = await import("vite");
			const { module } = await runnerImport(process.argv[1]);
			const users = [{ username: "m1", password: "p" }];
			const broker = await module.startMosquitto({ users, directory: process.argv[2] });
			console.log(broker.url);
			setInterval(() => undefined, 1_000);`;
		const parent = spawn(process.execPath, ["--input-type=module", "--eval", program, module, folder], {
			stdio: ["ignore", "pipe", "inherit"],
		});
		const port = await new Promise<number>((resolve) => {
			parent.stdout.on("data", (text: Buffer) => resolve(Number(new URL(text.toString().trim()).port)));
		});
		const socket = connectTcp(port, "127.0.0.1");
		await once(socket, "connect");
		const gone = once(socket, "close");
		parent.kill("SIGKILL");
		await gone;
		await rm(folder, { recursive: true, force: true });
	});
});

describe("the best broker", () => {
	let broker: RunningBroker;
	let folder: string;

	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), "visionvend-best-"));
		broker = await startBroker({ folder, users });
	});

	afterAll(async () => {
		await broker.close();
		await rm(folder, { recursive: true, force: true });
	});

	test("is mosquitto where that is installed, else aedes with an excuse, and the rooms' own client talks to it", async () => {
		expect(broker.kind).toBe(mosquitto === undefined ? "aedes" : "mosquitto");
		expect(broker.excuse === undefined).toBe(mosquitto !== undefined);
		const options = { url: broker.url, ...(broker.ca === undefined ? {} : { ca: broker.ca }) };
		const [cloud, machine] = await Promise.all(
			["cloud", "m1"].map((username) =>
				connectMqtt({ ...options, username, password: passwordOf(username), clientId: username }),
			),
		);
		if (cloud === undefined || machine === undefined) throw new Error("not connected");
		const payloads: string[] = [];
		let hear = (): void => undefined;
		const arrived = new Promise<void>((resolve) => {
			hear = resolve;
		});
		await machine.subscribe("devices/m1/commands/+", (_topic, payload) => {
			payloads.push(payload);
			hear();
		});
		await Promise.all([cloud.publish(topic, "open"), arrived]);
		expect(payloads).toEqual(["open"]);
		await Promise.all([cloud.close(), machine.close()]);
	});
});
