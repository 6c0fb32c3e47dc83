import { expect, test } from "vitest";
import { SimulationClock } from "../clock.ts";
import { Net } from "../net.ts";
import { SeededRandom } from "../random.ts";
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

test("the bolt's switch is closed while the bolt is thrown, and bounces for up to 2 ms", () => {
	const clock = new SimulationClock();
	const coil = new Net("lock coil", clock);
	const feedback = new Net("bolt", clock);
	feedback.pull(1);
	const edges: number[] = [];
	feedback.watch(() => edges.push(clock.now));
	new SolenoidLockChip({ clock, coil, feedback, random: new SeededRandom(3) });
	expect(feedback.level).toBe(0);
	edges.length = 0;
	coil.attach().drive(1);
	clock.run(10 * ms - 1);
	expect(feedback.level).toBe(0);
	clock.run(3 * ms);
	expect(feedback.level).toBe(1);
	expect(edges.length).toBeGreaterThan(1);
	expect(Math.max(...edges)).toBeLessThanOrEqual(12 * ms);
});

test("a jammed bolt stays where it is, and follows the coil once it is free", () => {
	const { clock, chip, gate } = rig();
	chip.setJammed(true);
	gate.drive(1);
	clock.run(1_000 * ms);
	expect([chip.released, chip.energised]).toEqual([false, true]);
	chip.setJammed(false);
	clock.run(10 * ms);
	expect(chip.released).toBe(true);
	chip.setJammed(true);
	gate.drive(0);
	clock.run(1_000 * ms);
	expect(chip.released).toBe(true);
});

test("a forced bolt is drawn without current, and springs back when it is let go", () => {
	const { clock, chip } = rig();
	const moves: boolean[] = [];
	chip.onChange((released) => moves.push(released));
	chip.setForced(true);
	expect([chip.released, chip.energised]).toEqual([true, false]);
	chip.setForced(false);
	clock.run(15 * ms);
	expect([chip.released, moves]).toEqual([false, [true, false]]);
});

test("a broken switch says nothing of the bolt, and mended it does", () => {
	const clock = new SimulationClock();
	const coil = new Net("lock coil", clock);
	const feedback = new Net("bolt", clock);
	feedback.pull(1);
	const chip = new SolenoidLockChip({ clock, coil, feedback });
	const gate = coil.attach();
	chip.breakSwitch("stuck");
	gate.drive(1);
	clock.run(20 * ms);
	expect([chip.released, feedback.level]).toEqual([true, 0]);
	chip.breakSwitch(undefined);
	expect(feedback.level).toBe(1);
	gate.drive(0);
	clock.run(20 * ms);
	expect(feedback.level).toBe(0);
	chip.breakSwitch("cut");
	expect(feedback.level).toBe(1);
});

test("what the coil draws is told as it comes and goes", () => {
	const { chip, gate } = rig();
	const current: boolean[] = [];
	chip.onCurrent((on) => current.push(on));
	gate.drive(1);
	gate.drive("Z");
	expect(current).toEqual([true, false]);
});
