import { expect, test } from "vitest";
import { SimulationClock } from "../clock.ts";
import { Net } from "../net.ts";
import { CoffeeGroupChip, type CoffeeGroupPhysics } from "./coffee-group.ts";

const ms = 1e6;

function rig(physics: Partial<CoffeeGroupPhysics> = {}) {
	const clock = new SimulationClock();
	const net = (name: string) => new Net(name, clock);
	const pins = {
		grinder: net("grinder"),
		grinderCurrent: net("grinder current"),
		pump: net("pump"),
		flow: net("flow"),
		heater: net("heater"),
		safety: net("safety"),
		water: net("water"),
		bins: { beans: net("beans"), cups: net("cups") },
	};
	for (const line of [pins.flow, pins.water, pins.bins.beans, pins.bins.cups]) line.pull(1);
	const chip = new CoffeeGroupChip({ clock, pins, physics });
	const [grinder, pump, heater, safety] = [pins.grinder, pins.pump, pins.heater, pins.safety].map((one) =>
		one.attach(),
	);
	return { clock, pins, chip, grinder, pump, heater, safety };
}

test("the boiler warms by power over heat capacity, and looking at it more often changes nothing", () => {
	const looks = (stepMs: number) => {
		const { clock, chip, heater, safety } = rig({ lossWattsPerKelvin: 1e-9 });
		heater?.drive(1);
		safety?.drive(1);
		for (let at = 0; at < 60_000; at += stepMs) {
			clock.run(stepMs * ms);
			chip.thermistorVolts();
		}
		return chip.boilerCelsius;
	};
	expect(looks(60_000)).toBeCloseTo(22 + (60 * 1_400) / 1_750, 3);
	expect(looks(10)).toBeCloseTo(looks(60_000), 6);
});

test("the heater needs both relays; a stuck one needs the other alone", () => {
	const { chip, heater, safety } = rig();
	heater?.drive(1);
	expect(chip.heating).toBe(false);
	safety?.drive(1);
	expect(chip.heating).toBe(true);
	heater?.drive(0);
	expect(chip.heating).toBe(false);
	chip.setHeaterRelay("stuck-closed");
	expect(chip.heating).toBe(true);
	safety?.drive(0);
	expect(chip.heating).toBe(false);
	chip.setHeaterRelay("dead");
	heater?.drive(1);
	safety?.drive(1);
	expect(chip.heating).toBe(false);
});

test("hot water cools to the room, faster where cold water flows in", () => {
	const left = (flowing: boolean) => {
		const { clock, chip, pump } = rig();
		chip.setBoilerCelsius(90);
		if (flowing) pump?.drive(1);
		clock.run(30_000 * ms);
		return chip.boilerCelsius;
	};
	expect(left(false)).toBeGreaterThan(85);
	expect(left(true)).toBeLessThan(70);
	expect(left(true)).toBeGreaterThan(22);
});

test("a litre is as many pulses as it says, and an empty tank gives none", () => {
	const { clock, pins, chip, pump } = rig({ tankMillilitres: 1_000, pulsesPerLitre: 1_925 });
	let pulses = 0;
	pins.flow.watch((level) => {
		if (level === 1) pulses++;
	});
	pump?.drive(1);
	clock.run(300_000 * ms);
	expect(pulses).toBe(1_925);
	expect([chip.tankMillilitres, Math.round(chip.pumpedMillilitres)]).toEqual([0, 1_000]);
	expect(clock.nextAt).toBeUndefined();
	expect(pins.water.level).toBe(1);
	chip.fillTank();
	expect(pins.water.level).toBe(0);
	clock.run(1_000 * ms);
	expect(chip.pumpedMillilitres).toBeGreaterThan(1_004);
});

test("the grinder draws current, uses up beans, and at their reserve the level switch opens at the next look", () => {
	const { clock, pins, chip, grinder } = rig({ beansGrams: 60 });
	expect([pins.grinderCurrent.level, pins.bins.beans.level]).toEqual([0, 0]);
	grinder?.drive(1);
	expect(pins.grinderCurrent.level).toBe(1);
	clock.run(10_000 * ms);
	grinder?.drive(0);
	expect(chip.groundGrams).toBeCloseTo(20, 6);
	expect([pins.grinderCurrent.level, pins.bins.beans.level]).toEqual([0, 1]);
	chip.setGrinderDead(true);
	grinder?.drive(1);
	expect(pins.grinderCurrent.level).toBe(0);
	expect(() => chip.setBin("tea", true)).toThrow(/no bin tea\. There are: beans, cups/);
});

test("a thermistor reads 1.65 V at 25 °C with its own value for a resistor, and its ends when it is broken or shorted", () => {
	const { chip } = rig();
	chip.setBoilerCelsius(25);
	expect(chip.thermistorVolts()).toBeCloseTo(1.65, 6);
	chip.setBoilerCelsius(93);
	expect(chip.thermistorVolts()).toBeLessThan(0.4);
	chip.setThermistor("detached");
	expect(chip.thermistorVolts()).toBeGreaterThan(1.65);
	chip.setThermistor("broken");
	expect(chip.thermistorVolts()).toBe(3.3);
	chip.setThermistor("shorted");
	expect(chip.thermistorVolts()).toBe(0);
});
