import { Board } from "@visionvend/hardware-sim/board/board";
import { OneWireUart } from "@visionvend/hardware-sim/board/one-wire-uart";
import { CoffeeGroupChip, type CoffeeGroupPhysics } from "@visionvend/hardware-sim/chips/coffee-group";
import { DS18B20Chip } from "@visionvend/hardware-sim/chips/ds18b20";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import fc from "fast-check";
import { expect, test } from "vitest";
import { DS18B20 } from "../ds18b20/ds18b20.ts";
import { CoffeeGroup, type CoffeeGroupOptions, type CoffeeStepResult } from "./coffee-group.ts";
import { run } from "./example.ts";

const ms = 1e6;
const outputs = [4, 6, 8, 9];

function rig({ physics, safety = true }: { physics?: Partial<CoffeeGroupPhysics>; safety?: boolean } = {}) {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const chip = new CoffeeGroupChip({
		clock,
		pins: {
			grinder: board.net(4),
			grinderCurrent: board.net(39),
			pump: board.net(6),
			flow: board.net(7),
			heater: board.net(8),
			...(safety ? { safety: board.net(9) } : {}),
			water: board.net(14),
			bins: { beans: board.net(15), cups: board.net(2) },
		},
		...(physics === undefined ? {} : { physics }),
	});
	board.setVoltage(5, () => chip.thermistorVolts());
	const io = board.io.Digital;
	const open = (more: Partial<CoffeeGroupOptions> = {}) =>
		new CoffeeGroup({
			grinder: { io, pin: 4 },
			grinderCurrent: { io, pin: 39 },
			pump: { io, pin: 6 },
			flow: { io, pin: 7 },
			heater: { io, pin: 8 },
			...(safety ? { safety: { io, pin: 9 } } : {}),
			water: { io, pin: 14 },
			thermometer: { io: board.io.Analog, pin: 5 },
			bins: [
				{ name: "beans", sensor: { io, pin: 15 } },
				{ name: "cups", sensor: { io, pin: 2 } },
			],
			timer: board.timer,
			...more,
		});
	const levels = () => outputs.map((pin) => board.net(pin).level);
	/** Takes one step to its end. */
	const take = (step: (onDone: (result: CoffeeStepResult) => void) => void): CoffeeStepResult => {
		const results: CoffeeStepResult[] = [];
		step((result) => results.push(result));
		expect(results).toEqual([]);
		for (let i = 0; i < 7_000 && results.length === 0; i++) clock.run(100 * ms);
		expect(results).toHaveLength(1);
		return results[0] as CoffeeStepResult;
	};
	return { clock, board, chip, open, take, levels };
}

test("the example makes an espresso: so much ground, so hot, so many millilitres, and the heater goes off a minute later", () => {
	const { board, clock, chip, levels } = rig();
	const told: string[] = [];
	run(board, (outcome) => told.push(outcome));
	clock.run(200_000 * ms);
	expect(told).toEqual(["done"]);
	expect(chip.groundGrams).toBeCloseTo(10, 1);
	expect(chip.pumpedMillilitres).toBeCloseTo(30, 0);
	expect(chip.hottestCelsius).toBeGreaterThan(91.9);
	expect(chip.hottestCelsius).toBeLessThan(93);
	expect(levels()).toEqual([0, 0, 0, 0]);
	expect(clock.nextAt).toBeUndefined(); // nothing goes on for ever
});

test("the thermistor tells the boiler's temperature to a fifth of a degree from 5 to 105 °C", () => {
	const { chip, open } = rig();
	const group = open();
	for (let celsius = 5; celsius < 105; celsius++) {
		chip.setBoilerCelsius(celsius);
		expect(Math.abs((group.sample().temperature ?? 0) - celsius)).toBeLessThan(0.2);
	}
});

test("a dose in grams takes as long as the grinder needs, and is refused where nobody weighed", () => {
	const { chip, open, take } = rig();
	const group = open({ gramsPerSecond: 2 });
	expect(take((done) => group.grind({ grams: 9 }, done))).toEqual({
		step: "grind",
		outcome: "done",
		milliseconds: 4_500,
	});
	expect(chip.groundGrams).toBeCloseTo(9, 2);
	group.close();
	const other = open();
	expect(() => other.grind({ grams: 9 }, () => undefined)).toThrow(/gramsPerSecond/);
});

test("water is counted by the flow meter, to a pulse", () => {
	const { chip, open, take } = rig();
	const group = open();
	for (const millilitres of [1, 30, 180, 500]) {
		const before = chip.pumpedMillilitres;
		const result = take((done) => group.pump(millilitres, done));
		expect(result.outcome).toBe("done");
		expect(Math.abs((result.millilitres ?? 0) - millilitres)).toBeLessThan(0.6);
		expect(Math.abs(chip.pumpedMillilitres - before - millilitres)).toBeLessThan(0.6);
	}
	const { chip: slow, open: openSlow, take: takeSlow } = rig({ physics: { flowMillilitresPerSecond: 1 } });
	expect(takeSlow((done) => openSlow().pump(500, done)).outcome).toBe("timeout");
	expect(slow.pumpedMillilitres).toBeLessThan(121);
});

test("a pump that moves nothing is stopped after two seconds, and the heater stays off until water flows", () => {
	const { board, clock, chip, open, take, levels } = rig();
	const group = open();
	chip.setPumpBlocked(true);
	let pumpedNs = 0;
	let on = 0;
	board.net(6).watch((level) => {
		if (level === 1) on = clock.now;
		else pumpedNs = clock.now - on;
	});
	expect(take((done) => group.pump(30, done))).toMatchObject({ outcome: "no-water", millilitres: 0 });
	expect(pumpedNs / ms).toBeLessThan(2_100);
	expect(group.sample().faults).toEqual({ dryPump: true });
	expect(take((done) => group.heat(90, done)).outcome).toBe("no-water");
	expect([levels(), chip.hottestCelsius]).toEqual([[0, 0, 0, 0], 22]);
	chip.setPumpBlocked(false);
	expect(take((done) => group.pump(10, done)).outcome).toBe("done");
	expect(take((done) => group.heat(90, done)).outcome).toBe("done");
	expect(group.sample().faults).toBeUndefined();
});

test("after a dry pump a person who has filled the tank lets it heat again, and a pump that is still dry says so", () => {
	const { chip, open, take } = rig();
	const group = open();
	chip.setPumpBlocked(true);
	take((done) => group.pump(30, done));
	expect(take((done) => group.heat(90, done)).outcome).toBe("no-water");
	group.refilled();
	expect(group.sample().faults).toBeUndefined();
	expect(take((done) => group.heat(90, done)).outcome).toBe("done");
	expect(take((done) => group.pump(30, done)).outcome).toBe("no-water");
	expect(take((done) => group.heat(90, done)).outcome).toBe("no-water");
});

test("a room that got warmer since the last drink is no heater that sticks", () => {
	const { clock, chip, open, take } = rig();
	const group = open();
	chip.setBoilerCelsius(15);
	expect(take((done) => group.pause(20_000, done)).outcome).toBe("done");
	clock.run(6 * 3_600_000 * ms);
	chip.setBoilerCelsius(24);
	expect(take((done) => group.pause(20_000, done)).outcome).toBe("done");
	expect(group.sample().faults).toBeUndefined();
	expect(take((done) => group.heat(90, done)).outcome).toBe("done");
});

test("what a pump has moved is told in the litres of its beginning", () => {
	const { clock, chip, open } = rig();
	const group = open();
	const results: CoffeeStepResult[] = [];
	group.pump(30, (result) => results.push(result));
	clock.run(1_000 * ms);
	group.configure({ pulsesPerLitre: 3_800 });
	clock.run(10_000 * ms);
	expect(Math.abs((results[0]?.millilitres ?? 0) - chip.pumpedMillilitres)).toBeLessThan(0.6);
});

test("an empty tank is told by the float before anything comes on, and by the pump where the float hangs", () => {
	const { board, chip, open, take } = rig();
	const group = open();
	chip.fillTank(100);
	let edges = 0;
	for (const pin of outputs) board.net(pin).watch(() => edges++);
	expect(take((done) => group.pump(30, done)).outcome).toBe("no-water");
	expect(take((done) => group.heat(90, done)).outcome).toBe("no-water");
	expect([group.sample().water, edges]).toEqual([false, 0]);
	chip.setFloatStuck(true);
	expect(take((done) => group.pump(150, done))).toMatchObject({ outcome: "no-water" });
	expect(chip.pumpedMillilitres).toBeCloseTo(100, 3);
});

test("water that goes while it heats takes the heater off within a tenth of a second", () => {
	const { clock, chip, open, levels } = rig();
	const group = open();
	const results: string[] = [];
	group.heat(90, ({ outcome }) => results.push(outcome));
	clock.run(10_000 * ms);
	expect(levels()).toEqual([0, 0, 1, 1]);
	chip.fillTank(0);
	clock.run(101 * ms);
	expect([levels(), results]).toEqual([[0, 0, 0, 0], ["no-water"]]);
	expect(chip.heatedWithoutWaterMs).toBeLessThan(101);
});

test("a heater that does not heat, and a thermistor that came off the boiler, are told within half a minute", () => {
	for (const failure of ["dead", "detached"] as const) {
		const { clock, chip, open, levels } = rig();
		const group = open();
		if (failure === "dead") chip.setHeaterRelay("dead");
		else chip.setThermistor("detached");
		const results: CoffeeStepResult[] = [];
		group.heat(90, (result) => results.push(result));
		clock.run(31_000 * ms);
		expect(results.map(({ outcome }) => outcome)).toEqual(["no-heat"]);
		expect(levels()).toEqual([0, 0, 0, 0]);
		expect(chip.hottestCelsius).toBeLessThan(60);
	}
});

test("a thermistor that is broken or shorted takes the heater off at once, and after five seconds it is told", () => {
	for (const failure of ["broken", "shorted"] as const) {
		const { clock, chip, open, levels } = rig();
		const group = open();
		const results: string[] = [];
		group.heat(90, ({ outcome }) => results.push(outcome));
		clock.run(10_000 * ms);
		chip.setThermistor(failure);
		clock.run(101 * ms);
		expect([levels()[2], results]).toEqual([0, []]);
		clock.run(5_000 * ms);
		expect([levels(), results]).toEqual([[0, 0, 0, 0], ["sensor-failed"]]);
		expect(group.sample()).toMatchObject({ faults: { thermometer: true } });
		chip.setThermistor("works");
		expect(group.sample().faults).toBeUndefined();
	}
});

test("over 105 °C everything goes off and no heating is taken any more, until a new instance", () => {
	const { clock, chip, open, take, levels } = rig();
	const group = open();
	const results: string[] = [];
	group.heat(90, ({ outcome }) => results.push(outcome));
	clock.run(10_000 * ms);
	chip.setBoilerCelsius(106);
	clock.run(101 * ms);
	expect([levels(), results]).toEqual([[0, 0, 0, 0], ["too-hot"]]);
	chip.setBoilerCelsius(50);
	expect(take((done) => group.heat(90, done)).outcome).toBe("too-hot");
	expect(group.sample().faults).toEqual({ overTemperature: true });
	group.close();
	expect(take((done) => open().heat(90, done)).outcome).toBe("done");
});

test("a heater's relay that sticks is found, and the second relay ends it below 105 °C", () => {
	const { clock, chip, open, take, levels } = rig();
	const group = open();
	chip.setHeaterRelay("stuck-closed");
	expect(take((done) => group.heat(90, done)).outcome).toBe("done");
	clock.run(60_000 * ms);
	expect(chip.heating).toBe(false);
	expect(chip.hottestCelsius).toBeLessThan(106);
	expect(levels()).toEqual([0, 0, 0, 0]);
	expect(take((done) => group.heat(90, done)).outcome).toBe("too-hot");
});

test("without a second relay a sticking one is at least told", () => {
	const { clock, chip, open, take } = rig({ safety: false });
	const group = open();
	expect(take((done) => group.heat(60, done)).outcome).toBe("done");
	chip.setHeaterRelay("stuck-closed");
	clock.run(30_000 * ms);
	expect(group.sample().faults?.heaterStuck ?? group.sample().faults?.overTemperature).toBe(true);
});

test("a grinder that draws no current is stopped after half a second", () => {
	const { clock, chip, open, levels } = rig();
	const group = open();
	chip.setGrinderDead(true);
	const results: CoffeeStepResult[] = [];
	group.grind({ milliseconds: 5_000 }, (result) => results.push(result));
	clock.run(501 * ms);
	expect(results).toEqual([{ step: "grind", outcome: "no-current", milliseconds: 500 }]);
	expect(levels()).toEqual([0, 0, 0, 0]);
});

test("the boiler is kept at its target while cold water flows through, and let cool when nobody asks any more", () => {
	const { clock, chip, open, take } = rig();
	const group = open({ holdMs: 20_000 });
	take((done) => group.heat(90, done));
	for (let i = 0; i < 5; i++) {
		expect(take((done) => group.pump(40, done)).outcome).toBe("done");
		expect(take((done) => group.pause(15_000, done)).outcome).toBe("done");
		expect(chip.boilerCelsius).toBeGreaterThan(88);
	}
	clock.run(20_100 * ms);
	const celsius = chip.boilerCelsius;
	clock.run(60_000 * ms);
	expect(chip.boilerCelsius).toBeLessThan(celsius);
	expect(chip.heating).toBe(false);
});

test("cold water that is more than the heater can warm is no broken heater", () => {
	const { chip, open, take } = rig();
	const group = open();
	take((done) => group.heat(90, done));
	expect(take((done) => group.pump(400, done)).outcome).toBe("done");
	expect(chip.boilerCelsius).toBeLessThan(85);
	expect(take((done) => group.heat(90, done)).outcome).toBe("done");
});

test("a DS18B20 on the boiler does as well as a thermistor, and its failure takes the heater off", () => {
	const { clock, board, chip, open, levels } = rig();
	const bus = board.net(41);
	board.attachSerial({ receive: 41, transmit: 40 }, new OneWireUart({ clock, bus }));
	const probe = new DS18B20Chip({ clock, bus });
	const thermometer = new DS18B20({
		bus: { io: board.io.Serial, receive: 41, transmit: 40 },
		timer: board.timer,
		resolution: 10,
		periodMs: 1_000,
	});
	const follow = (milliseconds: number): void => {
		for (let i = 0; i < milliseconds; i += 50) {
			probe.setCelsius(chip.boilerCelsius);
			clock.run(50 * ms);
		}
	};
	const group = open({ thermometer });
	const results: string[] = [];
	follow(2_000);
	group.heat(90, ({ outcome }) => results.push(outcome));
	follow(120_000);
	expect(results).toEqual(["done"]);
	// A reading is up to a second old: the boiler runs on for so long.
	expect(chip.hottestCelsius).toBeLessThan(92);
	group.heat(95, ({ outcome }) => results.push(outcome));
	probe.setConnected(false);
	follow(15_000);
	expect([results, levels()]).toEqual([
		["done", "sensor-failed"],
		[0, 0, 0, 0],
	]);
});

test("bins and water are told; a cut cable reads low", () => {
	const { board, clock, chip, open, take } = rig({ physics: { beansGrams: 60 } });
	const group = open();
	expect(group.sample()).toMatchObject({
		bins: [
			{ name: "beans", low: false },
			{ name: "cups", low: false },
		],
		water: true,
	});
	expect(take((done) => group.grind({ milliseconds: 10_000 }, done)).outcome).toBe("done");
	clock.run(1_000 * ms);
	chip.fillTank(150);
	chip.setBin("cups", true);
	chip.fillBeans(40);
	expect(group.sample()).toMatchObject({
		bins: [
			{ name: "beans", low: true },
			{ name: "cups", low: true },
		],
		water: false,
	});
	group.close();
	const other = open({ bins: [{ name: "milk", sensor: { io: board.io.Digital, pin: 1 } }] });
	expect(other.sample().bins).toEqual([{ name: "milk", low: true }]);
});

test("one step at a time; bad arguments are refused and nothing comes on", () => {
	const { clock, open, levels } = rig();
	const group = open();
	const none = () => undefined;
	for (const bad of [
		() => group.grind({ milliseconds: 0 }, none),
		() => group.grind({ milliseconds: 30_001 }, none),
		() => group.pump(0, none),
		() => group.pump(1_001, none),
		() => group.heat(99, none),
		() => group.heat(Number.NaN, none),
		() => group.pause(600_001, none),
	])
		expect(bad).toThrow(RangeError);
	expect([levels(), group.busy]).toEqual([[0, 0, 0, 0], false]);
	group.pause(1_000, none);
	for (const second of [() => group.pump(1, none), () => group.heat(50, none), () => group.pause(1, none)])
		expect(second).toThrow(/pause is under way/);
	clock.run(1_001 * ms);
	expect(group.busy).toBe(false);
});

test("stop, close and a reset of the board take everything off in that moment", () => {
	for (const how of ["stop", "close", "reset"] as const) {
		const { board, clock, open, levels, take } = rig();
		const group = open();
		take((done) => group.heat(60, done));
		const results: string[] = [];
		group.pump(500, ({ outcome }) => results.push(outcome));
		clock.run(5_000 * ms);
		expect(levels()[1]).toBe(1);
		if (how === "reset") board.reset();
		else group[how]();
		expect(levels()).toEqual([0, 0, 0, 0]);
		clock.run(100_000 * ms);
		expect(results).toEqual(how === "stop" ? ["stopped"] : []);
		expect(levels()).toEqual([0, 0, 0, 0]);
	}
});

test("whatever is asked and whatever breaks: never 110 °C, never hot without water, each step ends once, all off in the end", () => {
	const step = fc.oneof(
		fc.record({ kind: fc.constant("heat" as const), amount: fc.integer({ min: 20, max: 98 }) }),
		fc.record({ kind: fc.constant("pump" as const), amount: fc.integer({ min: 1, max: 300 }) }),
		fc.record({ kind: fc.constant("grind" as const), amount: fc.integer({ min: 1, max: 20_000 }) }),
		fc.record({ kind: fc.constant("wait" as const), amount: fc.integer({ min: 1, max: 60_000 }) }),
		fc.record({ kind: fc.constant("tank" as const), amount: fc.integer({ min: 0, max: 1_000 }) }),
		fc.record({
			kind: fc.constant("break" as const),
			amount: fc.constantFrom("stuck", "dead", "broken", "shorted", "blocked", "mended", "stop"),
		}),
	);
	fc.assert(
		fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
			const { clock, chip, open, levels } = rig();
			const group = open();
			let begun = 0;
			let ended = 0;
			const done = () => ended++;
			for (const { kind, amount } of steps) {
				if (kind === "wait") clock.run(amount * ms);
				else if (kind === "tank") chip.fillTank(amount);
				else if (kind === "break") {
					if (amount === "stuck" || amount === "dead")
						chip.setHeaterRelay(amount === "stuck" ? "stuck-closed" : "dead");
					else if (amount === "broken" || amount === "shorted") chip.setThermistor(amount);
					else if (amount === "blocked") chip.setPumpBlocked(true);
					else if (amount === "stop") group.stop();
					else {
						chip.setHeaterRelay("works");
						chip.setThermistor("works");
						chip.setPumpBlocked(false);
					}
				} else if (!group.busy) {
					begun++;
					if (kind === "heat") group.heat(amount, done);
					else if (kind === "pump") group.pump(amount, done);
					else group.grind({ milliseconds: amount }, done);
				}
			}
			clock.run(500_000 * ms);
			expect(ended).toBe(begun);
			expect(levels()).toEqual([0, 0, 0, 0]);
			expect(chip.hottestCelsius).toBeLessThan(110);
			// A tenth of a second each time that the water went.
			expect(chip.heatedWithoutWaterMs).toBeLessThan(25 * 101);
		}),
		{ seed: 1, numRuns: 60 },
	);
});
