import { expect, test } from "vitest";
import { SimulationClock } from "../clock.ts";
import { Net } from "../net.ts";
import { SeededRandom } from "../random.ts";
import { PIRChip } from "./pir.ts";

const second = 1e9;

function rig(options: { seed?: number } = {}) {
	const clock = new SimulationClock();
	const output = new Net("motion", clock);
	const random = options.seed === undefined ? {} : { random: new SeededRandom(options.seed) };
	const chip = new PIRChip({ clock, output, ...random });
	const edges: string[] = [];
	output.watch((level) => edges.push(`${level} ${clock.now / second}`));
	return { clock, output, chip, edges };
}

test("it is blind while it warms up, stays high for 15 s after the last motion, then blind again for 2.5 s", () => {
	const { clock, chip, edges } = rig();
	chip.setMotion(true);
	clock.run(30 * second);
	chip.setMotion(false);
	clock.run(40 * second);
	chip.setMotion(true);
	clock.run(5 * second);
	chip.setMotion(false);
	clock.run(10 * second);
	chip.setMotion(true);
	chip.setMotion(false);
	clock.run(16 * second);
	chip.setMotion(true);
	clock.run(5 * second);
	expect(edges).toEqual(["1 70", "0 100", "1 102.5"]);
});

test("motion that is there when it has warmed up is seen then", () => {
	const { clock, chip, edges } = rig();
	chip.setMotion(true);
	clock.run(61 * second);
	expect(edges).toEqual(["1 60"]);
});

test("while it warms up the output goes high up to three times by itself, by its seed", () => {
	const counts = new Set<number>();
	for (let seed = 1; seed <= 30; seed++) {
		const { clock, edges } = rig({ seed });
		clock.run(100 * second);
		expect(edges.length % 2).toBe(0);
		counts.add(edges.length / 2);
	}
	expect([...counts].sort()).toEqual([0, 1, 2, 3]);
});

test("it glitches, sticks and comes off its cable", () => {
	const { clock, output, chip, edges } = rig();
	chip.glitch(0.01 * second);
	clock.run(second);
	expect(edges).toEqual(["1 0", "0 0.01"]);
	chip.setStuck(1);
	expect(output.level).toBe(1);
	chip.setConnected(false);
	expect(output.floating).toBe(true);
	chip.setConnected(true);
	chip.setStuck(undefined);
	expect(output.level).toBe(0);
});
