import { Board } from "@visionvend/hardware-sim/board/board";
import { PIRChip } from "@visionvend/hardware-sim/chips/pir";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import { SeededRandom } from "@visionvend/hardware-sim/random";
import { expect, test } from "vitest";
import { run } from "./example.ts";
import { PIR, type PIROptions } from "./pir.ts";

const ms = 1e6;
const second = 1e9;

function rig(options: { seed?: number } & Partial<PIROptions> = {}) {
	const { seed = 1, ...more } = options;
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const chip = new PIRChip({ clock, output: board.net(2), random: new SeededRandom(seed) });
	const told: string[] = [];
	const pir = new PIR({
		sensor: { io: board.io.Digital, pin: 2 },
		timer: board.timer,
		onSample() {
			const sample = this.sample();
			told.push(`${sample?.faults?.stuck ? "stuck" : sample?.motion} ${(clock.now / second).toFixed(2)}`);
		},
		...more,
	});
	return { clock, board, chip, pir, told };
}

test("whatever the output does while the detector warms up, nothing is told and nothing is sampled", () => {
	for (let seed = 1; seed <= 20; seed++) {
		const { clock, pir, told } = rig({ seed });
		for (let at = 0; at < 60; at++) {
			expect(pir.sample()).toBeUndefined();
			clock.run(second);
		}
		clock.run(second);
		expect(pir.sample()).toEqual({ motion: false });
		expect(told).toEqual([]);
	}
});

test("motion is told once as it begins and once as it ends", () => {
	const { clock, chip, pir, told } = rig();
	clock.run(70 * second);
	chip.setMotion(true);
	clock.run(10 * second);
	expect(pir.sample()).toEqual({ motion: true });
	chip.setMotion(false);
	clock.run(20 * second);
	expect(pir.sample()).toEqual({ motion: false });
	expect(told).toEqual(["true 70.05", "false 95.05"]);
});

test("somebody who stands there when the detector has warmed up is told", () => {
	const { clock, chip, told } = rig();
	chip.setMotion(true);
	clock.run(61 * second);
	expect(told).toEqual(["true 60.05"]);
});

test("a glitch shorter than the rest is no motion, also when it is the last thing of the warm-up", () => {
	const { clock, chip, told } = rig();
	clock.run(60 * second - 20 * ms);
	chip.glitch(40 * ms);
	clock.run(10 * second);
	chip.glitch(40 * ms);
	clock.run(second);
	chip.glitch(60 * ms);
	clock.run(second);
	expect(told).toEqual(["true 71.03", "false 71.09"]);
});

test("an output that stays high for longer than anybody moves is a fault, until it falls", () => {
	const { clock, chip, pir, told } = rig({ warmUpMs: 0, stuckMs: 600_000 });
	chip.setStuck(1);
	clock.run(599 * second);
	expect(pir.sample()).toEqual({ motion: true });
	clock.run(2 * second);
	expect(pir.sample()).toEqual({ motion: true, faults: { stuck: true } });
	chip.setStuck(undefined);
	clock.run(second);
	expect(pir.sample()).toEqual({ motion: false });
	expect(told).toEqual(["true 0.05", "stuck 600.05", "false 601.05"]);
});

test("a detector that is not plugged in sees no motion", () => {
	const { clock, chip, pir } = rig({ warmUpMs: 0 });
	chip.setConnected(false);
	chip.setMotion(true);
	clock.run(100 * second);
	expect(pir.sample()).toEqual({ motion: false });
});

test("configure changes what it is given", () => {
	const { pir } = rig();
	pir.configure({ debounceMs: 10 });
	pir.configure({ stuckMs: 5_000 });
	expect(pir.configuration).toEqual({ warmUpMs: 60_000, debounceMs: 10, stuckMs: 5_000 });
	expect(() => pir.configure({ debounceMs: 0 })).toThrow(/^PIR: debounceMs/);
});

test("after close nothing is told, at whatever moment that is", () => {
	for (const at of [30, 60.02, 70.02, 75]) {
		const { clock, chip, pir, told } = rig();
		clock.after(70 * second, () => chip.setMotion(true));
		clock.run(at * second);
		told.length = 0;
		pir.close();
		clock.run(1_000 * second);
		expect(told).toEqual([]);
	}
});

test("when no timer can be had the constructor lets go of the pin", () => {
	const { Digital } = new Board({ clock: new SimulationClock() }).io;
	const timer = {
		set() {
			throw new Error("no memory");
		},
		repeat: () => 0,
		clear: () => undefined,
	};
	expect(() => new PIR({ sensor: { io: Digital, pin: 2 }, timer })).toThrow("no memory");
	new Digital({ pin: 2, mode: Digital.Input }).close();
});

test("the example tells of a visitor", () => {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const chip = new PIRChip({ clock, output: board.net(2) });
	const told: boolean[] = [];
	run(board, (motion) => told.push(motion));
	clock.run(70 * second);
	chip.setMotion(true);
	chip.setMotion(false);
	clock.run(70 * second);
	expect(told).toEqual([true, false]);
});
