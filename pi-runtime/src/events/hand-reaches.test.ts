import { expect, test } from "vitest";
import { reachesOf } from "./hand-reaches.ts";

/** Looks at a hand of 100 × 120 whose upper edge is at these heights, fifteen a second. */
const looks = (tops: readonly number[], x = 600) =>
	tops.map((top, index) => ({ atMs: index * 66, box: [x, top, x + 100, top + 120] as const }));

test("in, touch, out is one reach", () => {
	const [reach, ...more] = reachesOf(0, 7, looks([600, 500, 400, 300, 290, 285, 290, 400, 500, 600]), 720);
	expect(more).toEqual([]);
	expect(reach).toMatchObject({ hand: 7, fromMs: 0, untilMs: 9 * 66, deepest: { atMs: 5 * 66 } });
	expect([reach?.inward.length, reach?.touching.length, reach?.outward.length]).toEqual([3, 4, 3]);
});

test("a hand that comes out half-way and goes in again reaches twice", () => {
	const reaches = reachesOf(0, 1, looks([600, 400, 300, 300, 300, 450, 520, 430, 250, 250, 250, 400, 600]), 720);
	expect(reaches.map(({ deepest }) => deepest.box[1])).toEqual([300, 250]);
	expect(reaches[0]?.untilMs).toBe(reaches[1]?.fromMs);
});

test("trembling is no second reach", () => {
	expect(reachesOf(0, 1, looks([600, 400, 300, 312, 299, 315, 301, 420, 600]), 720)).toHaveLength(1);
});

test("a hand that comes down from an upper shelf touches where it stays, not where it came in", () => {
	const reaches = reachesOf(0, 1, looks([270, 420, 500, 505, 480, 465, 462, 464, 530, 620, 690]), 720);
	expect(reaches.map(({ deepest }) => deepest.box[1])).toEqual([462]);
});

test("no looks, no reach", () => {
	expect(reachesOf(0, 1, [], 720)).toEqual([]);
});
