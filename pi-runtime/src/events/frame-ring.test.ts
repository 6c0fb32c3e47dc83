import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameRing } from "./frame-ring.ts";

const bytes = 600;
const frame = (camera: number, sequence: number) => ({
	camera,
	sequence,
	atMs: sequence * 100,
	width: 20,
	height: 20,
	data: new Uint8Array(bytes),
});

test("frames of a camera and a time are taken out once, oldest first", () => {
	const ring = new FrameRing();
	for (let sequence = 0; sequence < 10; sequence++) {
		ring.push(frame(0, sequence));
		ring.push(frame(1, sequence));
	}
	expect(ring.take(1, 250, 550).map(({ sequence }) => sequence)).toEqual([3, 4, 5]);
	expect(ring.take(1, 250, 550)).toEqual([]);
	expect(ring.size).toBe(17);
	ring.clear();
	expect([ring.size, ring.bytes]).toEqual([0, 0]);
});

test("above the cap it grows thin instead of short", () => {
	const ring = new FrameRing(11 * bytes);
	for (let sequence = 0; sequence <= 80; sequence++) ring.push(frame(0, sequence));
	const kept = ring.take(0, 0, Number.POSITIVE_INFINITY).map(({ sequence }) => sequence);
	expect(kept).toHaveLength(11);
	expect([kept[0], kept.at(-1)]).toEqual([0, 80]);
	expect(Math.max(...kept.slice(1).map((sequence, index) => sequence - kept[index]!))).toBeLessThanOrEqual(17);
});

test("it never holds more than the cap, whatever comes", () => {
	fc.assert(
		fc.property(
			fc.array(fc.tuple(fc.integer({ min: 0, max: 1 }), fc.nat(50)), { maxLength: 80 }),
			fc.integer({ min: 0, max: 9_000 }),
			(pushes, cap) => {
				const ring = new FrameRing(cap);
				let at = 0;
				for (const [camera, step] of pushes) {
					at += step;
					ring.push(frame(camera, at));
					expect(ring.bytes).toBeLessThanOrEqual(cap);
					expect(ring.bytes).toBe(ring.size * bytes);
				}
			},
		),
	);
});
