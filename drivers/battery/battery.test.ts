import { Board } from "@visionvend/hardware-sim/board/board";
import { BatteryChip } from "@visionvend/hardware-sim/chips/battery";
import { SolenoidLockChip } from "@visionvend/hardware-sim/chips/solenoid-lock";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import { SeededRandom } from "@visionvend/hardware-sim/random";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Battery, type BatteryOptions, type BatterySample } from "./battery.ts";
import { run } from "./example.ts";

const ms = 1e6;
const divider = { upperOhms: 47_000, lowerOhms: 10_000 };

function rig(options: { noiseVolts?: number; internalOhms?: number } = {}) {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const chip = new BatteryChip({ random: new SeededRandom(1), volts: 12.6, divider, noiseVolts: 0, ...options });
	board.setVoltage(1, chip.output);
	const open = (more: Partial<BatteryOptions> = {}) =>
		new Battery({ input: { io: board.io.Analog, pin: 1 }, divider, ...more });
	return { clock, board, chip, open };
}

test("the supply is measured to one step of the converter, 5 mV, over the whole range of the divider", () => {
	const { chip, open } = rig();
	const battery = open();
	fc.assert(
		fc.property(fc.integer({ min: 400, max: 18_000 }), (millivolts) => {
			chip.setVolts(millivolts / 1_000);
			const sample = battery.sample();
			expect(Math.abs(sample.millivolts - millivolts)).toBeLessThanOrEqual(5);
			expect(sample.faults).toBeUndefined();
		}),
		{ seed: 1, numRuns: 300 },
	);
});

test("a sample is the mean of its conversions, and takes 40 µs for each", () => {
	const { clock, open } = rig({ noiseVolts: 0.01 });
	const spread = (conversions: number) => {
		const battery = open({ conversions });
		const all = Array.from({ length: 300 }, () => battery.sample().millivolts);
		battery.close();
		const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
		return Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length);
	};
	expect(spread(1) / spread(64)).toBeGreaterThan(5);
	const at = clock.now;
	open().sample();
	expect(clock.now - at).toBe(8 * 40_000);
});

test("levels are entered at their threshold and left by the hysteresis above it", () => {
	const { chip, open } = rig();
	const battery = open();
	const level = (volts: number) => {
		chip.setVolts(volts);
		return battery.sample().level;
	};
	expect(level(5)).toBe("normal");
	battery.configure({ lowMillivolts: 11_500, criticalMillivolts: 10_800 });
	expect([12.6, 11.51, 11.48, 11.6, 11.69, 11.71, 11.51].map(level)).toEqual([
		"normal",
		"normal",
		"low",
		"low",
		"low",
		"normal",
		"normal",
	]);
	expect([10.7, 10.9, 10.99, 11.01, 11.6, 11.8, 10.5, 12].map(level)).toEqual([
		"critical",
		"critical",
		"critical",
		"low",
		"low",
		"normal",
		"critical",
		"normal",
	]);
	battery.configure({ lowMillivolts: 0, criticalMillivolts: 0 });
	expect(level(5)).toBe("normal");
});

test("thresholds that contradict each other or are out of range are refused, and nothing changes", () => {
	const { open } = rig();
	const battery = open();
	battery.configure({ lowMillivolts: 11_500, criticalMillivolts: 10_800, hysteresisMillivolts: 50 });
	const before = battery.configuration;
	for (const bad of [
		{ criticalMillivolts: 11_501 },
		{ lowMillivolts: 10_000 },
		{ lowMillivolts: -1 },
		{ lowMillivolts: 11_500.5 },
		{ hysteresisMillivolts: 60_001 },
	])
		expect(() => battery.configure(bad)).toThrow(/^Battery: /);
	expect(battery.configuration).toEqual(before);
});

test("a divider that is cut off is disconnected, too high a supply is saturated, and neither changes the level", () => {
	const { chip, open } = rig();
	const battery = open();
	battery.configure({ lowMillivolts: 11_500 });
	chip.setVolts(11);
	expect(battery.sample()).toMatchObject({ level: "low" });
	chip.setConnected(false);
	expect(battery.sample()).toEqual({ millivolts: 0, faults: { disconnected: true } });
	chip.setConnected(true);
	chip.setVolts(20);
	expect(battery.sample()).toEqual({ millivolts: 18_810, faults: { saturated: true } });
	chip.setVolts(11.6);
	expect(battery.sample()).toMatchObject({ level: "low" });
});

test("the droop under the solenoid is seen", () => {
	const { board, chip, open, clock } = rig({ internalOhms: 0.5 });
	const lock = new SolenoidLockChip({ clock, coil: board.net(12) });
	lock.onCurrent((on) => chip.setLoad("lock", on ? 1.2 : 0));
	const battery = open();
	const gate = board.net(12).attach();
	const before = battery.sample().millivolts;
	gate.drive(1);
	expect(before - battery.sample().millivolts).toBeCloseTo(600, -1);
	gate.drive(0);
	expect(battery.sample().millivolts).toBe(before);
});

test("the example looks once a minute", () => {
	const { clock, board, chip } = rig();
	const samples: BatterySample[] = [];
	run(board, (sample) => samples.push(sample));
	clock.run(60_500 * ms);
	chip.setVolts(11);
	clock.run(60_000 * ms);
	chip.setVolts(10);
	clock.run(60_000 * ms);
	expect(samples.map(({ level }) => level)).toEqual(["normal", "low", "critical"]);
});
