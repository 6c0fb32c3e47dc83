import { Board } from "@visionvend/hardware-sim/board/board";
import { BuzzerChip } from "@visionvend/hardware-sim/chips/buzzer";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import { expect, test } from "vitest";
import { Buzzer } from "./buzzer.ts";
import { run } from "./example.ts";

const ms = 1e6;

function rig() {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const chip = new BuzzerChip({ clock, input: board.net(47) });
	const open = (hz?: number) =>
		new Buzzer({ output: { io: board.io.PWM, pin: 47 }, timer: board.timer, ...(hz === undefined ? {} : { hz }) });
	return { clock, board, chip, open };
}

test("the example beeps once, 120 ms at 2,700 Hz", () => {
	const { clock, board, chip } = rig();
	clock.run(5 * ms);
	run(board);
	clock.run(1_000 * ms);
	expect(chip.beeps).toHaveLength(1);
	const [beep] = chip.beeps;
	expect(beep?.hz).toBe(2_700);
	expect(Math.round((beep?.atNs ?? 0) / ms)).toBe(5);
	expect(Math.round((beep?.durationNs ?? 0) / ms)).toBe(120);
	expect(clock.nextAt).toBeUndefined();
});

test("beeps with a pause between them are heard apart, each at its pitch", () => {
	const { clock, chip, open } = rig();
	const low = open(440);
	low.beep(100);
	clock.run(200 * ms);
	low.beep(100);
	clock.run(200 * ms);
	low.close();
	open(4_000).beep(50);
	clock.run(200 * ms);
	expect(chip.beeps.map(({ hz }) => hz)).toEqual([440, 440, 4_000]);
});

test("a beep within a beep ends at the new time; silence ends it at once", () => {
	const { clock, chip, open } = rig();
	const buzzer = open();
	buzzer.beep(100);
	clock.run(50 * ms);
	buzzer.beep(100);
	clock.run(500 * ms);
	buzzer.beep(1_000);
	clock.run(30 * ms);
	buzzer.silence();
	clock.run(2_000 * ms);
	expect(chip.beeps.map(({ durationNs }) => Math.round(durationNs / ms))).toEqual([150, 30]);
});

test("a duration or a pitch out of range is refused", () => {
	const { open } = rig();
	expect(() => open(10)).toThrow(/hz/);
	const buzzer = open();
	expect(() => buzzer.beep(0)).toThrow(RangeError);
	expect(() => buzzer.beep(10_001)).toThrow(RangeError);
});
