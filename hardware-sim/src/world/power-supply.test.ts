import { expect, test } from "vitest";
import { SimulationClock } from "../clock.ts";
import { PowerSupply } from "./power-supply.ts";

function supply(batteryMinutes?: number) {
	const clock = new SimulationClock();
	const told: string[] = [];
	let volts = 0;
	const power = new PowerSupply({
		clock,
		batteryMinutes,
		onVolts: (now) => {
			volts = now;
		},
		onBrownOut: () => told.push("brown-out"),
		onReturn: () => told.push("return"),
	});
	return { clock, told, power, volts: () => volts };
}

test("without a battery the machine stops with the mains, and comes back with them", () => {
	const { told, power } = supply();
	power.setMains(false);
	power.setMains(true);
	expect(told).toEqual(["brown-out", "return"]);
});

test("a battery carries the machine for its time, its voltage falls, and it stops once", () => {
	const { clock, told, power, volts } = supply(60);
	power.setMains(false);
	clock.run(30 * 60e9);
	expect(told).toEqual([]);
	expect(volts()).toBeCloseTo(11.6, 1);
	clock.run(40 * 60e9);
	expect(told).toEqual(["brown-out"]);
	power.setMains(true);
	expect(told).toEqual(["brown-out", "return"]);
});
