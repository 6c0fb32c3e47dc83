import { Board } from "@visionvend/hardware-sim/board/board";
import { SolenoidLockChip } from "@visionvend/hardware-sim/chips/solenoid-lock";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import { SeededRandom } from "@visionvend/hardware-sim/random";
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

function boltRig(seed = 1) {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const chip = new SolenoidLockChip({
		clock,
		coil: board.net(12),
		feedback: board.net(39),
		random: new SeededRandom(seed),
	});
	const told: string[] = [];
	const { Digital } = board.io;
	const lock = new Lock({
		coil: { io: Digital, pin: 12 },
		timer: board.timer,
		feedback: { io: Digital, pin: 39 },
		onFault() {
			told.push(`${Object.keys(this.sample()?.faults ?? {}).join()} ${Math.round(clock.now / ms)}`);
		},
	});
	return { clock, board, chip, lock, told };
}

test("the bolt follows the coil, and its switch tells so, whatever it bounces", () => {
	for (let seed = 1; seed <= 20; seed++) {
		const { clock, lock, told } = boltRig(seed);
		expect(lock.sample()).toEqual({ bolt: "thrown" });
		clock.run(200 * ms);
		lock.energise(1_000);
		clock.run(500 * ms);
		expect(lock.sample()).toEqual({ bolt: "drawn" });
		clock.run(600 * ms);
		expect(lock.sample()).toEqual({ bolt: "thrown" });
		lock.energise(50);
		clock.run(500 * ms);
		lock.energise(1_000);
		clock.run(60 * ms);
		lock.release();
		clock.run(500 * ms);
		expect(lock.sample()).toEqual({ bolt: "thrown" });
		expect(told).toEqual([]);
	}
});

test("with a switch that is closed while the bolt is drawn, low is drawn", () => {
	const { board, clock } = rig();
	const { Digital } = board.io;
	const lock = new Lock({
		coil: { io: Digital, pin: 12 },
		timer: board.timer,
		feedback: { io: Digital, pin: 39 },
		closedWhile: "drawn",
	});
	expect(lock.sample()).toEqual({ bolt: "thrown" });
	board.net(39).attach().drive(0);
	clock.run(200 * ms);
	expect(lock.sample()).toEqual({ bolt: "drawn", faults: { notThrown: true } });
});

test("without feedback there is nothing to sample", () => {
	expect(rig().open().sample()).toBeUndefined();
});

test("a bolt that is not drawn 100 ms after the current came is a fault, told once, until it is drawn", () => {
	const { clock, chip, lock, told } = boltRig();
	clock.run(1_000 * ms);
	chip.setJammed(true);
	lock.energise(1_000);
	clock.run(99 * ms);
	expect(lock.sample()).toEqual({ bolt: "thrown" });
	clock.run(2 * ms);
	expect(lock.sample()).toEqual({ bolt: "thrown", faults: { notDrawn: true } });
	clock.run(300 * ms);
	chip.setJammed(false);
	clock.run(200 * ms);
	expect(lock.sample()).toEqual({ bolt: "drawn" });
	clock.run(2_000 * ms);
	expect(lock.sample()).toEqual({ bolt: "thrown" });
	expect(told).toEqual(["notDrawn 1100"]);
});

test("a bolt that does not spring back, is forced, or whose cable is cut is a fault 100 ms later", () => {
	const { clock, chip, lock, told } = boltRig();
	lock.energise(500);
	clock.run(300 * ms);
	chip.setJammed(true);
	clock.run(700 * ms);
	expect(lock.sample()).toEqual({ bolt: "drawn", faults: { notThrown: true } });
	chip.setJammed(false);
	clock.run(1_000 * ms);
	expect(lock.sample()).toEqual({ bolt: "thrown" });
	chip.setForced(true);
	clock.run(1_000 * ms);
	chip.setForced(false);
	clock.run(1_000 * ms);
	chip.breakSwitch("cut");
	clock.run(1_000 * ms);
	expect(lock.sample()).toEqual({ bolt: "drawn", faults: { notThrown: true } });
	expect(told).toEqual(["notThrown 600", "notThrown 2100", "notThrown 4100"]);
});

test("a bolt that is drawn when the power comes is a fault", () => {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const { Digital } = board.io;
	let faults = 0;
	const lock = new Lock({
		coil: { io: Digital, pin: 12 },
		timer: board.timer,
		feedback: { io: Digital, pin: 39 },
		onFault: () => faults++,
	});
	clock.run(200 * ms);
	expect([lock.sample(), faults]).toEqual([{ bolt: "drawn", faults: { notThrown: true } }, 1]);
});

test("after close nothing is told, and both pins are free", () => {
	const { clock, board, chip, lock, told } = boltRig();
	lock.energise(5_000);
	clock.run(50 * ms);
	chip.setForced(true);
	lock.close();
	lock.close();
	clock.run(1_000 * ms);
	expect([told, chip.energised]).toEqual([[], false]);
	expect(() => lock.sample()).toThrow(/closed/);
	const { Digital } = board.io;
	for (const pin of [12, 39]) new Digital({ pin, mode: Digital.Input }).close();
});

test("when no timer can be had, nothing stays open and the coil stays off", () => {
	const { board, chip } = rig();
	const broken: Timer = {
		set() {
			throw new Error("no memory");
		},
		repeat: () => 0,
		clear: () => undefined,
	};
	const { Digital } = board.io;
	const options = { coil: { io: Digital, pin: 12 }, feedback: { io: Digital, pin: 39 }, timer: broken };
	expect(() => new Lock(options)).toThrow("no memory");
	for (const pin of [12, 39]) new Digital({ pin, mode: Digital.Input }).close();
	expect(chip.pulses).toBe(0);
});
