import { CoffeeGroupChip } from "@visionvend/hardware-sim/chips/coffee-group";
import type { ConfiguredCoffee } from "@visionvend/sdk/device/messages";
import { expect, test } from "vitest";
import { BareHost } from "../../test/bare-host.ts";
import { Barista } from "./barista.ts";

const configuration: ConfiguredCoffee = {
	pins: { grinder: 4, pump: 6, flow: 7, heater: 8, thermometer: 5 },
	bins: [
		{ name: "beans", pin: 15, portions: 3 },
		{ name: "cups", pin: 2, portions: 50 },
	],
	recipes: [
		{
			number: 0,
			name: "Espresso",
			steps: [
				{ step: "grind", amount: 4_000 },
				{ step: "heat", amount: 90 },
				{ step: "pump", amount: 30 },
				{ step: "pause", amount: 2_000 },
			],
			takes: [1, 1],
		},
		{ number: 1, name: "Hot water", steps: [{ step: "pump", amount: 100 }], takes: [0, 1] },
	],
};

/** With both guards of the boiler: a second relay, and a float in the tank. */
const guarded: ConfiguredCoffee = { ...configuration, pins: { ...configuration.pins, safety: 9, water: 14 } };

class CoffeeRig extends BareHost {
	readonly configuration: ConfiguredCoffee;
	readonly chip: CoffeeGroupChip;
	readonly ended: string[] = [];
	barista: Barista;

	constructor(configured = configuration) {
		super();
		this.configuration = configured;
		const { safety, water } = configured.pins;
		this.chip = new CoffeeGroupChip({
			clock: this.clock,
			pins: {
				grinder: this.board.net(4),
				pump: this.board.net(6),
				flow: this.board.net(7),
				heater: this.board.net(8),
				...(safety === undefined ? {} : { safety: this.board.net(safety) }),
				...(water === undefined ? {} : { water: this.board.net(water) }),
				bins: { beans: this.board.net(15), cups: this.board.net(2) },
			},
		});
		this.barista = this.powerUp();
	}

	powerUp(): Barista {
		this.board.setVoltage(5, () => this.chip.thermistorVolts());
		this.barista = new Barista(this.host(), this.configuration);
		return this.barista;
	}

	make(recipe: number, seconds = 180): void {
		this.barista.deliver(recipe, (outcome, reason) => this.ended.push(`${outcome} ${reason}`.trim()));
		this.run(seconds);
	}

	steps(): unknown[] {
		return this.logged.filter(({ event }) => event === "step.begun").map(({ detail }) => detail.step);
	}
}

test("an espresso is ground, heated, pumped and counted", () => {
	const rig = new CoffeeRig();
	rig.make(0);
	expect(rig.ended).toEqual(["delivered"]);
	expect(rig.steps()).toEqual(["grind", "heat", "pump", "pause"]);
	expect(rig.chip.groundGrams).toBeCloseTo(8, 0);
	expect(Math.abs(rig.chip.pumpedMillilitres - 30)).toBeLessThan(3);
	expect(rig.barista.levels()).toEqual([
		{ name: "beans", portions: 2, low: false },
		{ name: "cups", portions: 49, low: false },
	]);
	expect(rig.barista.faults).toEqual([]);
});

test("what it cannot make it says before it begins", () => {
	const rig = new CoffeeRig();
	expect(rig.barista.obstacle([0, 0, 0])).toBe("");
	expect(rig.barista.obstacle([0, 0, 0, 0])).toBe("bin-empty:beans");
	expect(rig.barista.obstacle([5])).toBe("unknown-recipe");
	rig.chip.setBin("cups", true);
	rig.run(0.1);
	expect(rig.barista.obstacle([1])).toBe("bin-empty:cups");
	rig.make(1);
	expect(rig.ended).toEqual(["failed bin-empty:cups"]);
	expect(rig.steps()).toEqual([]);
});

test("a pump that gets no water ends the recipe with everything off", () => {
	const rig = new CoffeeRig();
	rig.chip.setPumpBlocked(true);
	rig.make(0);
	expect(rig.ended).toEqual(["failed no-water"]);
	expect(rig.steps()).toEqual(["grind", "heat", "pump"]);
	for (const pin of [4, 6, 8]) expect(rig.board.net(pin).level).toBe(0);
	expect(rig.barista.faults).toContain("water");
});

test("after a pump without water nothing is begun until a person has filled the tank", () => {
	const rig = new CoffeeRig();
	rig.chip.fillTank(0);
	rig.make(0);
	expect(rig.barista.obstacle([0])).toBe("no-water");
	rig.chip.fillTank();
	expect(rig.barista.obstacle([0])).toBe("no-water");
	expect(rig.barista.refill()).toBe(true);
	expect([rig.barista.obstacle([0]), rig.barista.faults]).toEqual(["", []]);
	rig.make(0);
	expect(rig.ended).toEqual(["failed no-water", "delivered"]);
});

test("the float in the tank is asked before anything is begun", () => {
	const rig = new CoffeeRig(guarded);
	rig.chip.fillTank(100);
	expect([rig.barista.obstacle([0]), rig.barista.faults]).toEqual(["no-water", ["water"]]);
	rig.chip.fillTank();
	expect([rig.barista.obstacle([0]), rig.barista.faults]).toEqual(["", []]);
	rig.make(0);
	expect(rig.ended).toEqual(["delivered"]);
});

test("a heater's relay that sticks is cut by the second one, and the second one is on only while it heats", () => {
	const rig = new CoffeeRig(guarded);
	expect(rig.board.net(9).level).toBe(0);
	rig.make(0, 10);
	expect(rig.board.net(9).level).toBe(1);
	rig.chip.setHeaterRelay("stuck-closed");
	rig.run(300);
	expect([rig.board.net(8).level, rig.board.net(9).level, rig.chip.heating]).toEqual([0, 0, false]);
	expect(rig.chip.hottestCelsius).toBeLessThan(106);
	expect(rig.barista.faults.some((fault) => fault === "heater" || fault === "over-temperature")).toBe(true);
});

test("a dead heater and a broken thermometer end it by name", () => {
	for (const [breakIt, reason] of [
		[(rig: CoffeeRig) => rig.chip.setHeaterRelay("dead"), "no-heat"],
		[(rig: CoffeeRig) => rig.chip.setThermistor("broken"), "sensor-failed"],
	] as const) {
		const rig = new CoffeeRig();
		breakIt(rig);
		rig.make(0, 400);
		expect(rig.ended).toEqual([`failed ${reason}`]);
		expect(rig.chip.pumpedMillilitres).toBe(0);
	}
});

test("bins stay counted over a power cut in the middle of a drink, and filling fills them", () => {
	const rig = new CoffeeRig();
	rig.make(0, 5);
	rig.powerCut();
	rig.powerUp();
	expect(rig.barista.levels()[0]).toEqual({ name: "beans", portions: 2, low: false });
	expect(rig.barista.refill()).toBe(true);
	expect(rig.barista.levels()[0]?.portions).toBe(3);
	expect(rig.stored.get("bins")).toBe('[1,[["beans",3],["cups",50]]]');
});

test("what a worn-out store does not count is not made", () => {
	const rig = new CoffeeRig();
	rig.writesLeft = 0;
	rig.make(0);
	expect(rig.ended).toEqual(["failed storage"]);
	expect(rig.steps()).toEqual([]);
	expect(rig.barista.obstacle([1])).toBe("storage");
	expect(rig.barista.refill()).toBe(false);
	rig.writesLeft = 10;
	expect(rig.barista.refill()).toBe(true);
});

test("stopped at any time, it ends at once and nothing runs on", () => {
	for (const after of [0, 1, 6, 20]) {
		const rig = new CoffeeRig();
		rig.make(0, after);
		rig.barista.stop();
		rig.run(0.2);
		expect(rig.ended).toEqual(["failed stopped"]);
		for (const pin of [4, 6, 8]) expect(rig.board.net(pin).level).toBe(0);
		rig.run(30);
		expect(rig.ended).toHaveLength(1);
	}
});

test("after close nobody is called", () => {
	for (const after of [0, 6]) {
		const rig = new CoffeeRig();
		rig.make(0, after);
		rig.barista.close();
		rig.barista.close();
		rig.run(200);
		expect(rig.ended).toEqual([]);
	}
});
