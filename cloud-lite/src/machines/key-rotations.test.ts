import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EnvelopeKey, keyId, partyName, seal } from "@visionvend/sdk/device/envelope/envelope";
import { maskKey } from "@visionvend/sdk/device/envelope/mask-key";
import type { KeyRotation } from "@visionvend/sdk/device/messages";
import { topics } from "@visionvend/sdk/device/topics";
import { openEnvelope } from "@visionvend/sdk/protocol/envelope";
import { configurationUpdateBodySchema, keyRotationSchema } from "@visionvend/sdk/protocol/messages";
import { afterEach, expect, test } from "vitest";
import { ownerOf } from "../../test/owner.ts";
import { machineId, World } from "../../test/world.ts";
import { writeBrokerFiles } from "../cli/broker-files.ts";

let world: World | undefined;
afterEach(async () => {
	await world?.close();
	world = undefined;
});

const topic = topics(machineId);
const hourMs = 3_600_000;
const path = `/api/v1/machines/${machineId}/key-rotations`;

const rejections = (of: World) =>
	of.log.filter(({ event }) => event === "message.rejected").map(({ reason }) => reason);

/** What a device makes of a message with new keys. */
function shown(
	hidingKey: EnvelopeKey,
	{ version, salt, receive, send, broker }: KeyRotation,
	device: "controller" | "pi",
) {
	const show = (name: string, hidden: string) =>
		maskKey(hidingKey, Buffer.from(salt, "base64url"), name, Buffer.from(hidden, "base64url"));
	const [toDevice, fromDevice] = [keyId("cloud", device, version), keyId(device, "cloud", version)];
	return {
		receive: { kid: toDevice, key: show(toDevice, receive) },
		send: { kid: fromDevice, key: show(fromDevice, send) },
		password: Buffer.from(show(`broker.${version}`, broker)).toString("base64url"),
	};
}

async function open(hasPi = true) {
	world = await World.create();
	const ask = await ownerOf(world);
	const { piKeys, controllerKeys } = world.provisioned;
	const key = ({ kid, key }: { kid: string; key: string }): EnvelopeKey => ({
		kid,
		key: Buffer.from(key, "base64url"),
	});
	const broker = world.broker.client(`${machineId}-pi`);
	const toldPi: KeyRotation[] = [];
	let piReceive = key(piKeys.receive);
	await broker.subscribe(topic.newKeys, (on, token) => {
		const opened = openEnvelope(piReceive, { iss: "cloud", aud: partyName(machineId, "pi"), topic: on }, token);
		if (opened.ok) toldPi.push(keyRotationSchema.parse(opened.claims.body));
	});
	let seq = 0;
	const asPi = async (on: string, body: object, sealedWith: EnvelopeKey) => {
		seq += 1;
		const claims = { iss: partyName(machineId, "pi"), aud: "cloud", jti: `p${seq}`, seq, topic: on, body };
		await broker.publish(on, seal(sealedWith, claims));
		await world?.quiet();
	};
	if (hasPi) await asPi(topic.planogramStatus, { version: 1 }, key(piKeys.send));
	const offers = () =>
		world?.machine.commands
			.filter((command) => command.topic === topic.configurationUpdate)
			.map(({ body }) => configurationUpdateBodySchema.parse(body)) ?? [];
	const answer = async (state: "done" | "failed", reason = "") => {
		const commandId = offers().at(-1)?.commandId;
		await world?.machine.say({ commandId, state, reason, detail: "" }, topic.commandStatus);
		await world?.quiet();
	};
	const rotations = async () => (await ask("GET", path)).body.data;
	return {
		world,
		ask,
		toldPi,
		asPi,
		offers,
		answer,
		rotations,
		start: (body = {}) => ask("POST", path, body),
		controllerKey: key(controllerKeys.receive),
		piKey: key(piKeys.receive),
		piSends: key(piKeys.send),
		usePiKey: (next: EnvelopeKey) => {
			piReceive = next;
		},
	};
}

test("4.26 new keys go to both devices under the old ones, and the old ones end an hour after both use the new", async () => {
	const { world, start, toldPi, asPi, offers, answer, rotations, controllerKey, piKey, piSends } = await open();
	const started = await start({ reason: "yearly" });
	expect([started.status, started.body.data]).toMatchObject([201, { version: 2, state: "running", reason: "yearly" }]);
	await world.pass(1_000);
	const [offer] = offers();
	const ofController = shown(controllerKey, offer?.settings.keyRotation ?? expect.unreachable(), "controller");
	const ofPi = shown(piKey, toldPi[0] ?? expect.unreachable(), "pi");
	expect(ofPi.password).toBe(ofController.password);
	expect(ofPi.send.key).not.toEqual(ofController.send.key);
	// On the wire nothing of them is to be seen.
	const wire = world.broker.seen.map(({ payload }) => Buffer.from(payload.split(".")[1] ?? "", "base64url").toString());
	for (const secret of [ofController.receive.key, ofPi.send.key, Buffer.from(ofPi.password, "base64url")]) {
		expect(wire.join("\n")).not.toContain(Buffer.from(secret).toString("base64url"));
	}

	// Whoever has the old key alone cannot say that the new one is there.
	await asPi(topic.keysStatus, { version: 2 }, piSends);
	expect(rejections(world)).toEqual(["bad-body"]);
	expect(await rotations()).toMatchObject([{ piTookAt: null }]);
	await asPi(topic.keysStatus, { version: 2 }, ofPi.send);
	expect(await rotations()).toMatchObject([{ state: "running", controllerTookAt: null }]);
	await answer("done");
	await world.pass(31_000);
	expect(await rotations()).toMatchObject([{ state: "taken", endedAt: null }]);
	// What was on its way is still good.
	await asPi(topic.planogramStatus, { version: 0 }, piSends);
	expect(rejections(world)).toEqual(["bad-body"]);
	await world.pass(hourMs);
	expect(await rotations()).toMatchObject([{ state: "done" }]);
	await asPi(topic.planogramStatus, { version: 0 }, piSends);
	expect(rejections(world).at(-1)).toBe("wrong-key");
	await asPi(topic.planogramStatus, { version: 1 }, ofPi.send);
	const claims = { iss: partyName(machineId, "controller"), aud: "cloud", jti: "9-1", seq: 1, topic: topic.door };
	const token = seal(ofController.send, { ...claims, body: { state: "opened", saleId: "", atMs: 1 } });
	const before = world.log.length;
	await world.broker.client("wire").publish(topic.door, token);
	await world.quiet();
	expect(world.log.slice(before).map(({ event }) => event)).toEqual(["door.opened"]);
});

test("4.26 what is said to a controller goes under the keys that it used last, also when it has gone back", async () => {
	const { world, start, offers, controllerKey } = await open(false);
	await start();
	await world.pass(1_000);
	const next = shown(controllerKey, offers()[0]?.settings.keyRotation ?? expect.unreachable(), "controller");
	const kids = () =>
		world.broker.seen
			.filter((message) => message.topic === topic.helloRequest)
			.map(({ payload }) => JSON.parse(Buffer.from(payload.split(".")[0] ?? "", "base64url").toString()).kid);
	const hello = (seq: number, nonce: string) => ({
		iss: partyName(machineId, "controller"),
		aud: "cloud",
		jti: `5-${seq}`,
		seq,
		topic: topic.hello,
		body: {
			request: "",
			boot: 5,
			nonce: Buffer.from(nonce.padEnd(16)).toString("base64url"),
			counter: 0,
			executed: 0,
			phase: "locked",
			firmware: "1.0.0",
			resetReason: "restart",
			kind: "fridge",
			configuration: 1,
		},
	});
	world.machine.silent = true;
	const wire = world.broker.client("wire");
	await wire.publish(topic.hello, seal(next.send, hello(1, "a")));
	await world.pass(1_000);
	expect(kids().at(-1)).toBe("cloud-controller.2");
	const old = { kid: "controller-cloud.1", key: Buffer.from(world.provisioned.controllerKeys.send.key, "base64url") };
	await wire.publish(topic.hello, seal(old, hello(2, "b")));
	await world.pass(1_000);
	expect(kids().at(-1)).toBe("cloud-controller.1");
	// A copy of the first one proves nothing, and changes nothing.
	await wire.publish(topic.hello, seal(next.send, hello(1, "a")));
	await wire.publish(topic.hello, seal(old, hello(3, "c")));
	await world.pass(1_000);
	expect(kids().at(-1)).toBe("cloud-controller.1");
});

test("4.26 a controller that went back to its old keys, and a Pi that says nothing, get the new ones again", async () => {
	const { world, start, toldPi, offers, answer, rotations } = await open();
	await start();
	await world.pass(1_000);
	await answer("failed", "rolled-back");
	await world.pass(hourMs);
	expect(offers().length).toBeGreaterThan(1);
	expect(offers().at(-1)?.version).toBeGreaterThan(offers()[0]?.version ?? 0);
	expect(toldPi.length).toBeGreaterThan(4);
	expect(new Set(toldPi.map(({ salt }) => salt)).size).toBe(toldPi.length);
	expect(await rotations()).toMatchObject([{ state: "running" }]);
});

test.each([
	[false, "overdue", "bad-jti"],
	[true, "revoked", "wrong-key"],
])(
	"4.26 keys that nobody takes until the deadline (revokeUntaken: %s) are %s",
	async (revokeUntaken, state, refusal) => {
		const { world, start, rotations, piSends, asPi } = await open();
		await start({ deadlineHours: 2, revokeUntaken });
		await world.pass(2 * hourMs + 31_000);
		expect(await rotations()).toMatchObject([{ state }]);
		expect(world.events()).toContain(`keys.${state}`);
		await world.machine.say({}, topic.door);
		await world.broker.client("wire").publish(topic.door, world.machine.sealStatus(topic.door, {}, { jti: "x" }));
		await world.quiet();
		expect(rejections(world).at(-1)).toBe(refusal);
		await asPi(topic.planogramStatus, { version: 1 }, piSends);
		if (revokeUntaken) expect(rejections(world).at(-1)).toBe(refusal);
	},
);

test("4.26 Mosquitto lets in both accounts while they are exchanged, each to the machine's own topics, then the new one", async () => {
	const { world, start, answer } = await open(false);
	const folder = mkdtempSync(join(tmpdir(), "visionvend-rotation-"));
	const users = async () => {
		const cloud = { username: "cloud", password: "the password of the cloud" };
		await writeBrokerFiles({ databaseUrl: world.databaseUrl, cloud, folder });
		const read = (name: string) => readFileSync(join(folder, name), "utf8");
		return [read("passwords").match(/^[^:]+/gm), read("access")];
	};
	await start();
	const named = `user ${machineId}.2\ntopic readwrite devices/${machineId}/#\n`;
	expect(await users()).toEqual([["cloud", machineId, `${machineId}.2`], expect.stringContaining(named)]);
	await world.pass(1_000);
	await answer("done");
	await world.pass(2 * hourMs);
	expect(await users()).toEqual([["cloud", `${machineId}.2`], expect.stringContaining(named)]);
	rmSync(folder, { recursive: true });
});

test("4.26 one rotation at a time, of one's own machine in service, by who manages machines", async () => {
	const { world, ask, start } = await open();
	expect((await start({ deadlineHours: 0 })).status).toBe(400);
	expect((await start()).status).toBe(201);
	const twice = await start();
	expect([twice.status, twice.body.code]).toEqual([409, "rotation_under_way"]);
	expect((await ask("POST", "/api/v1/machines/nobodys/key-rotations", {})).status).toBe(404);
	expect((await ask("GET", "/api/v1/machines/nobodys/key-rotations")).status).toBe(404);
	await ask("DELETE", `/api/v1/machines/${machineId}/decommission`);
	expect((await start()).body.code).toBe("machine_decommissioned");
	await world.pass(60_000);
	expect((await ask("GET", path)).body.data).toMatchObject([{ state: "done" }]);
	const audit = (await ask("GET", "/api/v1/audit")).body.data;
	expect(JSON.stringify(audit)).toContain("key-rotations");
});
