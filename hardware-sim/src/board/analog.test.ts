import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import { expect, test } from "vitest";
import { makeDevice, xs } from "../../test/simulated-device.ts";
import { SimulationClock } from "../clock.ts";
import { Board } from "./board.ts";

const engines = (xs.ok ? ["xs", "node"] : ["node"]) as ("xs" | "node")[];

function rig() {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	return { clock, board, ...board.io };
}

test("a conversion is 12 bits over 3.3 V, stops at both ends, and takes 40 µs", () => {
	const { clock, board, Analog } = rig();
	const input = new Analog({ pin: 1 });
	expect(input.resolution).toBe(12);
	const codes = [-0.2, 0, 0.0008, 1.65, 3.299, 3.3, 5].map((volts) => {
		board.setVoltage(1, volts);
		return input.read();
	});
	expect(codes).toEqual([0, 0, 0, 2_048, 4_094, 4_095, 4_095]);
	expect(clock.now).toBe(7 * 40_000);
});

test("a voltage that is a function is asked once a conversion, at its start", () => {
	const { clock, board, Analog } = rig();
	const askedAt: number[] = [];
	board.setVoltage(20, () => {
		askedAt.push(clock.now);
		return 1;
	});
	const input = new Analog({ pin: 20 });
	input.read();
	input.read();
	expect(askedAt).toEqual([0, 40_000]);
});

test("a pin without a voltage of its own reads the level of its net", () => {
	const { board, Analog } = rig();
	const input = new Analog({ pin: 2 });
	expect(input.read()).toBe(0);
	board.net(2).pull(1);
	expect(input.read()).toBe(4_095);
});

test("only pins of ADC1 and ADC2 measure, and a refused pin is not taken", () => {
	const { board, Analog, Digital } = rig();
	for (const pin of [0, 21, 38, 48, "VBAT"]) {
		expect(() => new Analog({ pin })).toThrow(/cannot measure a voltage/);
		expect(() => board.setVoltage(pin, 1)).toThrow(RangeError);
	}
	for (let pin = 1; pin <= 20; pin++) new Analog({ pin }).close();
	new Digital({ pin: 38, mode: Digital.Input }).close();
	expect(() => Reflect.construct(Analog, [])).toThrow(TypeError);
	board.setVoltage(1, Number.NaN);
	expect(() => new Analog({ pin: 1 }).read()).toThrow(/NaN V/);
});

test("an analog pin has one holder, until close or a reset; then it throws", () => {
	const { board, Analog, Digital } = rig();
	const input = new Analog({ pin: 3 });
	expect(() => new Digital({ pin: 3, mode: Digital.Input })).toThrow(/in use by Analog/);
	input.close();
	input.close();
	expect(() => input.read()).toThrow(HardwareError);
	const other = new Analog({ pin: 3 });
	board.reset();
	expect(() => other.read()).toThrow(/closed/);
	new Digital({ pin: 3, mode: Digital.Input }).close();
});

const measures = `
export function start(host) {
	const { Analog } = host.io;
	const input = new Analog({ pin: 1 });
	const codes = [];
	for (let i = 0; i < 4; i++) codes.push(input.read());
	host.log("measured", { resolution: input.resolution, codes });
	input.close();
	for (const attempt of [() => input.read(), () => new Analog({ pin: 38 })]) {
		try { attempt(); } catch (error) { host.log("error", { name: error.name, kind: error.kind ?? null }); }
	}
}`;

test.each(engines)("%s: Analog works through the bridge", async (name) => {
	let volts = 0;
	const device = await makeDevice(name, measures, {
		wire: (board) =>
			board.setVoltage(1, () => {
				volts += 0.5;
				return volts;
			}),
	});
	device.engine.start();
	device.engine.stop();
	expect(device.resets).toEqual([]);
	expect(device.logged).toEqual([
		["measured", { resolution: 12, codes: [620, 1_241, 1_861, 2_482] }],
		["error", { name: "HardwareError", kind: "closed" }],
		["error", { name: "RangeError", kind: null }],
	]);
	expect(device.clock.now).toBe(4 * 40_000);
});
