import { createHash } from "node:crypto";
import { topics } from "@visionvend/sdk/device/topics";
import { TaskTracker } from "@visionvend/sdk/task-tracker";
import { afterEach, expect, test } from "vitest";
import { countingRandom, machineId, World } from "../../test/world.ts";
import { openDatabase } from "../db/database.ts";
import { MachineRegistry } from "./machine-registry.ts";
import { RemoteCommands } from "./remote-commands.ts";

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

const image = Uint8Array.from({ length: 1_000 }, (_, index) => index % 251);

function manifestOf(image: Uint8Array) {
	return {
		product: "visionvend-controller",
		hardware: "esp32-s3",
		version: "0.2.0",
		floor: 1,
		byteLength: image.length,
		sha256: createHash("sha256").update(image).digest("base64url"),
		signature: "A".repeat(86),
	};
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

test("4.36 a machine fetches an image part by part", async () => {
	const world = await open();
	const id = await world.cloud.commands.offerFirmware(machineId, manifestOf(image), image);
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
	expect(world.machine.answered).toBe(0);
	await world.cloud.commands.configure(machineId, { languages: ["es"] });
	await world.pass(1_000);
	await world.machine.hello("");
	await world.pass(1_000);
	expect(world.machine.hellos, "its own, and the answer to the cloud's question").toBe(before + 3);
	expect(world.machine.answered, "by its nonce, so that no copy can pass for the answer").toBe(1);
});

test("two actions asked for at once are both done: the one whose nonce the other has used asks again", async () => {
	const world = await open();
	const id = await world.cloud.commands.send(machineId, { action: "tare", shelf: 1 });
	await world.pass(1_000);
	await status(world, id, "expired", "stale-nonce");
	expect(await world.cloud.commands.find(id)).toMatchObject({ state: "sent" });
	await world.pass(3_000);
	const copies = world.machine.commands.filter(({ topic }) => topic === known.remoteCommand);
	expect(copies).toHaveLength(2);
	expect(copies[1]?.nonce).not.toBe(copies[0]?.nonce);
	await status(world, id, "running");
	await status(world, id, "expired", "stale-nonce");
	expect(await world.cloud.commands.find(id), "a late copy says nothing about the one that runs").toMatchObject({
		state: "running",
	});
	await status(world, id, "done");
	expect(await world.cloud.commands.find(id)).toMatchObject({ state: "done", reason: "" });
});

test("a service of an hour is not given up after a quarter of one", async () => {
	const world = await open();
	const id = await world.cloud.commands.send(machineId, { action: "service-start", minutes: 60 });
	await world.pass(1_000);
	await status(world, id, "received");
	await status(world, id, "running");
	await world.pass(61 * 60_000);
	expect(await world.cloud.commands.find(id)).toMatchObject({ state: "running" });
	await world.pass(15 * 60_000);
	expect(await world.cloud.commands.find(id)).toMatchObject({ state: "failed", reason: "silent" });
});

test("the word of the machine outweighs what the cloud made up while it heard nothing", async () => {
	const world = await open();
	const id = await world.cloud.commands.send(machineId, { action: "reboot" });
	await world.pass(1_000);
	await status(world, id, "running");
	await world.pass(16 * 60_000);
	expect(await world.cloud.commands.find(id)).toMatchObject({ state: "failed", reason: "silent" });
	await status(world, id, "done");
	expect(await world.cloud.commands.find(id)).toMatchObject({ state: "done", reason: "" });
	await status(world, id, "failed", "power-cut");
	expect(await world.cloud.commands.find(id)).toMatchObject({ state: "done", reason: "" });
});

test("an action does not expire while a copy of it may still be obeyed", async () => {
	const world = await open();
	world.machine.silent = true;
	const id = await world.cloud.commands.send(machineId, { action: "service-start", minutes: 5 });
	await world.pass(45_000);
	world.machine.silent = false;
	await world.pass(6_000);
	expect(await world.cloud.commands.find(id)).toMatchObject({ state: "sent" });
	await world.pass(15_000);
	expect(await world.cloud.commands.find(id)).toMatchObject({ state: "sent" });
	await world.pass(15_000);
	expect(await world.cloud.commands.find(id)).toMatchObject({ state: "expired", reason: "machine-silent" });
});

test.each(["configuration", "firmware"] as const)(
	"a machine that comes back before it has taken %s gets it once more, at once",
	async (kind) => {
		const world = await open();
		const topic = { configuration: known.configurationUpdate, firmware: known.firmware }[kind];
		const { commands } = world.cloud;
		const id =
			kind === "configuration"
				? await commands.configure(machineId, { languages: ["es"] })
				: await commands.offerFirmware(machineId, manifestOf(image), image);
		await world.pass(1_000);
		const heard = () => world.machine.commands.filter((command) => command.topic === topic).length;
		expect(heard()).toBe(1);
		await world.machine.hello("");
		await world.pass(1_000);
		expect(heard()).toBe(2);
		await status(world, id, "received");
		await world.machine.hello("");
		await world.pass(1_000);
		expect(heard()).toBe(2);
	},
);

test("a machine that comes back is asked at once for what waits for it", async () => {
	const world = await open();
	world.machine.silent = true;
	await world.cloud.commands.send(machineId, { action: "identify" });
	await world.pass(12_000);
	world.machine.silent = false;
	await world.machine.hello("");
	await world.pass(1_000);
	expect(world.machine.commands).toMatchObject([{ topic: known.remoteCommand, body: { action: "identify" } }]);
});

test("two settings at the same moment have two versions", async () => {
	const world = await open();
	await Promise.all(
		["es", "en"].map((language) => world.cloud.commands.configure(machineId, { languages: [language] })),
	);
	await world.pass(1_000);
	const versions = world.machine.commands.map(({ body }) => (body as { version: number }).version);
	expect(versions.sort()).toEqual([1, 2]);
});

test("settings that no message can carry are refused, not sent for a week", async () => {
	const world = await open();
	const recipe = (number: number) => ({
		number,
		name: `Coffee of the house, number ${number}`,
		steps: Array.from({ length: 12 }, () => ({ step: "pump" as const, amount: 60_000 })),
		takes: [1, 1],
	});
	const pins = { grinder: 1, pump: 2, flow: 3, heater: 4, thermometer: 5 };
	const recipes = [0, 1, 2, 3].map(recipe);
	await expect(world.cloud.commands.configure(machineId, { coffee: { pins, bins: [], recipes } })).rejects.toThrow(
		/take.*Send less|Send them in several updates/,
	);
	await world.cloud.commands.configure(machineId, { coffee: { pins, bins: [], recipes: [recipe(0)] } });
	await world.pass(1_000);
	expect(world.machine.commands).toHaveLength(1);
});

test("an image that is not the one of its manifest is offered to nobody", async () => {
	const { commands } = (await open()).cloud;
	for (const other of [image.slice(1), image.map((byte) => byte ^ 1)]) {
		await expect(commands.offerFirmware(machineId, manifestOf(image), other)).rejects.toThrow(RangeError);
	}
});

test("the parts of an image do not stay in the outbox", async () => {
	const world = await open();
	const id = await world.cloud.commands.offerFirmware(machineId, manifestOf(image), image);
	await world.pass(1_000);
	for (let offset = 0; offset < image.length; offset += 100) {
		await world.machine.say({ commandId: id, offset, byteLength: 100 }, known.firmwareRequest);
		await world.pass(200);
	}
	const database = await openDatabase(world.databaseUrl);
	const rows = async () => (await database.read("SELECT id FROM outbox WHERE lane = ?", [`command-${id}`])).length;
	expect(await rows()).toBe(1);
	await status(world, id, "done");
	expect(await rows()).toBe(0);
	database.close();
});

test("what the machine says while the cloud looks after a command is not undone", async () => {
	const world = await open();
	const database = await openDatabase(world.databaseUrl);
	const id = await world.cloud.commands.configure(machineId, { languages: ["es"] });
	await world.pass(1_000);
	let meanwhile: (() => Promise<unknown>) | undefined;
	const tracker = new TaskTracker();
	const errors: unknown[] = [];
	const commands = new RemoteCommands({
		database: {
			...database,
			read: async (sql, args) => {
				const rows = await database.read(sql, args);
				const work = sql.includes("check_at_ms IS NOT NULL") ? meanwhile : undefined;
				if (work !== undefined) meanwhile = undefined;
				await work?.();
				return rows;
			},
		},
		clock: { ...world.clock, now: () => world.clock.now() + 16 * 60_000, after: () => () => undefined },
		random: countingRandom(5),
		registry: new MachineRegistry({ database, clock: world.clock, random: countingRandom(6) }),
		tracker,
		log: () => undefined,
		onChange: () => undefined,
		onError: (error) => errors.push(error),
	});
	const received = { commandId: id, state: "received", reason: "", detail: "" } as const;
	meanwhile = () => commands.statusCame(machineId, received, []);
	commands.kick();
	await tracker.idle();
	expect(errors).toEqual([]);
	expect(await commands.find(id)).toMatchObject({ state: "received" });
	commands.close();
	database.close();
});
