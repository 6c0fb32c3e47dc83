import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { makeDevice, xs } from "../../test/simulated-device.ts";
import { BatteryChip } from "../chips/battery.ts";
import { HX711Chip } from "../chips/hx711.ts";
import { PIRChip } from "../chips/pir.ts";
import { RestockButtonChip } from "../chips/restock-button.ts";
import { SolenoidLockChip } from "../chips/solenoid-lock.ts";
import { SeededRandom } from "../random.ts";

const ms = 1e6;
const program = new URL("inputs.mjs", import.meta.url);

async function runOn(name: "xs" | "node") {
	const source =
		name === "xs" ? readFileSync(program, "utf8") : `export { start } from ${JSON.stringify(program.href)};`;
	let lock: SolenoidLockChip | undefined;
	let button: RestockButtonChip | undefined;
	let visitor: PIRChip | undefined;
	const device = await makeDevice(name, source, {
		wire: (board, clock) => {
			const random = new SeededRandom(5);
			const divider = { upperOhms: 47_000, lowerOhms: 10_000 };
			const battery = new BatteryChip({ random: random.fork("battery"), volts: 12.6, internalOhms: 0.5, divider });
			board.setVoltage(1, battery.output);
			lock = new SolenoidLockChip({
				clock,
				coil: board.net(12),
				feedback: board.net(39),
				random: random.fork("lock"),
			});
			lock.onCurrent((on) => battery.setLoad("lock", on ? 1.2 : 0));
			const pins = { clock: board.net(14), data: board.net(15) };
			new HX711Chip({ clock, pins, random: random.fork("cell") }).setInput(123_456);
			button = new RestockButtonChip({ clock, contact: board.net(38), random: random.fork("button") });
			visitor = new PIRChip({ clock, output: board.net(2), warmUpSeconds: 1, holdSeconds: 2 });
		},
	});
	device.engine.start();
	device.clock.run(1_500 * ms);
	visitor?.setMotion(true);
	visitor?.setMotion(false);
	button?.press();
	device.clock.run(3_500 * ms);
	button?.release();
	lock?.setJammed(true);
	device.clock.run(5_000 * ms);
	const statistics = name === "xs" ? device.statistics() : undefined;
	device.engine.stop();
	const seen = {
		logged: device.logged,
		resets: device.resets,
		operations: device.operations(),
		now: device.clock.now,
	};
	return { seen, statistics };
}

test("battery, motion, button, bolt and a scale over SPI work over the bridge of an engine", async () => {
	const { seen } = await runOn("node");
	expect(seen.resets).toEqual([]);
	expect(seen.logged).toEqual([
		["battery", { millivolts: expect.closeTo(12_600, -2), level: "normal" }],
		["motion", { motion: true }],
		["motion", { motion: false }],
		["battery", { millivolts: expect.closeTo(12_000, -2), level: "normal" }],
		["hold", {}],
		["bolt", { bolt: "drawn", faults: { notThrown: true } }],
		["readings", { readings: 87, bolt: { bolt: "drawn", faults: { notThrown: true } } }],
	]);
});

test.skipIf(!xs.ok)("on XS they do to the nanosecond what they do on Node", async () => {
	const onXs = await runOn("xs");
	const onNode = await runOn("node");
	expect(onXs.seen).toEqual(onNode.seen);
	const { statistics } = onXs;
	if (statistics === undefined) throw new Error("no statistics");
	expect(statistics.slotsPeak).toBeLessThan(statistics.slotsBudget / 2);
	expect(statistics.stackPeak).toBeLessThan(statistics.stackBudget / 2);
});
