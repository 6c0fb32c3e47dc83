import { once } from "node:events";
import type { HealthBody } from "@visionvend/sdk/device/messages";
import { decodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { topics } from "@visionvend/sdk/device/topics";
import { sealEnvelope } from "@visionvend/sdk/protocol/envelope";
import mqtt from "mqtt";
import { z } from "zod";

/*
 * A process that publishes health messages of many machines as fast as the broker takes them. It is told a round at a
 * time, seals its messages, says `ready`, and publishes at the next message.
 */

const taskSchema = z.object({
	url: z.string(),
	password: z.string(),
	keys: z.array(z.object({ machineId: z.string(), kid: z.string(), key: z.string() })),
});
const roundSchema = z.object({ firstSeq: z.int(), messages: z.int() });
const mostUnderWay = 500;

const [taskText = ""] = await once(process, "message");
const task = taskSchema.parse(taskText);
const keys = task.keys.map(({ machineId, kid, key }) => {
	const bytes = decodeBase64url(key);
	if (bytes === undefined) throw new Error(`the key of ${machineId} is no base64url`);
	return { machineId, key: { kid, key: bytes } };
});
const client = await mqtt.connectAsync(task.url, {
	username: "cloud",
	password: task.password,
	clientId: "health-publisher",
	protocolVersion: 4,
});

function health(seq: number): HealthBody {
	return {
		uptimeMs: seq * 60_000,
		boot: 1,
		doorClosed: true,
		massesMilligrams: [1_200_000 + (seq % 1_000), 800_000, 640_000, 310_000],
		phase: "locked",
		resetReason: "power-on",
		memoryFreeBytes: 60_000 - (seq % 500),
		supplyMillivolts: 12_000 - (seq % 90),
		temperatureCentidegrees: 410 + (seq % 40),
		faults: [],
	};
}

async function sealRound({ firstSeq, messages }: z.infer<typeof roundSchema>): Promise<[string, string][]> {
	const sealed: [string, string][] = [];
	for (let index = 0; index < messages; index += 1) {
		const { machineId, key } = keys[index % keys.length] ?? never();
		const seq = firstSeq + Math.floor(index / keys.length);
		const topic = topics(machineId).health;
		const claims = { iss: `${machineId}/controller`, aud: "cloud", jti: `1-${seq}`, seq, topic, body: health(seq) };
		sealed.push([topic, await sealEnvelope(key, claims)]);
	}
	return sealed;
}

function never(): never {
	throw new Error("a publisher needs the keys of one machine at least");
}

async function publishAll(messages: readonly [string, string][]): Promise<void> {
	const waiting = messages.values();
	await Promise.all(
		Array.from({ length: mostUnderWay }, async () => {
			for (const [topic, payload] of waiting) await client.publishAsync(topic, payload, { qos: 1 });
		}),
	);
}

process.on("disconnect", () => process.exit(0));
process.send?.("connected");
for (;;) {
	const [round] = await once(process, "message");
	const messages = await sealRound(roundSchema.parse(round));
	const go = once(process, "message");
	process.send?.("ready");
	await go;
	await publishAll(messages);
}
