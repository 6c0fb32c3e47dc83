import { SeededRandom } from "@visionvend/hardware-sim/random";
import { expect, test } from "vitest";
import type { Frame } from "../capture/frame.ts";
import { MotionGate } from "./motion-gate.ts";

const size = { width: 320, height: 180 };
const random = new SeededRandom(1);

/** A grey picture with noise; `level` of the whole, and a brighter block of 40 × 40 pixels. */
function frame(sequence: number, { level = 100, block = undefined as number | undefined, noise = 8 } = {}): Frame {
	const data = new Uint8Array((size.width * size.height * 3) / 2).fill(128);
	for (let y = 0; y < size.height; y++) {
		for (let x = 0; x < size.width; x++) {
			const isBlock = block !== undefined && x >= block && x < block + 40 && y >= 60 && y < 100;
			data[y * size.width + x] = Math.max(0, Math.min(255, level + (isBlock ? 60 : 0) + noise * random.gaussian()));
		}
	}
	return { camera: 0, sequence, atMs: sequence * 66, ...size, data };
}

test("a scene at rest passes until it has rested, then once in a while", () => {
	const gate = new MotionGate({ restFrames: 5, keepAliveMs: 2_000 });
	const passed = Array.from({ length: 100 }, (_, index) => gate.passes(frame(index)));
	expect(passed.slice(0, 6)).toEqual(Array(6).fill(true));
	const later = passed.slice(6).flatMap((passes, index) => (passes ? [index + 6] : []));
	expect(later.length).toBe(3);
	expect(later[1]! - later[0]!).toBe(Math.ceil(2_000 / 66));
});

test("what moves passes, and some pictures after it", () => {
	const gate = new MotionGate({ restFrames: 3 });
	for (let index = 0; index < 10; index++) gate.passes(frame(index));
	expect(gate.passes(frame(10))).toBe(false);
	const passed = [0, 40, 80, 80, 80, 80, 80, 80].map((block, index) => gate.passes(frame(11 + index, { block })));
	expect(passed).toEqual([true, true, true, true, true, true, false, false]);
});

test("a lamp that goes on is no motion", () => {
	const gate = new MotionGate({ restFrames: 2 });
	for (let index = 0; index < 8; index++) gate.passes(frame(index));
	expect(gate.passes(frame(8, { level: 140 }))).toBe(false);
	expect(gate.brightness).toBeGreaterThan(135);
});

test("woken, it lets pictures pass though nothing moves", () => {
	const gate = new MotionGate({ restFrames: 2 });
	for (let index = 0; index < 8; index++) gate.passes(frame(index));
	gate.wake();
	expect([8, 9, 10, 11].map((index) => gate.passes(frame(index)))).toEqual([true, true, false, false]);
});
