import { readFileSync } from "node:fs";
import { OneWireUart } from "@visionvend/hardware-sim/board/one-wire-uart";
import { CoffeeGroupChip } from "@visionvend/hardware-sim/chips/coffee-group";
import { DispenseMotorChip } from "@visionvend/hardware-sim/chips/dispense-motor";
import { DropSensorChip } from "@visionvend/hardware-sim/chips/drop-sensor";
import { DS18B20Chip } from "@visionvend/hardware-sim/chips/ds18b20";
import { expect, test } from "vitest";
import { makeDevice, xs } from "../../hardware-sim/test/simulated-device.ts";

const second = 1e9;
const program = new URL("machines.mjs", import.meta.url);

async function runOn(name: "xs" | "node") {
	const fallen: number[] = [];
	let thermometer: DS18B20Chip | undefined;
	const source =
		name === "xs" ? readFileSync(program, "utf8") : `export { start } from ${JSON.stringify(program.href)};`;
	const device = await makeDevice(name, source, {
		wire: (board, clock) => {
			const beam = new DropSensorChip({ clock, output: board.net(1) });
			[4, 5].forEach((pin, slot) => {
				new DispenseMotorChip({
					clock,
					gate: board.net(pin),
					home: board.net(2),
					products: 5,
					onDrop: () => {
						fallen.push(slot);
						beam.fall();
					},
				});
			});
			const bus = board.net(41);
			board.attachSerial({ receive: 41, transmit: 40 }, new OneWireUart({ clock, bus }));
			thermometer = new DS18B20Chip({ clock, bus });
			thermometer.setCelsius(4);
			const coffee = new CoffeeGroupChip({
				clock,
				pins: {
					grinder: board.net(14),
					pump: board.net(15),
					flow: board.net(16),
					heater: board.net(17),
					bins: { beans: board.net(18) },
				},
			});
			board.setVoltage(9, () => coffee.thermistorVolts());
		},
	});
	device.engine.start();
	device.clock.run(180 * second);
	thermometer?.setCelsius(8);
	device.clock.run(1_100 * second);
	const seen = { logged: device.logged, resets: device.resets, operations: device.operations(), fallen };
	const statistics = name === "xs" ? device.statistics() : undefined;
	device.engine.stop();
	return { seen, statistics };
}

const told = (logged: readonly [string, unknown][], wanted: readonly string[]) =>
	logged.filter(([event]) => wanted.includes(event));

test("a sale, a coffee and the food lock work over the bridge of an engine", async () => {
	const { seen } = await runOn("node");
	expect(seen.resets).toEqual([]);
	expect(seen.fallen).toEqual([0, 1, 0]);
	expect(told(seen.logged, ["executed", "made", "refused", "clear"])).toEqual([
		["executed", { saleId: "sale-1", counter: 1 }],
		["made", { outcome: "delivered", reason: "", levels: [{ name: "beans", portions: 19, low: false }] }],
		["refused", { saleId: "sale-2", counter: 2, reason: "health-lock" }],
		["clear", { reason: "still-warm", faults: [] }],
	]);
});

test.skipIf(!xs.ok)("on XS, in the memory of an ESP32-S3, they do to the nanosecond what they do on Node", async () => {
	const onXs = await runOn("xs");
	const onNode = await runOn("node");
	expect(onXs.seen).toEqual(onNode.seen);
	const { statistics } = onXs;
	if (statistics === undefined) throw new Error("no statistics");
	process.stdout.write(`machines on XS: ${JSON.stringify(statistics)}\n`);
	expect(statistics.slotsPeak).toBeLessThan(statistics.slotsBudget / 2);
	expect(statistics.chunksPeak).toBeLessThan(statistics.chunksBudget / 2);
});
