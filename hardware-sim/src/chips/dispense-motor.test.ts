import { expect, test } from "vitest";
import { SimulationClock } from "../clock.ts";
import { Net } from "../net.ts";
import { SeededRandom } from "../random.ts";
import { DispenseMotorChip } from "./dispense-motor.ts";

const ms = 1e6;

function rig({ products = 1, bounces = false } = {}) {
	const clock = new SimulationClock();
	const gate = new Net("motor 0", clock);
	const home = new Net("home", clock);
	home.pull(1);
	const dropped: number[] = [];
	const chip = new DispenseMotorChip({
		clock,
		gate,
		home,
		turnMs: 1_000,
		products,
		onDrop: () => dropped.push(Math.round(clock.now / ms)),
		...(bounces ? { random: new SeededRandom(1) } : {}),
	});
	return { clock, home, chip, dropped, gate: gate.attach() };
}

test("at rest the switch is open; a turn closes it, pushes a product out, and opens it again", () => {
	const { clock, home, chip, dropped, gate } = rig();
	const edges: string[] = [];
	home.watch((level) => edges.push(`${level} ${Math.round(clock.now / ms)}`));
	expect(home.level).toBe(1);
	gate.drive(1);
	clock.run(1_000 * ms);
	gate.drive(0);
	clock.run(5_000 * ms);
	// It rests 30 ms after the edge of its home.
	expect(edges).toEqual(["0 30", "1 970"]);
	expect([dropped, chip.products, chip.atHome]).toEqual([[820], 0, true]);
	expect(chip.longestOnMs).toBe(1_000);
});

test("a motor that is switched on and off goes on where it stood", () => {
	const { clock, chip, gate } = rig();
	for (let i = 0; i < 40; i++) {
		gate.drive(1);
		clock.run(25 * ms);
		gate.drive("Z");
		clock.run(100 * ms);
	}
	expect(chip.turns).toBeCloseTo(1, 6);
	expect(chip.atHome).toBe(true);
});

test("the contact bounces for less than 3 ms", () => {
	const { clock, home, gate } = rig({ bounces: true });
	const edges: number[] = [];
	home.watch(() => edges.push(clock.now / ms));
	gate.drive(1);
	clock.run(500 * ms);
	expect(edges.length).toBeGreaterThan(4);
	expect((edges.at(-1) ?? 0) - (edges[0] ?? 0)).toBeLessThan(3);
	expect(home.level).toBe(0);
});

test("jammed it draws current and does not move; an empty spiral and a product that holds on let nothing fall", () => {
	const { clock, chip, dropped, gate } = rig({ products: 2 });
	chip.setJammed(true);
	gate.drive(1);
	clock.run(2_000 * ms);
	expect([chip.turns, chip.longestOnMs]).toEqual([0, 2_000]);
	chip.setJammed(false);
	chip.stickFor(1);
	clock.run(4_000 * ms);
	expect(dropped).toEqual([3_820, 4_820]);
});

test("a broken switch says the same wherever the spiral is", () => {
	const { clock, home, chip, gate } = rig();
	for (const [state, level] of [
		["stuck-open", 1],
		["stuck-closed", 0],
	] as const) {
		chip.setSwitch(state);
		gate.drive(1);
		for (let i = 0; i < 20; i++) {
			clock.run(100 * ms);
			expect(home.level).toBe(level);
		}
		gate.drive(0);
	}
});
