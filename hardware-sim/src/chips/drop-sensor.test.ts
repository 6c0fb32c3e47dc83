import { expect, test } from "vitest";
import { SimulationClock } from "../clock.ts";
import { Net } from "../net.ts";
import { DropSensorChip } from "./drop-sensor.ts";

const ms = 1e6;

test("what falls breaks the beam for as long as it takes, and two that fall together break it once", () => {
	const clock = new SimulationClock();
	const output = new Net("drop", clock);
	output.pull(1);
	const chip = new DropSensorChip({ clock, output });
	const edges: string[] = [];
	output.watch((level) => edges.push(`${level} ${clock.now / ms}`));
	clock.run(10 * ms);
	chip.fall(30);
	clock.run(10 * ms);
	chip.fall(50);
	clock.run(100 * ms);
	expect([edges, chip.fallen]).toEqual([["0 10", "1 70"], 2]);
});

test("the beam is dark without its emitter, unless the sensor is dead; dirt keeps it dark", () => {
	const clock = new SimulationClock();
	const output = new Net("drop", clock);
	const supply = new Net("emitter", clock);
	output.pull(1);
	const chip = new DropSensorChip({ clock, output, emitter: supply });
	const emitter = supply.attach();
	expect(output.level).toBe(0);
	emitter.drive(1);
	clock.run(ms);
	expect(output.level).toBe(1);
	chip.setDirty(true);
	expect(output.level).toBe(0);
	chip.setAlive(false);
	expect(output.level).toBe(1);
	emitter.drive(0);
	clock.run(ms);
	expect(output.level).toBe(1);
});

test("a sensor that is active high drives both levels", () => {
	const clock = new SimulationClock();
	const output = new Net("drop", clock);
	const chip = new DropSensorChip({ clock, output, darkLevel: 1 });
	expect([output.level, output.floating]).toEqual([0, false]);
	chip.fall(5);
	expect(output.level).toBe(1);
});
