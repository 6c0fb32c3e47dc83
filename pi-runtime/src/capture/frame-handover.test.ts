import { expect, test } from "vitest";
import type { Frame } from "./frame.ts";
import { FrameHandover } from "./frame-handover.ts";

function frame(sequence: number): Frame {
	return { camera: 0, sequence, atMs: sequence, width: 2, height: 2, data: new Uint8Array(6) };
}

test("while the listener is busy the newest frame waits and older ones are dropped, counted", async () => {
	const got: number[] = [];
	const ends: (() => void)[] = [];
	const handover = new FrameHandover(({ sequence }) => {
		got.push(sequence);
		return new Promise((resolve) => ends.push(resolve));
	});
	for (const sequence of [0, 1, 2, 3]) handover.offer(frame(sequence));
	expect(got).toEqual([0]);
	expect(handover.drops).toEqual({ busy: 2 });
	ends.shift()?.();
	await new Promise(setImmediate);
	expect(got).toEqual([0, 3]);
	ends.shift()?.();
	await new Promise(setImmediate);
	handover.offer(frame(4));
	expect(got).toEqual([0, 3, 4]);
	expect(handover.drops).toEqual({ busy: 2 });
});

test("a listener that returns nothing gets every frame at once", () => {
	const got: number[] = [];
	const handover = new FrameHandover(({ sequence }) => void got.push(sequence));
	for (const sequence of [0, 1, 2]) handover.offer(frame(sequence));
	expect(got).toEqual([0, 1, 2]);
	handover.close();
	handover.offer(frame(3));
	expect(got).toEqual([0, 1, 2]);
	expect(handover.drops).toEqual({});
});
