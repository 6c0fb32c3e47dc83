import { CoffeeGroup } from "@visionvend/drivers/coffee-group";
import { DispenseMotor } from "@visionvend/drivers/dispense-motor";
import { Lock } from "@visionvend/drivers/lock";
import type { MachineKind } from "@visionvend/sdk/device/messages";
import { expect, test } from "vitest";
import { SimulationClock } from "../clock.ts";
import { SeededRandom } from "../random.ts";
import { demoControllerConfiguration } from "./demo-wiring.ts";
import { VirtualMachine } from "./virtual-machine.ts";

/*
	What `device/messages.ts` says of levels in `ControllerPins`, `ConfiguredVending` and `ConfiguredCoffee` is read here at
	the wires of the demo machines, and by the drivers as the firmware opens them: without options for levels.
*/

const key = { kid: "cloud-controller.1", key: "A".repeat(43) };

function machine(kind: MachineKind) {
	const clock = new SimulationClock();
	const configuration = demoControllerConfiguration("m1", { receive: key, send: key }, { kind, equipped: true });
	const parts = new VirtualMachine({
		clock,
		random: new SeededRandom(5),
		products: [],
		configuration,
		createEngine: () => {
			throw new Error("Nobody switches this machine on.");
		},
		onLog: () => undefined,
	});
	const { board } = parts;
	/** What a pin with a pull-up reads. */
	const level = (pin: number | undefined) => {
		if (pin === undefined) throw new Error("The demo machine does not have this pin.");
		board.net(pin).pull(1);
		return board.net(pin).level;
	};
	return { parts, clock, board, configuration, level, run: (ms: number) => clock.run(ms * 1e6) };
}

test("the bolt's switch is closed to ground while the bolt is thrown, and a cut cable reads drawn", () => {
	const { parts, board, configuration, level, run } = machine("fridge");
	const { lock: coil, bolt } = configuration.pins;
	const { Digital } = board.io;
	const lock = new Lock({
		coil: { io: Digital, pin: coil },
		feedback: { io: Digital, pin: bolt ?? -1 },
		timer: board.timer,
	});
	run(200);
	expect([level(bolt), lock.sample()]).toEqual([0, { bolt: "thrown" }]);
	lock.energise(1_000);
	run(500);
	expect([level(bolt), lock.sample()]).toEqual([1, { bolt: "drawn" }]);
	run(1_000);
	parts.lock.breakSwitch("cut");
	run(200);
	expect([level(bolt), lock.sample()]).toEqual([1, { bolt: "drawn", faults: { notThrown: true } }]);
});

test("the home line is low while a spiral is away, and the drop line while something is in its light", () => {
	const { parts, board, configuration, level, run } = machine("vending");
	const { vending } = configuration;
	if (vending === undefined || parts.rack === undefined) throw new Error("The demo has no vending machine.");
	const { motors, home, drop, emitter = -1 } = vending;
	const { Digital } = board.io;
	const rack = new DispenseMotor({
		motors: motors.map((pin) => ({ io: Digital, pin })),
		home: [{ io: Digital, pin: home }],
		drop: { io: Digital, pin: drop },
		emitter: { io: Digital, pin: emitter },
		timer: board.timer,
	});
	expect([level(home), rack.sample()]).toEqual([1, { home: [true] }]);
	parts.rack.motor(2).turnTo(0.5);
	expect([level(home), rack.sample()]).toEqual([0, { home: [false], faults: { home: true } }]);
	parts.rack.motor(2).turnTo(0);
	parts.rack.motor(1).fill(1);
	const outcomes: string[] = [];
	rack.dispense(1, ({ outcome }) => outcomes.push(outcome));
	run(100);
	expect([level(drop), board.net(emitter).level]).toEqual([1, 1]);
	parts.rack.dropSensor.fall(10);
	expect(level(drop)).toBe(0);
	run(8_000);
	expect(outcomes).toEqual(["dropped"]);
	expect(parts.rack.motor(1).atHome).toBe(true);
});

test("bins and float are closed to ground while there is enough, and a cut cable reads empty", () => {
	const { parts, board, configuration, level } = machine("coffee");
	const { coffee } = configuration;
	if (coffee === undefined || parts.coffee === undefined) throw new Error("The demo has no coffee machine.");
	const { pins, bins } = coffee;
	const { Analog, Digital: io } = board.io;
	const group = new CoffeeGroup({
		grinder: { io, pin: pins.grinder },
		pump: { io, pin: pins.pump },
		flow: { io, pin: pins.flow },
		heater: { io, pin: pins.heater },
		safety: { io, pin: pins.safety ?? -1 },
		water: { io, pin: pins.water ?? -1 },
		thermometer: { io: Analog, pin: pins.thermometer },
		bins: bins.map(({ name, pin }) => ({ name, sensor: { io, pin } })),
		timer: board.timer,
	});
	expect([pins.water, ...bins.map(({ pin }) => pin)].map(level)).toEqual([0, 0, 0]);
	expect(group.sample()).toMatchObject({
		water: true,
		bins: [
			{ name: "beans", low: false },
			{ name: "cups", low: false },
		],
	});
	parts.coffee.group.setBin("cups", true); // as a cut cable: the net floats, and the pull-up holds it
	parts.coffee.group.fillBeans(0);
	parts.coffee.group.fillTank(0);
	expect([pins.water, ...bins.map(({ pin }) => pin)].map(level)).toEqual([1, 1, 1]);
	expect(group.sample()).toMatchObject({
		water: false,
		bins: [
			{ name: "beans", low: true },
			{ name: "cups", low: true },
		],
	});
});
