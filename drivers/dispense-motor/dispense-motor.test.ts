import { Board } from "@visionvend/hardware-sim/board/board";
import { DispenseMotorChip } from "@visionvend/hardware-sim/chips/dispense-motor";
import { DropSensorChip } from "@visionvend/hardware-sim/chips/drop-sensor";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import { SeededRandom } from "@visionvend/hardware-sim/random";
import type { Timer } from "@visionvend/sdk/device/io/timer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { DispenseMotor, type DispenseMotorOptions, type DispenseResult } from "./dispense-motor.ts";
import { run } from "./example.ts";

const ms = 1e6;
const gates = [4, 5, 6, 7, 8, 9, 14, 15];

function rig({ seed = 1, emitter = true, ownHomes = false, turnMs = 2_400 } = {}) {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const random = new SeededRandom(seed);
	const beam = new DropSensorChip({
		clock,
		output: board.net(1),
		...(emitter ? { emitter: board.net(39) } : {}),
	});
	const fallen: number[] = [];
	const chips = gates.map(
		(pin, slot) =>
			new DispenseMotorChip({
				clock,
				gate: board.net(pin),
				home: board.net(ownHomes ? `home ${slot}` : 2),
				random: random.fork(`spiral ${slot}`),
				turnMs,
				products: 5,
				onDrop: () => {
					fallen.push(slot);
					beam.fall();
				},
			}),
	);
	let mostAtOnce = 0;
	for (const pin of gates)
		board.net(pin).watch(() => {
			mostAtOnce = Math.max(mostAtOnce, chips.filter((chip) => chip.running).length);
		});
	const io = board.io.Digital;
	const open = (more: Partial<DispenseMotorOptions> = {}) =>
		new DispenseMotor({
			motors: gates.map((pin) => ({ io, pin })),
			home: ownHomes ? gates.map((_, slot) => ({ io, pin: `home ${slot}` })) : [{ io, pin: 2 }],
			drop: { io, pin: 1 },
			...(emitter ? { emitter: { io, pin: 39 } } : {}),
			timer: board.timer,
			...more,
		});
	/** Dispenses, and runs until it is done. */
	const sell = (rack: DispenseMotor, slot: number): DispenseResult => {
		const results: DispenseResult[] = [];
		rack.dispense(slot, (result) => results.push(result));
		clock.run(60_000 * ms);
		expect(results).toHaveLength(1);
		expect(chips.filter((chip) => chip.running)).toEqual([]);
		return results[0] as DispenseResult;
	};
	const chip = (slot: number): DispenseMotorChip => chips[slot] as DispenseMotorChip;
	return { clock, board, chips, chip, beam, fallen, open, sell, mostAtOnce: () => mostAtOnce };
}

test("one turn, one product: the motor stops at home and the drop is told", () => {
	for (const ownHomes of [false, true])
		for (let seed = 1; seed <= 10; seed++) {
			const { chip, chips, fallen, open, sell, mostAtOnce } = rig({ seed, ownHomes });
			const rack = open();
			for (const slot of [3, 3, 7, 0]) {
				expect(sell(rack, slot)).toEqual({ slot, outcome: "dropped", turns: 1 });
				expect(chip(slot).atHome).toBe(true);
				expect(rack.sample().faults).toBeUndefined();
			}
			expect(fallen).toEqual([3, 3, 7, 0]);
			expect(mostAtOnce()).toBe(1);
			expect(Math.max(...chips.map((one) => one.longestOnMs))).toBeLessThan(2_500);
		}
});

test("the example sells from the third slot", () => {
	const { board, clock, fallen } = rig();
	const told: DispenseResult[] = [];
	run(board, (result) => told.push(result));
	expect(told).toEqual([]);
	clock.run(4_000 * ms);
	expect([told, fallen]).toEqual([[{ slot: 2, outcome: "dropped", turns: 1 }], [2]]);
});

test("a product that holds on to the spiral falls with the second turn", () => {
	const { chip, open, sell, fallen } = rig();
	chip(1).stickFor(1);
	expect(sell(open(), 1)).toEqual({ slot: 1, outcome: "dropped", turns: 2 });
	expect(fallen).toEqual([1]);
});

test("an empty slot is turned as often as asked, and nothing fell", () => {
	const { chip, open, sell } = rig();
	chip(1).fill(0);
	expect(sell(open(), 1)).toEqual({ slot: 1, outcome: "nothing-fell", turns: 2 });
	expect(Math.round(chip(1).turns)).toBe(2);
	chip(2).fill(0);
	const { open: again, sell: sellAgain, chip: other } = rig();
	other(1).fill(0);
	expect(sellAgain(again({ attempts: 1 }), 1)).toEqual({ slot: 1, outcome: "nothing-fell", turns: 1 });
});

test("a product that falls late still counts, within the window", () => {
	const { chip, open, sell } = rig();
	const rack = open();
	// It leaves the spiral 0.15 turns (360 ms) before home.
	chip(1).dropLate(360 + 1_400);
	expect(sell(rack, 1)).toEqual({ slot: 1, outcome: "dropped", turns: 1 });
	chip(2).dropLate(360 + 1_600);
	chip(2).fill(1);
	expect(sell(rack, 2)).toEqual({ slot: 2, outcome: "dropped", turns: 2 });
	rack.configure({ dropWindowMs: 500, attempts: 1 });
	chip(3).dropLate(360 + 1_400);
	expect(sell(rack, 3)).toEqual({ slot: 3, outcome: "nothing-fell", turns: 1 });
});

test("a spiral that does not turn is jammed within the leave timeout, and free again it sells", () => {
	const { clock, chip, open, sell } = rig();
	const rack = open();
	chip(5).setJammed(true);
	expect(sell(rack, 5)).toEqual({ slot: 5, outcome: "jammed", turns: 1 });
	expect(chip(5).longestOnMs).toBeLessThan(1_050);
	expect(rack.sample().faults).toEqual({ jammed: [5] });
	chip(5).setJammed(false);
	expect(sell(rack, 4).outcome).toBe("dropped");
	expect(rack.sample().faults).toEqual({ jammed: [5] });
	expect(sell(rack, 5).outcome).toBe("dropped");
	expect(rack.sample().faults).toBeUndefined();
	// In the middle of a turn: the turn timeout ends it.
	const results: string[] = [];
	rack.dispense(6, ({ outcome }) => results.push(outcome));
	clock.run(1_000 * ms);
	chip(6).setJammed(true);
	clock.run(10_000 * ms);
	expect(results).toEqual(["jammed"]);
	expect(chip(6).longestOnMs).toBeLessThan(5_001);
	expect(rack.sample()).toEqual({ home: [false], faults: { jammed: [6], home: true } });
});

test("a spiral that jams after the product fell has dropped it", () => {
	const { clock, chip, open } = rig();
	const rack = open();
	const results: string[] = [];
	rack.dispense(6, ({ outcome }) => results.push(outcome));
	clock.run(2_150 * ms);
	chip(6).setJammed(true);
	clock.run(10_000 * ms);
	expect(results).toEqual(["dropped"]);
	expect(rack.sample().faults?.jammed).toEqual([6]);
});

test("after a power cut within a turn the turn is ended, and no sale gives away two products", () => {
	for (const cutAtMs of [200, 1_000, 1_900, 2_100, 2_300]) {
		const { board, clock, fallen, open, sell } = rig();
		open().dispense(3, () => {
			throw new Error("told after a power cut");
		});
		clock.run(cutAtMs * ms);
		board.reset();
		clock.run(1_000 * ms);
		const before = fallen.length;
		const rack = open();
		expect(sell(rack, 3).outcome).toBe("dropped");
		expect(fallen.length - before).toBe(1);
	}
});

test("with a home line that is stuck away, every sale still gives one product", () => {
	const { chip, fallen, open, sell } = rig();
	const rack = open();
	chip(0).setSwitch("stuck-closed");
	for (let i = 0; i < 4; i++) {
		expect(sell(rack, 2)).toEqual({ slot: 2, outcome: "dropped", turns: 1 });
		expect(fallen).toHaveLength(i + 1);
	}
	expect(rack.sample().faults).toEqual({ jammed: [2], home: true });
});

test("with a home switch that never opens or closes the motor stops in time", () => {
	for (const state of ["stuck-open", "stuck-closed"] as const) {
		const { chip, open, sell } = rig({ ownHomes: true });
		chip(2).setSwitch(state);
		chip(2).fill(0);
		expect(sell(open(), 2).outcome).toBe("jammed");
		expect(chip(2).longestOnMs).toBeLessThan(state === "stuck-open" ? 1_050 : 5_001);
	}
});

test("a dirty drop sensor, or a dead one, is found before a motor runs", () => {
	const { beam, chips, open, sell } = rig();
	const rack = open();
	beam.setDirty(true);
	expect(sell(rack, 0)).toEqual({ slot: 0, outcome: "sensor-failed", turns: 0 });
	expect(rack.sample().faults).toEqual({ dropSensor: "blocked" });
	beam.setDirty(false);
	beam.setAlive(false);
	expect(sell(rack, 0)).toEqual({ slot: 0, outcome: "sensor-failed", turns: 0 });
	expect(rack.sample().faults).toEqual({ dropSensor: "dead" });
	expect(Math.max(...chips.map((chip) => chip.longestOnMs))).toBe(0);
	beam.setAlive(true);
	expect(sell(rack, 0).outcome).toBe("dropped");
	expect(rack.sample().faults).toBeUndefined();
});

test("without an emitter pin a blocked sensor is found, a dead one is not: the product falls unseen", () => {
	const { beam, fallen, open, sell } = rig({ emitter: false });
	const rack = open();
	beam.setDirty(true);
	expect(rack.sample().faults).toEqual({ dropSensor: "blocked" });
	expect(sell(rack, 0).outcome).toBe("sensor-failed");
	beam.setDirty(false);
	beam.setAlive(false);
	expect(sell(rack, 0).outcome).toBe("nothing-fell");
	expect(fallen).toEqual([0, 0]);
});

test("a disturbance shorter than a millisecond is no product", () => {
	const { board, clock, chip, open } = rig();
	const rack = open();
	chip(0).fill(0);
	const results: string[] = [];
	rack.dispense(0, ({ outcome }) => results.push(outcome));
	const noise = board.net(1).attach();
	for (let i = 0; i < 700; i++) {
		clock.run(10 * ms);
		noise.drive(0);
		clock.run(100_000);
		noise.drive("Z");
	}
	clock.run(10_000 * ms);
	expect(results).toEqual(["nothing-fell"]);
	rack.configure({ dropMinimumMs: 0 });
	rack.dispense(0, ({ outcome }) => results.push(outcome));
	clock.run(500 * ms);
	noise.drive(0);
	noise.drive("Z");
	clock.run(10_000 * ms);
	expect(results).toEqual(["nothing-fell", "dropped"]);
});

test("a disturbance of the home line that one look sees does not end the turn", () => {
	for (let at = 40; at < 110; at += 5) {
		const { board, clock, open } = rig();
		const results: DispenseResult[] = [];
		open().dispense(0, (result) => results.push(result));
		clock.run(at * ms);
		const noise = board.net(2).attach();
		noise.drive(0);
		clock.run(9 * ms);
		noise.detach();
		clock.run(20_000 * ms);
		expect(results).toEqual([{ slot: 0, outcome: "dropped", turns: 1 }]);
	}
});

test("what falls before it is told that nothing fell is dropped, to the last moment of the window", () => {
	let last = "dropped";
	for (let late = 1_840; late < 1_900; late += 0.25) {
		const { clock, beam, chip, open } = rig();
		chip(0).fill(1);
		chip(0).dropLate(late);
		let fallenFirst = false;
		let outcome = "";
		open({ attempts: 1 }).dispense(0, (result) => {
			outcome = result.outcome;
			fallenFirst = beam.fallen === 1;
		});
		clock.run(20_000 * ms);
		expect([late, outcome]).toEqual([late, fallenFirst ? "dropped" : "nothing-fell"]);
		last = outcome;
	}
	expect(last).toBe("nothing-fell");
});

test("two motors never run at once: a second dispense is refused until the first is done", () => {
	const { clock, open, sell } = rig();
	const rack = open();
	rack.dispense(1, () => undefined);
	expect(() => rack.dispense(2, () => undefined)).toThrow(/slot 1 is being dispensed/);
	clock.run(1_000 * ms);
	expect(() => rack.dispense(2, () => undefined)).toThrow(/slot 1 is being dispensed/);
	expect(rack.sample()).toEqual({ slot: 1, home: [false] });
	clock.run(10_000 * ms);
	expect(rack.busy).toBe(false);
	expect(sell(rack, 2).outcome).toBe("dropped");
});

test("the next dispense may begin in the onDone of the one before; what onDone throws reaches the host", () => {
	const { clock, fallen, open } = rig();
	const rack = open();
	rack.dispense(1, () => rack.dispense(2, () => rack.dispense(3, () => undefined)));
	clock.run(20_000 * ms);
	expect(fallen).toEqual([1, 2, 3]);
	rack.dispense(1, () => {
		throw new Error("a mistake of the caller");
	});
	expect(() => clock.run(20_000 * ms)).toThrow("a mistake of the caller");
	expect(rack.busy).toBe(false);
});

test("stop takes the current away at once and the dispense ends with stopped", () => {
	const { clock, chip, open } = rig();
	const rack = open();
	const results: DispenseResult[] = [];
	rack.dispense(1, (result) => results.push(result));
	clock.run(1_000 * ms);
	rack.stop();
	rack.stop();
	expect([chip(1).running, results]).toEqual([false, []]);
	clock.run(10_000 * ms);
	expect(results).toEqual([{ slot: 1, outcome: "stopped", turns: 1 }]);
});

test("whatever is done and whatever breaks, one motor at most runs, never longer than the timeout, and each dispense ends once", () => {
	const step = fc.oneof(
		fc.record({ kind: fc.constant("dispense" as const), slot: fc.nat(7) }),
		fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(4_000) }),
		fc.record({ kind: fc.constantFrom("stop" as const, "dirty" as const, "clean" as const) }),
		fc.record({
			kind: fc.constantFrom("jam" as const, "free" as const, "open" as const, "closed" as const, "works" as const),
			slot: fc.nat(7),
		}),
	);
	fc.assert(
		fc.property(fc.array(step, { maxLength: 25 }), fc.boolean(), (steps, ownHomes) => {
			const { beam, chips, chip, clock, open, mostAtOnce } = rig({ ownHomes });
			const rack = open({ turnTimeoutMs: 3_000 });
			let begun = 0;
			let ended = 0;
			for (const one of steps) {
				if (one.kind === "wait") clock.run(one.ms * ms);
				else if (!("slot" in one)) {
					if (one.kind === "stop") rack.stop();
					else beam.setDirty(one.kind === "dirty");
				} else if (one.kind === "dispense") {
					if (rack.busy) continue;
					begun++;
					rack.dispense(one.slot, () => ended++);
				} else if (one.kind === "jam" || one.kind === "free") chip(one.slot).setJammed(one.kind === "jam");
				else chip(one.slot).setSwitch(one.kind === "works" ? "works" : `stuck-${one.kind}`);
			}
			clock.run(30_000 * ms);
			expect(ended).toBe(begun);
			expect(mostAtOnce()).toBeLessThanOrEqual(1);
			for (const one of chips) {
				expect(one.running).toBe(false);
				expect(one.longestOnMs).toBeLessThan(3_001);
			}
		}),
		{ seed: 1, numRuns: 100 },
	);
});

test("close stops the motor and tells nobody; a reset of the board stops it too", () => {
	const { board, clock, chip, open } = rig();
	const rack = open();
	rack.dispense(1, () => {
		throw new Error("told after close");
	});
	clock.run(1_000 * ms);
	expect(chip(1).running).toBe(true);
	rack.close();
	expect(chip(1).running).toBe(false);
	clock.run(10_000 * ms);
	open().dispense(2, () => undefined);
	clock.run(1_000 * ms);
	board.reset();
	expect(chip(2).running).toBe(false);
});

test("when no timer can be had no motor runs", () => {
	const { board, clock, chips, open } = rig({ emitter: false });
	let left = 0;
	const broken: Timer = {
		set(callback, milliseconds) {
			if (left-- <= 0) throw new Error("no memory");
			return board.timer.set(callback, milliseconds);
		},
		repeat() {
			throw new Error("no memory");
		},
		clear: (handle) => board.timer.clear(handle),
	};
	const rack = open({ timer: broken });
	expect(() => rack.dispense(0, () => undefined)).toThrow("no memory");
	expect(rack.busy).toBe(false);
	for (left of [1, 2]) {
		const results: DispenseResult[] = [];
		rack.dispense(0, (result) => results.push(result));
		clock.run(10_000 * ms);
		expect(results).toEqual([{ slot: 0, outcome: "hardware", turns: 1, error: new Error("no memory") }]);
	}
	expect(Math.max(...chips.map((chip) => chip.longestOnMs))).toBe(0);
});

test("a slot that is not there is refused", () => {
	const rack = rig().open();
	for (const slot of [-1, 8, 1.5, Number.NaN]) expect(() => rack.dispense(slot, () => undefined)).toThrow(RangeError);
});
