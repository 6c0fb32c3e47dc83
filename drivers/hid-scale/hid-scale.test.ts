import { Board } from "@visionvend/hardware-sim/board/board";
import { HIDPort } from "@visionvend/hardware-sim/chips/hid-port";
import { HIDScaleChip, type HIDScaleStatus, type HIDScaleUnit } from "@visionvend/hardware-sim/chips/hid-scale";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import fc from "fast-check";
import { expect, test } from "vitest";
import { run } from "./example.ts";
import { HIDScale, type HIDScaleFaults } from "./hid-scale.ts";

const ms = 1e6;

function rig(options: { unit?: HIDScaleUnit; exponent?: number; plugged?: boolean } = {}) {
	const clock = new SimulationClock();
	const port = new HIDPort(clock);
	const { plugged = true, ...more } = options;
	const chip = new HIDScaleChip({ clock, port, ...more });
	if (!plugged) chip.unplug();
	const scale = new HIDScale({ scale: { io: port.HID } });
	clock.run(ms);
	return { clock, port, chip, scale };
}

test.each<[HIDScaleUnit, number, number]>([
	["gram", 0, 5_000],
	["gram", -1, 5_000],
	["kilogram", -3, 5_000],
	["milligram", 2, 5_000],
	["ounce", -1, 5_000],
	["pound", -2, 5_000],
])("in units of %s with a power of ten of %i the weight comes through to half a digit", (unit, exponent, upper) => {
	const { clock, chip, scale } = rig({ unit, exponent });
	fc.assert(
		fc.property(fc.double({ min: 0, max: upper, noNaN: true }), (grams) => {
			chip.set(grams);
			clock.run(1_000 * ms);
			const sample = scale.sample();
			expect(sample?.faults).toBeUndefined();
			expect(Math.abs((sample?.grams ?? Number.NaN) - grams)).toBeLessThanOrEqual(chip.range.epsilon * 1.000001);
		}),
		{ seed: 1, numRuns: 100 },
	);
});

test("tenths of a gram are decimal: 12.3 g are 12.3", () => {
	const { clock, chip, scale } = rig({ exponent: -1 });
	chip.set(12.3);
	clock.run(1_000 * ms);
	expect(scale.sample()).toEqual({ raw: 123, grams: 12.3 });
	expect(scale.sample()).toBeUndefined();
});

test.each<[HIDScaleStatus, HIDScaleFaults | undefined, boolean]>([
	["fault", { failed: true }, false],
	["stable at zero", undefined, true],
	["in motion", { unstable: true }, true],
	["stable", undefined, true],
	["under zero", { underZero: true }, false],
	["over limit", { overLimit: true }, false],
	["requires calibration", { needsCalibration: true }, false],
	["requires zero", { needsZero: true }, false],
])("status %s", (status, faults, hasGrams) => {
	const { clock, chip, scale } = rig();
	chip.report(status);
	clock.run(ms);
	const sample = scale.sample();
	expect(sample?.faults).toEqual(faults);
	expect(sample?.grams !== undefined).toBe(hasGrams);
});

test("while a product is put down the weight is unstable, then it is one weight", () => {
	const { clock, chip, scale } = rig();
	chip.set(330);
	clock.run(ms);
	expect(scale.sample()).toEqual({ raw: 330, grams: 330, faults: { unstable: true } });
	clock.run(1_000 * ms);
	expect(scale.sample()).toEqual({ raw: 330, grams: 330 });
	chip.set(-20);
	clock.run(1_000 * ms);
	expect(scale.sample()).toEqual({ raw: 20, faults: { underZero: true } });
	chip.set(5_001);
	clock.run(1_000 * ms);
	expect(scale.sample()).toMatchObject({ faults: { overLimit: true } });
});

test("units and statuses that the standard does not have, and reports that are none, never become a weight", () => {
	const { clock, port, scale } = rig({ plugged: false });
	const plug = port.plug({ vendorId: 1, productId: 2, usagePage: 0x8d, usage: 0x20 });
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 8 }), (report) => {
			plug.send(report);
			clock.run(ms);
			const sample = scale.sample();
			if (report.length < 6 || report[0] !== 3) expect([undefined, true]).toContain(sample?.faults?.disconnected);
			else if (sample?.grams !== undefined) {
				expect([2, 3, 4]).toContain(report[1]);
				expect([1, 2, 3, 8, 11, 12]).toContain(report[2]);
			} else expect(sample?.faults).toBeDefined();
		}),
		{ seed: 1, numRuns: 2_000 },
	);
});

test("a lost report is made up for by the next one", () => {
	const { clock, chip, scale } = rig();
	chip.drop(2);
	chip.set(100);
	clock.run(1_000 * ms);
	expect(scale.sample()).toBeUndefined();
	chip.set(200);
	clock.run(1_000 * ms);
	expect(scale.sample()).toEqual({ raw: 200, grams: 200 });
});

test("unplugged it says so and has no weight; plugged in again it weighs", () => {
	const { clock, chip, scale } = rig();
	chip.set(100);
	clock.run(ms);
	chip.unplug();
	clock.run(1_000 * ms);
	expect(scale.connected).toBe(false);
	expect(scale.sample()).toEqual({ raw: 0, faults: { disconnected: true } });
	chip.plug();
	clock.run(ms);
	expect(scale.connected).toBe(true);
	expect(scale.sample()).toBeUndefined();
	chip.set(50);
	clock.run(1_000 * ms);
	expect(scale.sample()).toEqual({ raw: 50, grams: 50 });
});

test("bad options throw; frozen ones are fine; close twice is fine, and then everything throws", () => {
	const { port } = rig();
	for (const bad of [{}, { scale: {} }, { scale: { io: port.HID }, onSample: 1 }])
		expect(() => Reflect.construct(HIDScale, [bad])).toThrow(TypeError);
	const scale = new HIDScale(Object.freeze({ scale: Object.freeze({ io: port.HID }) }));
	scale.configure({});
	expect(scale.identification).toEqual({ model: "HID scale", classification: "Load" });
	scale.close();
	scale.close();
	expect(() => scale.sample()).toThrow(/closed/);
	expect(() => scale.configure({})).toThrow(/closed/);
	expect(scale.connected).toBe(false);
});

test("the example weighs what lies still", () => {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const port = new HIDPort(clock);
	const chip = new HIDScaleChip({ clock, port });
	const weights: number[] = [];
	run({ io: { ...board.io, HID: port.HID } }, (grams) => weights.push(grams));
	clock.run(ms);
	chip.set(250);
	clock.run(1_000 * ms);
	expect(weights).toEqual([250]);
});
