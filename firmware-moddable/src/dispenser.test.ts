import { isSaleReportBody } from "@visionvend/sdk/device/validators.generated";
import { expect, test } from "vitest";
import { Bench, coffee, overWiFi, topicOf, vending } from "../test/bench.ts";

function readyBench(machine = vending): Bench {
	const bench = new Bench(machine);
	bench.powerUp();
	bench.run(4);
	return bench;
}

test.each([
	["a pi", vending],
	["Wi-Fi", overWiFi(vending)],
])("a vending machine behind %s turns what was ordered and reports what fell", (_name, machine) => {
	const bench = readyBench(machine);
	bench.dispense("sale-1", 1, [2, 0]);
	bench.run(20);
	expect(bench.rack?.dropped.map(({ slot }) => slot)).toEqual([2, 0]);
	expect(bench.bodies(topicOf.command)).toEqual([{ saleId: "sale-1", counter: 1, result: "executed", reason: "" }]);
	const [report] = bench.bodies(topicOf.saleReport);
	expect(isSaleReportBody(report)).toBe(true);
	expect(report).toMatchObject({
		saleId: "sale-1",
		opened: true,
		shelves: [],
		dispensed: [
			{ slot: 2, outcome: "delivered", reason: "" },
			{ slot: 0, outcome: "delivered", reason: "" },
		],
	});
	expect(bench.events()).toContain("report.acknowledged");
	expect(bench.hello()).toMatchObject({ kind: "vending", counter: 1, executed: 1, phase: "locked" });
	expect(bench.lock.pulses).toBe(0);
});

test("a spiral that turns and lets nothing fall is told, so that the money goes back", () => {
	const bench = readyBench();
	const motor = bench.rack!.motor(1);
	motor.fill(0);
	bench.dispense("sale-1", 1, [1]);
	bench.run(30);
	expect(bench.bodies(topicOf.saleReport)).toMatchObject([
		{ opened: false, dispensed: [{ slot: 1, outcome: "failed", reason: "nothing-fell" }] },
	]);
});

test("a power cut while a spiral turns: unknown, told once, and nothing turns again", () => {
	const bench = readyBench();
	bench.dispense("sale-1", 1, [0]);
	bench.run(0.9);
	expect(bench.rack?.motor(0).running).toBe(true);
	bench.powerCut();
	bench.run(1);
	bench.powerUp();
	bench.run(20);
	expect(bench.rack?.motor(0).running).toBe(false);
	expect(bench.bodies(topicOf.saleReport)).toMatchObject([
		{ saleId: "sale-1", flags: ["resumed"], dispensed: [{ slot: 0, outcome: "unknown", reason: "power-cut" }] },
	]);
});

test("an unlock is none of a vending machine's commands", () => {
	const bench = readyBench();
	bench.unlock("sale-1", 1);
	bench.run(1);
	expect(bench.logged.at(-1)).toMatchObject({ event: "message.rejected", detail: { reason: "unknown-topic" } });
	expect(bench.lock.pulses).toBe(0);
});

test("a slot that the machine does not have is refused before anything moves", () => {
	const bench = readyBench();
	bench.dispense("sale-1", 1, [9]);
	bench.run(5);
	expect(bench.bodies(topicOf.command)).toMatchObject([{ result: "refused", reason: "unknown-slot" }]);
	expect(bench.bodies(topicOf.saleReport)).toEqual([]);
});

test("a coffee machine makes the recipe, and counts its bins down until they are empty", () => {
	const bench = readyBench(coffee);
	for (const counter of [1, 2, 3]) {
		bench.dispense(`sale-${counter}`, counter, [0]);
		bench.run(200);
		const cup = bench.corner?.takeCup();
		expect(Math.abs((cup?.millilitres ?? 0) - 40)).toBeLessThan(2);
	}
	expect(bench.bodies(topicOf.saleReport)).toMatchObject(
		[1, 2, 3].map((counter) => ({ counter, dispensed: [{ slot: 0, outcome: "delivered", reason: "" }] })),
	);
	bench.dispense("sale-4", 4, [0]);
	bench.run(5);
	expect(bench.bodies(topicOf.command).at(-1)).toMatchObject({ result: "refused", reason: "bin-empty:beans" });
	expect(bench.hello()).toMatchObject({ kind: "coffee" });
});
