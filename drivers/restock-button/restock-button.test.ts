import { Board } from "@visionvend/hardware-sim/board/board";
import { RestockButtonChip } from "@visionvend/hardware-sim/chips/restock-button";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import { SeededRandom } from "@visionvend/hardware-sim/random";
import fc from "fast-check";
import { expect, test } from "vitest";
import { run } from "./example.ts";
import { RestockButton, type RestockButtonOptions } from "./restock-button.ts";

const ms = 1e6;

function rig(seed = 1, options: Partial<RestockButtonOptions> = {}) {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const chip = new RestockButtonChip({ clock, contact: board.net(38), random: new SeededRandom(seed) });
	const told: string[] = [];
	const open = () =>
		new RestockButton({
			button: { io: board.io.Digital, pin: 38 },
			timer: board.timer,
			onPress() {
				told.push(`press ${Math.round(clock.now / ms)} ${this.sample().pressed}`);
			},
			onHold() {
				told.push(`hold ${Math.round(clock.now / ms)} ${this.sample().pressed}`);
			},
			...options,
		});
	return { clock, board, chip, told, open };
}

test("a short press is told as it is let go, a hold at three seconds while it is still down, whatever the contact bounces", () => {
	for (let seed = 1; seed <= 20; seed++) {
		const { clock, chip, told, open } = rig(seed);
		const button = open();
		chip.press();
		clock.run(500 * ms);
		expect(button.sample()).toEqual({ pressed: true });
		chip.release();
		clock.run(500 * ms);
		expect(button.sample()).toEqual({ pressed: false });
		chip.press();
		clock.run(5_000 * ms);
		chip.release();
		clock.run(500 * ms);
		expect(told).toEqual(["press 530 false", "hold 4000 true"]);
	}
});

test("every press is told once, as a press below three seconds and as a hold from there on", () => {
	fc.assert(
		fc.property(
			fc.array(fc.integer({ min: 50, max: 6_000 }), { maxLength: 6 }),
			fc.integer({ min: 1, max: 1_000 }),
			(lengths, seed) => {
				const { clock, chip, told, open } = rig(seed);
				open();
				for (const length of lengths) {
					chip.press();
					clock.run(length * ms);
					chip.release();
					clock.run(200 * ms);
				}
				// The bounce of the last 10 ms belongs to nobody.
				const sure = lengths.map((length) => (length < 2_999 ? "press" : length > 3_010 ? "hold" : "either"));
				expect(told).toHaveLength(lengths.length);
				for (const [index, what] of sure.entries())
					if (what !== "either") expect(told[index]?.startsWith(what)).toBe(true);
			},
		),
		{ seed: 1, numRuns: 100 },
	);
});

test("a glitch shorter than the rest is no press", () => {
	const { clock, chip, told, open } = rig();
	open();
	chip.glitch(25 * ms);
	clock.run(1_000 * ms);
	expect(told).toEqual([]);
});

test("a button that is let go within the rest around three seconds is still a press", () => {
	const { clock, board, told, open } = rig();
	open();
	const contact = board.net(38).attach();
	contact.drive(0);
	clock.run(2_990 * ms);
	contact.drive("Z");
	clock.run(1_000 * ms);
	expect(told).toEqual(["press 3020 false"]);
});

test("a glitch in the moment of three seconds only delays the hold", () => {
	const { clock, board, told, open } = rig();
	open();
	const contact = board.net(38).attach();
	contact.drive(0);
	clock.after(2_995 * ms, () => contact.drive(1));
	clock.after(3_005 * ms, () => contact.drive(0));
	clock.run(5_000 * ms);
	contact.drive("Z");
	clock.run(1_000 * ms);
	expect(told).toEqual(["hold 3030 true"]);
});

test("a button that stays down for half a minute is stuck, and works again once it is free", () => {
	const { clock, chip, told, open } = rig();
	const button = open();
	chip.setStuck(true);
	chip.press();
	clock.run(100 * ms);
	chip.release();
	clock.run(29_000 * ms);
	expect(button.sample()).toEqual({ pressed: true });
	clock.run(1_000 * ms);
	expect(button.sample()).toEqual({ pressed: true, faults: { stuck: true } });
	chip.setStuck(false);
	clock.run(100 * ms);
	expect(button.sample()).toEqual({ pressed: false });
	chip.press();
	clock.run(100 * ms);
	chip.release();
	clock.run(100 * ms);
	expect(told.map((line) => line.split(" ")[0])).toEqual(["hold", "press"]);
});

test("a button that is down when the power comes is no press, yet it may be stuck", () => {
	const { clock, chip, told, open } = rig();
	chip.press();
	clock.run(100 * ms);
	const button = open();
	expect(button.sample()).toEqual({ pressed: true });
	clock.run(31_000 * ms);
	expect(button.sample()).toEqual({ pressed: true, faults: { stuck: true } });
	chip.release();
	clock.run(100 * ms);
	expect(button.sample()).toEqual({ pressed: false });
	expect(told).toEqual([]);
});

test("a cut cable is a button that nobody presses", () => {
	const { clock, chip, told, open } = rig();
	const button = open();
	chip.setConnected(false);
	chip.press();
	clock.run(5_000 * ms);
	expect([button.sample(), told]).toEqual([{ pressed: false }, []]);
});

test("configure holds from the next press on, and refuses times that contradict each other", () => {
	const { clock, chip, told, open } = rig();
	const button = open();
	button.configure({ holdMs: 1_000 });
	chip.press();
	clock.run(1_500 * ms);
	expect(told).toEqual(["hold 1000 true"]);
	for (const bad of [{ stuckMs: 999 }, { debounceMs: 1_000 }, { holdMs: 199 }, { debounceMs: 1.5 }])
		expect(() => button.configure(bad)).toThrow(/^RestockButton: /);
	expect(button.configuration).toEqual({ debounceMs: 30, holdMs: 1_000, stuckMs: 30_000 });
});

test("after close nothing is told, at whatever moment that is", () => {
	for (const at of [10, 500, 2_999, 4_000]) {
		const { clock, chip, told, open } = rig();
		const button = open();
		chip.press();
		clock.run(at * ms);
		told.length = 0;
		button.close();
		chip.release();
		clock.run(60_000 * ms);
		expect(told).toEqual([]);
	}
});

test("the example tells a press from a hold", () => {
	const { clock, board, chip } = rig();
	const told: string[] = [];
	run(board, (how) => told.push(how));
	for (const length of [200, 3_500]) {
		chip.press();
		clock.run(length * ms);
		chip.release();
		clock.run(200 * ms);
	}
	expect(told).toEqual(["press", "hold"]);
});
