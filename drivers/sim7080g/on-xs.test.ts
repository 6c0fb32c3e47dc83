import { readFileSync } from "node:fs";
import { SerialWire } from "@visionvend/hardware-sim/board/serial-wire";
import { SIM7080GChip } from "@visionvend/hardware-sim/chips/sim7080g";
import { memoryModemBroker } from "@visionvend/hardware-sim/chips/sim7080g-memory-broker";
import { MemoryBroker } from "@visionvend/hardware-sim/network/memory-broker";
import { expect, test } from "vitest";
import { makeDevice, xs } from "../../hardware-sim/test/simulated-device.ts";

const s = 1e9;

const program = new URL("on-xs.mjs", import.meta.url);

async function runOn(name: "xs" | "node") {
	let broker: MemoryBroker | undefined;
	const source =
		name === "xs" ? readFileSync(program, "utf8") : `export { start } from ${JSON.stringify(program.href)};`;
	const device = await makeDevice(name, source, {
		wire: (board, clock) => {
			broker = new MemoryBroker({ clock });
			const wire = new SerialWire(clock, 115_200);
			new SIM7080GChip({
				clock,
				wire,
				powerKey: board.net(48),
				broker: memoryModemBroker({ clock, broker }),
			});
			board.attachSerial({ receive: 18, transmit: 17 }, wire);
		},
	});
	device.engine.start();
	device.clock.run(20 * s);
	void broker?.client("cloud").publish("devices/fridge-7/commands/unlock", "x".repeat(2_000));
	device.clock.run(10 * s);
	const seen = { logged: device.logged, resets: device.resets, operations: device.operations(), now: device.clock.now };
	const statistics = name === "xs" ? device.statistics() : undefined;
	device.engine.stop();
	return { seen, statistics };
}

test("over the bridge of an engine the longest message goes out and a long one comes in", async () => {
	const { seen } = await runOn("node");
	expect(seen.resets).toEqual([]);
	expect(seen.logged).toEqual([
		["acknowledged", { identifier: 1 }],
		["message", { topic: "devices/fridge-7/commands/unlock", length: 2_000 }],
		["sample", { registered: true, signalStrength: -73, operator: "Simulated Mobile" }],
	]);
});

test.skipIf(!xs.ok)("on XS, in the memory of an ESP32-S3, it does to the nanosecond what it does on Node", async () => {
	const onXs = await runOn("xs");
	expect(onXs.seen).toEqual((await runOn("node")).seen);
	const { statistics } = onXs;
	if (statistics === undefined) throw new Error("no statistics");
	expect(statistics.slotsPeak).toBeLessThan(statistics.slotsBudget / 4);
	expect(statistics.chunksPeak).toBeLessThan(statistics.chunksBudget / 2);
	expect(statistics.stackPeak).toBeLessThan(0.75 * statistics.stackBudget);
});
