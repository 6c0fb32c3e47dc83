import { Board } from "@visionvend/hardware-sim/board/board";
import { SolenoidLockChip } from "@visionvend/hardware-sim/chips/solenoid-lock";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import type { Timer } from "@visionvend/sdk/device/io/timer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { run } from "./example.ts";
import { Lock } from "./lock.ts";

const ms = 1e6;

function rig() {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const chip = new SolenoidLockChip({ clock, coil: board.net(12) });
	const open = (maximumOnMs = 5_000) =>
		new Lock({ coil: { io: board.io.Digital, pin: 12 }, timer: board.timer, maximumOnMs });
	return { clock, board, chip, open };
}

test("a pulse draws the bolt after 10 ms and lets it spring back 15 ms after its end", () => {
	const { clock, board, chip } = rig();
	const moves: string[] = [];
	chip.onChange((released) => moves.push(`${released} ${Math.round(clock.now / ms)}`));
	const lock = run(board);
	expect(lock.energised).toBe(true);
	clock.run(10_000 * ms);
	expect(lock.energised).toBe(false);
	expect(moves).toEqual(["true 10", "false 3015"]);
	expect([chip.pulses, Math.round(chip.longestOnMs)]).toEqual([1, 3_000]);
});

test("a pulse too short for the coil does not move the bolt", () => {
	const { clock, chip, open } = rig();
	open().energise(9);
	clock.run(1_000 * ms);
	expect([chip.released, chip.pulses]).toEqual([false, 1]);
});

test("release ends the pulse at once, and the timer of before does not end the next one", () => {
	const { clock, chip, open } = rig();
	const lock = open();
	lock.energise(1_000);
	clock.run(500 * ms);
	lock.release();
	expect(chip.energised).toBe(false);
	lock.energise(1_000);
	clock.run(900 * ms);
	expect(chip.energised).toBe(true);
	clock.run(200 * ms);
	expect(chip.energised).toBe(false);
});

test("whatever is asked and whenever, the coil is never on for longer than the maximum", () => {
	fc.assert(
		fc.property(
			fc.integer({ min: 1, max: 5_000 }),
			fc.array(fc.tuple(fc.constantFrom("energise", "release", "wait"), fc.integer({ min: 1, max: 6_000 })), {
				maxLength: 30,
			}),
			(maximumOnMs, steps) => {
				const { clock, chip, open } = rig();
				const lock = open(maximumOnMs);
				for (const [what, value] of steps) {
					if (what === "wait") clock.run(value * ms);
					else if (what === "release") lock.release();
					else if (value <= maximumOnMs) lock.energise(value);
					else expect(() => lock.energise(value)).toThrow(RangeError);
				}
				clock.run(20_000 * ms);
				expect(chip.energised).toBe(false);
				expect(chip.longestOnMs).toBeLessThan(maximumOnMs + 0.01);
			},
		),
		{ seed: 1 },
	);
});

test("a duration that is no whole number of milliseconds in range is refused, and the coil stays off", () => {
	const { chip, open } = rig();
	const lock = open();
	for (const duration of [0, -1, 1.5, 5_001, Number.NaN, Number.POSITIVE_INFINITY])
		expect(() => lock.energise(duration)).toThrow(/durationMs is an integer from 1 to 5000/);
	expect(chip.pulses).toBe(0);
	expect(() => open(5_001)).toThrow(/maximumOnMs/);
});

test("close locks; a reset of the board locks", () => {
	const { chip, open, board, clock } = rig();
	const lock = open();
	lock.energise(5_000);
	lock.close();
	expect(chip.energised).toBe(false);
	expect(() => lock.energise(1)).toThrow(/closed/);
	open().energise(5_000);
	clock.run(100 * ms);
	expect(chip.released).toBe(true);
	board.reset();
	expect(chip.energised).toBe(false);
	clock.run(15 * ms);
	expect(chip.released).toBe(false);
});

test("when no timer can be had the coil stays off", () => {
	const { board, chip } = rig();
	const broken: Timer = {
		set() {
			throw new Error("no memory");
		},
		repeat: () => 0,
		clear: () => undefined,
	};
	const lock = new Lock({ coil: { io: board.io.Digital, pin: 12 }, timer: broken });
	expect(() => lock.energise(100)).toThrow("no memory");
	expect([chip.pulses, lock.energised]).toEqual([0, false]);
});

test("the coil starts without current, even when the options ask for it", () => {
	const { board, chip } = rig();
	new Lock({ coil: { io: board.io.Digital, pin: 12, initialValue: 1 }, timer: board.timer });
	expect(chip.pulses).toBe(0);
});
