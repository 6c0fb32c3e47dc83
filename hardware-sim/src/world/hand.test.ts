import { expect, test } from "vitest";
import { SimulationClock } from "../clock.ts";
import { Hand } from "./hand.ts";

const ms = 1_000_000;
const place = { xMm: 200, zMm: 100 };
const cola = { name: "cola", milligrams: 355_000 };

function reached(carries: "in" | "out" | "nothing", shelf = 2) {
	const clock = new SimulationClock();
	const hand = new Hand(clock);
	clock.run(1_000 * ms);
	return hand.reach({ shelf, place, touchNs: 240 * ms, carries, thing: cola });
}

test("a hand comes from the front, touches the thing when it is taken, and is out again half a second later", () => {
	const gesture = reached("out");
	expect(gesture.at(640 * ms)).toBeUndefined();
	expect(gesture.at(650 * ms)?.zMm).toBe(-520);
	expect(gesture.at(1_000 * ms)).toEqual({ xMm: 200, yMm: 560, zMm: 100 });
	expect(gesture.at(1_240 * ms)).toEqual({ xMm: 200, yMm: 520, zMm: 100 });
	expect(gesture.at(1_690 * ms)?.zMm).toBe(-520);
	expect(gesture.at(1_700 * ms)).toBeUndefined();
});

test("what is taken is in the hand from the first touch on, what is put back until the hand lets go", () => {
	const out = reached("out");
	expect(out.holds(999 * ms)).toBeUndefined();
	expect(out.holds(1_000 * ms)).toBe(cola);
	expect(out.holds(1_690 * ms)).toBe(cola);
	const back = reached("in");
	expect(back.holds(700 * ms)).toBe(cola);
	expect(back.holds(1_239 * ms)).toBe(cola);
	expect(back.holds(1_240 * ms)).toBeUndefined();
	expect(reached("nothing").holds(1_100 * ms)).toBeUndefined();
});

test("a hand that leans on a shelf stays there until it leaves", () => {
	const clock = new SimulationClock();
	const hand = new Hand(clock);
	clock.run(1_000 * ms);
	const gesture = hand.reach({ shelf: 0, place, touchNs: Number.POSITIVE_INFINITY, carries: "nothing" });
	expect(gesture.at(60_000 * ms)).toEqual({ xMm: 200, yMm: 0, zMm: 100 });
	gesture.leave(61_000 * ms);
	expect(gesture.at(61_400 * ms)?.zMm).toBeLessThan(-100);
	expect(gesture.at(62_000 * ms)).toBeUndefined();
});

test("a hand never leaps, and passes no shelf's front edge on its way", () => {
	for (const carries of ["in", "out", "nothing"] as const) {
		const gesture = reached(carries, 1);
		const path = Array.from({ length: 103 }, (_, index) => gesture.at((655 + 10 * index) * ms)).filter(
			(point) => point !== undefined,
		);
		expect(path.length).toBeGreaterThan(100);
		for (const [index, point] of path.entries()) {
			if (point.zMm > -30) expect(point.yMm).toBeLessThanOrEqual(280);
			const before = path[index - 1];
			if (before === undefined) continue;
			const distance = Math.hypot(point.xMm - before.xMm, point.yMm - before.yMm, point.zMm - before.zMm);
			// 10 ms of a quick arm: 5 m/s.
			expect(distance).toBeLessThan(50);
		}
	}
});
