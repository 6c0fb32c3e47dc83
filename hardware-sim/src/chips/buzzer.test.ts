import { expect, test } from "vitest";
import { SimulationClock } from "../clock.ts";
import { Net } from "../net.ts";
import { BuzzerChip } from "./buzzer.ts";

test("a steady level and a single pulse are silence, a square wave is a beep", () => {
	const clock = new SimulationClock();
	const net = new Net("buzzer", clock);
	const line = net.attach();
	const chip = new BuzzerChip({ clock, input: net });
	line.drive(1);
	clock.run(1e9);
	line.drive(0);
	clock.run(1e9);
	expect(chip.beeps).toEqual([]);
	const at = clock.now;
	for (let i = 0; i < 100; i++) {
		line.drive(1);
		clock.run(500_000);
		line.drive(0);
		clock.run(500_000);
	}
	expect(chip.beeps).toEqual([]); // it may still go on
	clock.run(1e9);
	expect(chip.beeps).toEqual([{ atNs: at, durationNs: 99_500_000, hz: 1_000 }]);
});
