import { expect, test } from "vitest";
import { FoodBench, minutes, seconds } from "../../../test/food-bench.ts";
import { startFood, transitionFood } from "./food-machine.ts";

test("warm air locks after 15 minutes, and not before", () => {
	const bench = new FoodBench();
	bench.hold(400, minutes(10));
	bench.hold(501, minutes(14) + seconds(55));
	expect(bench.reason).toBe("");
	bench.hold(501, seconds(10));
	expect(bench.reason).toBe("warm");
	// From the last cold reading.
	expect(bench.changes).toEqual([{ atMs: minutes(25), reason: "warm" }]);
});

test("5.00 °C is cold, 5.01 °C is warm", () => {
	const bench = new FoodBench();
	bench.hold(500, minutes(60));
	expect(bench.reason).toBe("");
	bench.hold(501, minutes(15));
	expect(bench.reason).toBe("warm");
});

test("after the door has closed, warm air has 30 minutes to get cold", () => {
	const bench = new FoodBench();
	bench.hold(400, minutes(5));
	bench.hold(900, minutes(2));
	bench.send({ type: "door-closed", atMs: bench.nowMs });
	bench.hold(900, minutes(29) + seconds(55));
	expect(bench.reason).toBe("");
	bench.hold(900, seconds(10));
	expect(bench.changes).toEqual([{ atMs: minutes(37), reason: "warm" }]);
});

test("so has warm air that comes just after the door has closed, because the thermometer is slow", () => {
	const bench = new FoodBench();
	bench.hold(400, minutes(5));
	bench.send({ type: "door-closed", atMs: bench.nowMs });
	bench.hold(400, seconds(20));
	bench.hold(700, minutes(29));
	expect(bench.reason).toBe("");
	bench.hold(700, minutes(1));
	expect(bench.changes).toEqual([{ atMs: minutes(35), reason: "warm" }]);
});

test("a door that stands open gives no more than 15 minutes", () => {
	const bench = new FoodBench();
	bench.hold(400, minutes(5));
	bench.hold(900, minutes(16));
	expect(bench.changes).toEqual([{ atMs: minutes(20), reason: "warm" }]);
});

test("shoppers who come every five minutes do not put the lock off for ever", () => {
	const bench = new FoodBench();
	bench.hold(400, minutes(5));
	for (let shopper = 0; shopper < 12; shopper++) {
		bench.hold(700, minutes(5));
		bench.send({ type: "door-closed", atMs: bench.nowMs });
	}
	// The first one closed the door at 10 min.
	expect(bench.changes).toEqual([{ atMs: minutes(40), reason: "warm" }]);
});

test("a service and a defrost have 30 minutes, and 30 more from their end, up to an hour in all", () => {
	for (const type of ["service", "defrost"] as const) {
		const bench = new FoodBench();
		bench.hold(400, minutes(5));
		bench.send({ type, on: true, atMs: bench.nowMs });
		bench.hold(1_200, minutes(25));
		bench.send({ type, on: false, atMs: bench.nowMs });
		bench.hold(1_200, minutes(29));
		expect(bench.reason).toBe("");
		bench.hold(1_200, minutes(2));
		expect(bench.changes).toEqual([{ atMs: minutes(60), reason: "warm" }]);
	}
	const endless = new FoodBench();
	endless.hold(400, minutes(1));
	for (let round = 0; round < 8; round++) {
		endless.send({ type: "defrost", on: round % 2 === 0, atMs: endless.nowMs });
		endless.hold(1_200, minutes(10));
	}
	expect(endless.changes).toEqual([{ atMs: minutes(61), reason: "warm" }]);
});

test("food that got cold in time begins with nothing", () => {
	const bench = new FoodBench();
	for (let round = 0; round < 10; round++) {
		bench.hold(700, minutes(14));
		bench.hold(500, seconds(5));
	}
	expect(bench.changes).toEqual([]);
});

test("the lock stays until a person has looked, and as long as it is warm they cannot lift it", () => {
	const bench = new FoodBench();
	bench.hold(700, minutes(16));
	expect(bench.clear()).toBe("still-warm");
	bench.hold(400, minutes(60));
	expect(bench.reason).toBe("warm");
	expect(bench.clear()).toBe("");
	expect(bench.reason).toBe("");
	expect(bench.clear()).toBe("not-locked");
	bench.hold(400, minutes(60));
	expect(bench.reason).toBe("");
});

test("a thermometer that says nothing for a minute locks, and its return lifts that", () => {
	const bench = new FoodBench();
	bench.hold(400, minutes(5));
	bench.hold(undefined, minutes(3));
	expect(bench.reason).toBe("thermometer");
	expect(bench.clear()).toBe("thermometer");
	bench.hold(400, minutes(5));
	expect(bench.changes).toEqual([
		{ atMs: minutes(6), reason: "thermometer" },
		{ atMs: minutes(8) + seconds(5), reason: "" },
	]);
});

test("the time in which nobody knows counts as warm", () => {
	const bench = new FoodBench();
	bench.hold(400, minutes(5));
	bench.hold(undefined, minutes(16));
	expect(bench.changes).toEqual([
		{ atMs: minutes(6), reason: "thermometer" },
		{ atMs: minutes(20), reason: "warm" },
	]);
	bench.hold(400, minutes(5));
	expect(bench.reason).toBe("warm");
	const together = new FoodBench();
	together.hold(400, minutes(5));
	together.hold(undefined, minutes(8));
	together.hold(700, minutes(8));
	expect(together.changes.at(-1)).toEqual({ atMs: minutes(20), reason: "warm" });
});

test("a thermometer that never says anything locks a minute after the start", () => {
	const bench = new FoodBench();
	bench.silence(minutes(2));
	expect(bench.changes).toEqual([{ atMs: minutes(1), reason: "thermometer" }]);
});

test("the lock outlives a power cut, whatever the first reading says", () => {
	for (const centidegrees of [300, 900]) {
		const bench = new FoodBench();
		bench.hold(700, minutes(16));
		bench.powerCut();
		expect(bench.reason).toBe("warm");
		bench.hold(centidegrees, minutes(5));
		expect(bench.reason).toBe("warm");
	}
});

test("a dead thermometer stays dead over a power cut until it says something", () => {
	const bench = new FoodBench();
	bench.hold(400, minutes(1));
	bench.hold(undefined, minutes(2));
	bench.powerCut();
	expect(bench.reason).toBe("thermometer");
	bench.hold(400, seconds(5));
	expect(bench.reason).toBe("");
});

test("cold food after a power cut begins with nothing", () => {
	const bench = new FoodBench();
	bench.hold(700, minutes(14));
	bench.powerCut();
	bench.hold(500, seconds(5));
	bench.hold(700, minutes(14));
	expect(bench.reason).toBe("");
});

test("cut at any second, warm time is neither lost nor counted more than 10 s too long", () => {
	for (let cutAtMs = seconds(1); cutAtMs < minutes(15); cutAtMs += seconds(1)) {
		const bench = new FoodBench();
		bench.hold(400, seconds(5));
		bench.hold(700, cutAtMs);
		bench.powerCut();
		bench.hold(700, minutes(20));
		const warmMs = bench.changes[0]!.atMs - seconds(5);
		expect(warmMs).toBeGreaterThanOrEqual(minutes(15) - seconds(10));
		expect(warmMs).toBeLessThanOrEqual(minutes(15) + seconds(10));
	}
});

test("a power cut every 4 s does not keep the lock away", () => {
	const bench = new FoodBench();
	bench.hold(700, seconds(10));
	for (let cut = 0; cut < 300 && bench.reason === ""; cut++) {
		bench.powerCut();
		bench.hold(700, seconds(4), seconds(1));
	}
	expect(bench.reason).toBe("warm");
	expect(bench.nowMs).toBeLessThanOrEqual(minutes(15) + seconds(10));
});

test("a store that takes nothing locks until it does", () => {
	const bench = new FoodBench();
	bench.hold(400, minutes(1));
	bench.storeFails = true;
	bench.hold(700, minutes(1));
	expect(bench.reason).toBe("storage");
	bench.storeFails = false;
	bench.hold(700, seconds(5));
	expect(bench.reason).toBe("");
	bench.hold(700, minutes(14));
	expect(bench.reason).toBe("warm");
});

test("a record that cannot be read locks until a person has looked", () => {
	const start = startFood("unreadable", 0);
	expect(start.effects).toContainEqual({ type: "lock", reason: "warm" });
	const settings = { limitCentidegrees: 500 };
	const cold = transitionFood(start.state, { type: "sample", centidegrees: 400, atMs: 1_000 }, settings).state;
	expect(cold.record.lock).toBe("warm");
	const cleared = transitionFood(cold, { type: "clear", atMs: 2_000 }, settings);
	expect(cleared.effects).toContainEqual({ type: "lock", reason: "" });
});

test("while it is warm the record is written every 5 s, and not at all while it is cold", () => {
	const bench = new FoodBench();
	bench.hold(400, minutes(10));
	expect(bench.writes).toBe(0);
	bench.hold(700, minutes(2));
	expect(bench.writes).toBe(24);
	bench.hold(400, minutes(10));
	// Once more because 5 s are over, and at the same instant because it is cold.
	expect(bench.writes).toBe(26);
});
