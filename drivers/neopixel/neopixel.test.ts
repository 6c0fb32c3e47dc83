import { Board } from "@visionvend/hardware-sim/board/board";
import { NeoPixelChip } from "@visionvend/hardware-sim/chips/neopixel";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import fc from "fast-check";
import { expect, test } from "vitest";
import { run } from "./example.ts";
import { NeoPixel } from "./neopixel.ts";

function rig(length: number, latchMicroseconds: 280 | 50 = 280) {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const chip = new NeoPixelChip({ clock, data: board.net(21), length, latchMicroseconds });
	return { clock, board, chip };
}

test("every colour arrives, with pulses inside of the datasheet's windows, at every rate in tolerance", () => {
	const color = fc.integer({ min: 0, max: 255 });
	fc.assert(
		fc.property(
			fc.array(fc.record({ red: color, green: color, blue: color }), { minLength: 1, maxLength: 8 }),
			fc.integer({ min: 2_300_000, max: 2_600_000 }),
			(colors, hz) => {
				const { board, chip } = rig(colors.length);
				const leds = new NeoPixel({ output: { io: board.io.SPI, out: 21, hz }, length: colors.length });
				for (const [index, { red, green, blue }] of colors.entries()) leds.setPixel(index, red, green, blue);
				leds.update();
				expect(chip.colors).toEqual(colors);
				expect(chip.timingErrors).toBe(0);
			},
		),
		{ seed: 1, numRuns: 50 },
	);
});

test("the latch is within the update: two updates at once are two frames, for old and new LEDs", () => {
	for (const latch of [280, 50] as const) {
		const { board, chip } = rig(1, latch);
		const leds = new NeoPixel({ output: { io: board.io.SPI, out: 21 }, length: 1 });
		leds.fill(1, 2, 3);
		leds.update();
		leds.fill(4, 5, 6);
		leds.update();
		expect([chip.frames, chip.colors]).toEqual([2, [{ red: 4, green: 5, blue: 6 }]]);
	}
});

test("a chain shows what it gets: too many colours fall off its end, too few leave the rest", () => {
	const { board, chip } = rig(2);
	const three = new NeoPixel({ output: { io: board.io.SPI, out: 21 }, length: 3 });
	three.fill(9, 9, 9);
	three.update();
	expect(chip.colors).toEqual(new Array(2).fill({ red: 9, green: 9, blue: 9 }));
	three.close();
	const one = new NeoPixel({ output: { io: board.io.SPI, out: 21 }, length: 1 });
	one.fill(1, 1, 1);
	one.update();
	expect(chip.colors).toEqual([
		{ red: 1, green: 1, blue: 1 },
		{ red: 0, green: 0, blue: 0 },
	]);
});

test("the wrong bit rate is seen as timing errors", () => {
	const { board, chip } = rig(1);
	const leds = new NeoPixel({ output: { io: board.io.SPI, out: 21, hz: 4_000_000 }, length: 1 });
	leds.fill(255, 255, 255);
	leds.update();
	expect(chip.timingErrors).toBeGreaterThan(0);
});

test("colours and places out of range are refused", () => {
	const { board } = rig(1);
	const leds = new NeoPixel({ output: { io: board.io.SPI, out: 21 }, length: 1 });
	expect(() => leds.setPixel(1, 0, 0, 0)).toThrow(/index is an integer from 0 to 0/);
	expect(() => leds.setPixel(0, 256, 0, 0)).toThrow(/red/);
	expect(() => leds.setPixel(0, 0, -1, 0)).toThrow(/green/);
	expect(() => leds.setPixel(0, 0, 0, 0.5)).toThrow(/blue/);
});

test("the example shines blue, and close turns the light dark", () => {
	const { board, chip } = rig(1);
	const light = run(board);
	expect(chip.colors).toEqual([{ red: 0, green: 0, blue: 64 }]);
	light.close();
	expect(chip.colors).toEqual([{ red: 0, green: 0, blue: 0 }]);
	expect(board.net(21).level).toBe(0);
});
