import { expect, test } from "vitest";
import { SimulationClock } from "../clock.ts";
import { Hand } from "./hand.ts";

const ms = 1_000_000;
const place = { xMm: 200, zMm: 100 };

/** Positions every 10 ms from `fromMs` to `toMs`, where there are any. */
function track(hand: Hand, fromMs: number, toMs: number) {
	return Array.from({ length: (toMs - fromMs) / 10 }, (_, index) => hand.at((fromMs + 10 * index) * ms)).filter(
		(point) => point !== undefined,
	);
}

test("a hand comes from the front, touches the thing when it is taken, and is out again half a second later", () => {
	const clock = new SimulationClock();
	const hand = new Hand(clock);
	clock.run(1_000 * ms);
	expect(hand.at(clock.now)).toBeUndefined();
	hand.reach({ shelf: 2, place, touchNs: 240 * ms, carries: "out" });
	expect(hand.at(640 * ms)).toBeUndefined();
	expect(hand.at(650 * ms)?.zMm).toBe(-350);
	expect(hand.at(1_000 * ms)).toEqual({ xMm: 200, yMm: 560, zMm: 100 });
	expect(hand.at(1_240 * ms)).toEqual({ xMm: 200, yMm: 520, zMm: 100 });
	expect(hand.at(1_690 * ms)?.zMm).toBe(-350);
	expect(hand.at(1_700 * ms)).toBeUndefined();
});

test("a hand never leaps, also where the next thing is wanted before it is out", () => {
	const clock = new SimulationClock();
	const hand = new Hand(clock);
	const path: ReturnType<typeof track> = [];
	for (const [index, shelf] of [0, 3, 1, 1].entries()) {
		clock.run(500 * ms);
		const nowMs = clock.now / ms;
		path.push(...track(hand, nowMs - 500, nowMs - 350));
		hand.reach({
			shelf,
			place: { xMm: 100 + 200 * index, zMm: 50 * index },
			touchNs: 240 * ms,
			carries: index % 2 === 0 ? "out" : "in",
		});
		path.push(...track(hand, nowMs - 350, nowMs));
	}
	for (const [index, point] of path.entries()) {
		const before = path[index - 1];
		if (before === undefined) continue;
		const distance = Math.hypot(point.xMm - before.xMm, point.yMm - before.yMm, point.zMm - before.zMm);
		// 10 ms of a quick arm: 5 m/s.
		expect(distance).toBeLessThan(50);
	}
	expect(path.length).toBeGreaterThan(120);
});
