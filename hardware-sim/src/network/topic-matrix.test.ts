import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { topics } from "@visionvend/sdk/device/topics";
import mqtt, { type MqttClient } from "mqtt";
import { afterAll, expect, test } from "vitest";
import { startMosquitto } from "./mosquitto.ts";

const users = ["cloud", "m1", "m1.2", "m2"].map((username) => ({ username, password: `password-of-${username}` }));
const directory = await mkdtemp(join(tmpdir(), "visionvend-matrix-"));
const found = await startMosquitto({ users, directory });
const broker = "absent" in found ? undefined : found;
if ("absent" in found) process.stderr.write(`The topics are not tried on a real broker: ${found.absent}\n`);

afterAll(async () => {
	await broker?.close();
	await rm(directory, { recursive: true, force: true });
});

function connect(user: { username: string; password: string } | undefined): Promise<MqttClient> {
	const client = mqtt.connect(broker?.url ?? "", {
		...user,
		reconnectPeriod: 0,
		protocolVersion: 5,
		...(broker?.ca === undefined ? {} : { ca: broker.ca }),
	});
	return new Promise((resolve, reject) => {
		client.once("connect", () => resolve(client));
		client.once("error", (error) => {
			client.end(true);
			reject(error);
		});
	});
}

/** MQTT 5.0 section 3.4.2.1: 0x87 is "not authorized". */
async function mayPublish(client: MqttClient, topic: string, payload: string): Promise<boolean> {
	try {
		await client.publishAsync(topic, payload, { qos: 1 });
		return true;
	} catch (error) {
		if (error instanceof Error && "code" in error && error.code === 0x87) return false;
		throw error;
	}
}

const all = Object.entries(topics("m1"));
const strange = [
	["a topic of no machine", "anything/else"],
	["the broker's own", "$SYS/broker/version"],
] as const;

test.skipIf(broker === undefined)(
	"0.4 0.25 4.16 4.25 every topic of a machine is written and read by that machine, under each of its accounts, and the cloud, and by nobody else",
	async () => {
		const [cloud, own, renewed, other] = await Promise.all(users.map(connect));
		if (!cloud || !own || !renewed || !other) throw new Error("not connected");
		await expect(connect(undefined)).rejects.toThrow(/not authorized|bad user/i);
		const callers = { cloud, own, renewed, other };
		const heard = {
			cloud: new Set<string>(),
			own: new Set<string>(),
			renewed: new Set<string>(),
			other: new Set<string>(),
		};
		for (const [name, client] of Object.entries(callers) as [keyof typeof callers, MqttClient][]) {
			client.on("message", (topic, payload) => heard[name].add(`${topic} ${payload.toString()}`));
			const wide = ["#", "+/+/#", "devices/#", "devices/+/#", "devices/m1/#", "$share/all/devices/m1/#"];
			const filters = [...wide, ...all.map(([, topic]) => topic)];
			await Promise.all(filters.map((filter) => client.subscribeAsync(filter, { qos: 1 }).catch(() => undefined)));
		}
		for (const [name, topic] of all) {
			for (const [caller, expected] of [
				["cloud", true],
				["own", true],
				["renewed", true],
				["other", false],
			] as const) {
				expect([name, caller, await mayPublish(callers[caller], topic, caller)]).toEqual([name, caller, expected]);
			}
		}
		for (const [name, topic] of strange) {
			for (const caller of ["own", "renewed", "other"] as const) {
				expect([name, caller, await mayPublish(callers[caller], topic, caller)]).toEqual([name, caller, false]);
			}
		}
		// What the other one publishes on a topic of its own comes after all that it could have heard before.
		const probe = topics("m2").health;
		const arrived = new Promise<void>((resolve) => {
			other.on("message", (topic) => {
				if (topic === probe) resolve();
			});
		});
		await other.subscribeAsync(probe, { qos: 1 });
		await cloud.publishAsync(probe, "probe", { qos: 1 });
		await arrived;
		expect([...heard.other].filter((line) => !line.startsWith("devices/m2/"))).toEqual([]);
		for (const reader of ["cloud", "own", "renewed"] as const) {
			const missing = all.filter(
				([, topic]) => !heard[reader].has(`${topic} own`) || !heard[reader].has(`${topic} cloud`),
			);
			expect([reader, missing]).toEqual([reader, []]);
		}
		await Promise.all([cloud, own, renewed, other].map((client) => client.endAsync()));
	},
);
