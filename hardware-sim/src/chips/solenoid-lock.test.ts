import { expect, test } from "vitest";
import { SimulationClock } from "../clock.ts";
import { Net } from "../net.ts";
import { SolenoidLockChip } from "./solenoid-lock.ts";

const ms = 1e6;

function rig() {
	const clock = new SimulationClock();
	const coil = new Net("lock coil", clock);
	const chip = new SolenoidLockChip({ clock, coil });
	return { clock, coil, chip, gate: coil.attach() };
}

test("a gate that nobody drives is off: the lock fails secure", () => {
	const { clock, coil, chip } = rig();
	clock.run(100 * ms);
	expect([coil.level, coil.floating, chip.released]).toEqual([0, false, false]);
});

test("a break of 10 ms in the current does not let the bolt spring back", () => {
	const { clock, chip, gate } = rig();
	const moves: boolean[] = [];
	chip.onChange((released) => moves.push(released));
	gate.drive(1);
	clock.run(50 * ms);
	gate.drive(0);
	clock.run(10 * ms);
	gate.drive(1);
	clock.run(50 * ms);
	expect([moves, chip.released, chip.pulses]).toEqual([[true], true, 2]);
});

test("the longest time with current is known while it still lasts", () => {
	const { clock, chip, gate } = rig();
	gate.drive(1);
	clock.run(20 * ms);
	gate.drive("Z");
	clock.run(20 * ms);
	gate.drive(1);
	expect(chip.longestOnMs).toBe(20);
	clock.run(30 * ms);
	expect(chip.longestOnMs).toBe(30);
});
