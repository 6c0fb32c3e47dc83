import { expect, test } from "vitest";
import { SimulationClock } from "../clock.ts";
import { Net } from "../net.ts";
import { SeededRandom } from "../random.ts";
import { BatteryChip } from "./battery.ts";
import { SolenoidLockChip } from "./solenoid-lock.ts";

const divider = { upperOhms: 47_000, lowerOhms: 10_000 };

function rig(noiseVolts = 0) {
	return new BatteryChip({ random: new SeededRandom(1), volts: 12, internalOhms: 0.5, divider, noiseVolts });
}

test("the pin sees the divided voltage of the terminals", () => {
	const battery = rig();
	expect(battery.output()).toBeCloseTo((12 * 10) / 57, 9);
	battery.setVolts(11.4);
	expect(battery.output()).toBeCloseTo(2, 9);
	battery.setConnected(false);
	expect(battery.output()).toBe(0);
	battery.setConnected(true);
	expect(battery.output()).toBeCloseTo(2, 9);
});

test("the supply droops while the solenoid has current, by current times internal resistance", () => {
	const battery = rig();
	const clock = new SimulationClock();
	const coil = new Net("lock coil", clock);
	const lock = new SolenoidLockChip({ clock, coil });
	lock.onCurrent((on) => battery.setLoad("lock", on ? 1.2 : 0));
	battery.setLoad("controller", 0.2);
	const gate = coil.attach();
	const volts = [battery.supplyVolts];
	for (const level of [1, 0] as const) {
		gate.drive(level);
		volts.push(battery.supplyVolts);
	}
	expect(volts.map((value) => value.toFixed(1))).toEqual(["11.9", "11.3", "11.9"]);
	battery.setLoad("short", 1_000);
	expect(battery.supplyVolts).toBe(0);
});

test("noise has the deviation asked for, and repeats with its seed", () => {
	const readings = () => {
		const battery = rig(0.01);
		return Array.from({ length: 2_000 }, () => battery.output() - (12 * 10) / 57);
	};
	const all = readings();
	expect(all).toEqual(readings());
	const deviation = Math.sqrt(all.reduce((sum, value) => sum + value * value, 0) / all.length);
	expect(Math.abs(deviation - 0.01)).toBeLessThan(0.001);
});

test("a divider without resistors and a load that gives are refused", () => {
	expect(
		() => new BatteryChip({ random: new SeededRandom(1), volts: 12, divider: { upperOhms: 0, lowerOhms: 1 } }),
	).toThrow(RangeError);
	expect(() => rig().setLoad("solar", -1)).toThrow(RangeError);
});
