import { partyName } from "@visionvend/sdk/device/envelope/envelope";
import { type DeviceLogsBody, deviceLogsBodySchema } from "@visionvend/sdk/protocol/device-logs";
import { openEnvelope } from "@visionvend/sdk/protocol/envelope";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keys, machineId, TestMachine, topics } from "../../test/test-machine.ts";
import { LogBuffer } from "./log-buffer.ts";

let machine: TestMachine;
let buffer: LogBuffer;
beforeEach(async () => {
	machine = new TestMachine();
	buffer = new LogBuffer(machine.clock, "warn");
	machine.logBuffer = buffer;
	await machine.start();
	await machine.run(1_000);
});
afterEach(() => machine.close());

const line = (event: string, more: object = {}) => ({ level: "warn", room: "pi", event, ...more }) as const;

function sent(): DeviceLogsBody[] {
	return machine.broker.published
		.filter(({ topic }) => topic === topics.logs)
		.map(({ payload }) => {
			const opened = openEnvelope(
				keys.piToCloud,
				{ iss: partyName(machineId, "pi"), aud: "cloud", topic: topics.logs },
				payload,
			);
			if (!opened.ok) throw new Error(opened.refusal);
			return deviceLogsBodySchema.parse(opened.claims.body);
		});
}

const numbers = () => sent().map(({ entries }) => entries.map(({ seq }) => seq));

test("4.16 lines from a level on reach the cloud, a message in ten seconds, under numbers of this life", async () => {
	buffer.add({ level: "info", room: "pi", event: "all.well" });
	buffer.add(line("camera.lost", { camera: 1 }));
	buffer.add({ level: "error", room: "pi", event: "task.failed" });
	await machine.run(9_000);
	expect(sent()).toEqual([]);
	await machine.run(2_000);
	buffer.add(line("later"));
	await machine.run(60_000);
	expect(numbers()).toEqual([[1, 2], [3]]);
	const [first, second] = sent();
	expect(first?.entries).toMatchObject([
		{ level: "warn", event: "camera.lost", detail: '{"camera":1}' },
		{ level: "error", event: "task.failed", detail: "{}" },
	]);
	expect(second?.life).toBe(first?.life);
});

test("4.16 what the service says itself is among them; while the broker is away lines wait, and none of them makes another", async () => {
	machine.broker.connected = false;
	buffer.add(line("broker.down"));
	await machine.run(3_600_000);
	machine.broker.connected = true;
	await machine.run(20_000);
	expect(numbers()).toEqual([[1]]);
});

test("4.16 of a flood the newest 500 lines stay, in messages that an envelope carries, and the gap shows in their numbers", async () => {
	for (let count = 0; count < 700; count += 1) {
		buffer.add(line("x".repeat(100), { text: "ü".repeat(count === 699 ? 30_000 : 100) }));
	}
	await machine.run(400_000);
	const all = numbers().flat();
	expect([all.length, all[0], all.at(-1)]).toEqual([500, 201, 700]);
	expect(new Set(all).size).toBe(500);
	expect(sent()[0]?.entries[0]).toMatchObject({ event: "x".repeat(64) });
	expect(sent().at(-1)?.entries.at(-1)?.detail).toHaveLength(2_000);
});
