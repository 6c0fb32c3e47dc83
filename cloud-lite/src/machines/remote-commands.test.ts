import { createHash } from "node:crypto";
import { topics } from "@visionvend/sdk/device/topics";
import { afterEach, expect, test } from "vitest";
import { machineId, World } from "../../test/world.ts";

let world: World | undefined;
const known = topics(machineId);

afterEach(async () => {
	await world?.close();
	world = undefined;
});

async function open(): Promise<World> {
	world = await World.create();
	return world;
}

async function status(world: World, commandId: string, state: string, reason = ""): Promise<void> {
	await world.machine.say({ commandId, state, reason, detail: "" }, known.commandStatus);
	await world.pass(100);
}

test("an action asks for a hello, carries its nonce, and is followed to its end", async () => {
	const world = await open();
	const id = await world.cloud.commands.send(machineId, { action: "reboot" });
	await world.pass(1_000);
	expect(world.machine.commands).toMatchObject([
		{ topic: known.remoteCommand, nonce: expect.any(String), body: { commandId: id, action: "reboot" } },
	]);
	expect(await world.cloud.commands.find(id)).toMatchObject({ state: "sent" });
	for (const state of ["received", "running", "done"] as const) {
		await status(world, id, state);
		expect(await world.cloud.commands.find(id)).toMatchObject({ state });
	}
	await status(world, id, "running");
	expect(await world.cloud.commands.find(id), "what has ended stays so").toMatchObject({ state: "done" });
});

test("an action for a machine that is silent expires, and reaches it no more", async () => {
	const world = await open();
	world.machine.silent = true;
	const id = await world.cloud.commands.send(machineId, { action: "identify" });
	await world.pass(75_000);
	expect(await world.cloud.commands.find(id)).toMatchObject({ state: "expired", reason: "machine-silent" });
	world.machine.silent = false;
	await world.pass(60_000);
	expect(world.machine.commands).toEqual([]);
});

test("settings wait for a machine that is away, with versions that rise", async () => {
	const world = await open();
	world.machine.silent = true;
	await world.cloud.commands.configure(machineId, { languages: ["es"] });
	await world.pass(3_600_000);
	world.machine.silent = false;
	await world.cloud.commands.configure(machineId, { languages: ["en"] });
	await world.pass(16 * 60_000);
	const bodies = world.machine.commands.map(({ body }) => body);
	expect(bodies).toContainEqual(expect.objectContaining({ version: 1, settings: { languages: ["es"] } }));
	expect(bodies).toContainEqual(expect.objectContaining({ version: 2, settings: { languages: ["en"] } }));
});

test("a machine fetches an image part by part", async () => {
	const world = await open();
	const image = Uint8Array.from({ length: 1_000 }, (_, index) => index % 251);
	const id = await world.cloud.commands.offerFirmware(
		machineId,
		{
			product: "visionvend-controller",
			hardware: "esp32-s3",
			version: "0.2.0",
			floor: 1,
			byteLength: image.length,
			sha256: createHash("sha256").update(image).digest("base64url"),
			signature: "A".repeat(86),
		},
		image,
	);
	await world.pass(1_000);
	expect(world.machine.commands).toMatchObject([{ topic: known.firmware, body: { version: "0.2.0" } }]);
	for (const offset of [0, 768]) {
		await world.machine.say({ commandId: id, offset, byteLength: 768 }, known.firmwareRequest);
		await world.pass(200);
	}
	const parts = world.machine.commands
		.filter(({ topic }) => topic === known.firmwareChunk)
		.map(({ body }) => Buffer.from((body as { data: string }).data, "base64url"));
	expect(Buffer.concat(parts)).toEqual(Buffer.from(image));
	expect(await world.cloud.commands.find(id)).toMatchObject({ state: "running" });
});

test("a status of a command of another machine, or of none, changes nothing", async () => {
	const world = await open();
	await status(world, "nobody", "done");
	expect(world.log.filter(({ event }) => event === "message.rejected")).toMatchObject([{ reason: "unknown-command" }]);
});

test("requests that make no sense are refused", async () => {
	const { commands } = (await open()).cloud;
	await expect(commands.send("nowhere", { action: "reboot" })).rejects.toThrow("There is no machine nowhere");
	await expect(commands.send(machineId, { action: "service-start" })).rejects.toThrow("needs minutes");
	await expect(commands.send(machineId, { action: "calibrate", shelf: 1 })).rejects.toThrow("milligrams");
});

test("a command goes out while an earlier one is under way", async () => {
	const world = await open();
	const first = await world.cloud.commands.send(machineId, { action: "service-start", minutes: 10 });
	await world.pass(1_000);
	await status(world, first, "running");
	const second = await world.cloud.commands.send(machineId, { action: "service-end" });
	await world.pass(1_000);
	expect(world.machine.commands.map(({ body }) => (body as { commandId: string }).commandId)).toEqual([first, second]);
});

test("a machine that may be trying new settings is answered when it says hello, and any other is not", async () => {
	const world = await open();
	const before = world.machine.hellos;
	await world.machine.hello("");
	await world.pass(1_000);
	expect(world.machine.hellos).toBe(before + 1);
	await world.cloud.commands.configure(machineId, { languages: ["es"] });
	await world.pass(1_000);
	await world.machine.hello("");
	await world.pass(1_000);
	expect(world.machine.hellos, "its own, and the answer to the cloud's question").toBe(before + 3);
});
