import { isHealthBody } from "@visionvend/sdk/device/validators.generated";
import { expect, test } from "vitest";
import { Bench, coffee, configuration, equipped, overWiFi, topicOf } from "../../test/bench.ts";

function readyBench(machine = configuration): Bench {
	const bench = new Bench(machine);
	bench.powerUp();
	bench.run(4);
	return bench;
}

const count = (bench: Bench) => bench.bodies(topicOf.health).length;

test("health says all that the machine can measure", () => {
	const bench = readyBench(overWiFi(equipped));
	bench.run(61);
	expect(bench.health()).toMatchObject({
		doorClosed: true,
		phase: "locked",
		memoryFreeBytes: 61_000,
		temperatureCentidegrees: 400,
		signalDbm: -60,
		faults: [],
	});
	expect(Math.abs((bench.health().supplyMillivolts ?? 0) - 13_000)).toBeLessThan(100);
	expect(bench.health().bins).toBeUndefined();
});

test("a machine without battery, thermometer and radio leaves them out", () => {
	const bench = readyBench();
	bench.run(61);
	const { supplyMillivolts, temperatureCentidegrees, signalDbm, bins } = bench.health();
	expect([supplyMillivolts, temperatureCentidegrees, signalDbm, bins]).toEqual([
		undefined,
		undefined,
		undefined,
		undefined,
	]);
});

test("a coffee machine says what is left in its bins", () => {
	const bench = readyBench(coffee);
	bench.run(61);
	expect(bench.health().bins).toEqual([
		{ name: "beans", portions: 3, low: false },
		{ name: "cups", portions: 50, low: false },
	]);
});

test("the door is told at once, and no two messages come within two seconds", () => {
	const bench = readyBench();
	bench.unlock("sale-1", 1);
	bench.run(2.5);
	bench.hall.setMagnet(false);
	bench.run(0.5);
	expect(bench.health().doorClosed).toBe(false);
	for (let times = 0; times < 20; times++) {
		bench.run(0.2);
		bench.hall.setMagnet(times % 2 === 0);
	}
	bench.run(10);
	expect(bench.health().doorClosed).toBe(false);
	const told = bench.bodies(topicOf.health).map(({ uptimeMs }) => Number(uptimeMs));
	for (const [index, at] of told.entries()) expect(at - (told[index - 1] ?? -2_000)).toBeGreaterThanOrEqual(2_000);
	expect(told.length).toBeGreaterThan(1);
});

test("goods that are gone after a sale are told before the minute is over", () => {
	const bench = readyBench();
	bench.run(60);
	bench.unlock("sale-1", 1);
	bench.run(2.5);
	bench.hall.setMagnet(false);
	bench.run(3);
	bench.load(0, 1_645_000);
	bench.hall.setMagnet(true);
	bench.run(8);
	expect(bench.health()).toMatchObject({ doorClosed: true });
	expect(Math.round((bench.health().massesMilligrams[0] ?? 0) / 1_000)).toBe(1_645);
});

test("half a degree is told, less is not", () => {
	const bench = readyBench(equipped);
	bench.run(61);
	const before = count(bench);
	bench.thermometer.setCelsius(4.3);
	bench.run(20);
	expect(count(bench)).toBe(before);
	bench.thermometer.setCelsius(4.6);
	bench.run(8);
	expect(count(bench)).toBe(before + 1);
	expect(bench.health().temperatureCentidegrees).toBe(463);
});

test("faults are told when they come and when they go", () => {
	const bench = readyBench(equipped);
	bench.thermometer.setConnected(false);
	bench.run(20);
	expect(bench.health().faults).toEqual(["thermometer"]);
	bench.thermometer.setConnected(true);
	bench.run(20);
	expect(bench.health().faults).toEqual([]);
	bench.lock.setForced(true);
	bench.run(1);
	expect(bench.health().faults).toEqual(["bolt"]);
});

test("a cell that dies is named at the next weighing, and its shelf keeps what was last known", () => {
	const bench = readyBench();
	bench.run(50);
	bench.cells[0]!.power(false);
	bench.run(12);
	expect(bench.health()).toMatchObject({ faults: ["scale-0"] });
	expect(bench.health().massesMilligrams.map((mass) => Math.round(mass / 1_000))).toEqual([2_000, 1_500]);
	expect(isHealthBody(bench.health())).toBe(true);
});

test("with a low battery nothing is sold, and a running sale comes to its end", () => {
	const bench = readyBench(equipped);
	bench.unlock("sale-1", 1);
	bench.run(2.5);
	bench.hall.setMagnet(false);
	bench.battery.setVolts(10.8);
	bench.run(20);
	expect(bench.health().faults).toEqual(["low-battery"]);
	bench.hall.setMagnet(true);
	bench.run(5);
	expect(bench.bodies(topicOf.saleReport)).toHaveLength(1);
	bench.unlock("sale-2", 2);
	bench.run(2);
	expect(bench.bodies(topicOf.command).at(-1)).toEqual({
		saleId: "sale-2",
		counter: 2,
		result: "refused",
		reason: "low-battery",
	});
	expect(bench.lock.pulses).toBe(1);
	// Not yet: the limit is left only 200 mV above it.
	bench.battery.setVolts(11.1);
	bench.run(30);
	expect(bench.health().faults).toEqual(["low-battery"]);
	bench.battery.setVolts(11.4);
	bench.run(30);
	bench.unlock("sale-2", 2);
	bench.run(3);
	expect(bench.lock.pulses).toBe(2);
});

test("a copy of an executed order is not answered with a low battery", () => {
	const bench = readyBench(equipped);
	bench.unlock("sale-1", 1);
	bench.run(15);
	bench.battery.setVolts(10.8);
	bench.run(20);
	bench.unlock("sale-1", 1);
	bench.run(2);
	expect(bench.bodies(topicOf.command)).toHaveLength(1);
});

test("a short dip, as the lock's coil makes one, stops no sale", () => {
	const bench = readyBench(equipped);
	bench.battery.setVolts(10.5);
	bench.run(9);
	bench.battery.setVolts(12.5);
	bench.run(1);
	bench.unlock("sale-1", 1);
	bench.run(3);
	expect(bench.lock.released).toBe(true);
});

test("a battery that cannot be measured is a fault, and no reason not to sell", () => {
	const bench = readyBench(equipped);
	bench.battery.setConnected(false);
	bench.run(20);
	expect(bench.health()).toMatchObject({ faults: ["battery"] });
	expect(bench.health().supplyMillivolts).toBeUndefined();
	bench.unlock("sale-1", 1);
	bench.run(3);
	expect(bench.lock.released).toBe(true);
});
