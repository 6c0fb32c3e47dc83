import { describe, expect, test } from "vitest";
import { detectorSize } from "../camera/counted.ts";
import type { SeenObject } from "../camera/scene.ts";
import { SeededRandom } from "../random.ts";
import { DetectorAccuracy, type Found } from "./detector-accuracy.ts";

type Box = readonly [number, number, number, number];
const box: Box = [100, 100, 140, 160];
const elsewhere: Box = [300, 100, 340, 160];

function seen(at: Box, visibility = 1, label = "cola"): SeenObject {
	return { label, box: at, visibility, occludedByHand: false };
}

function found(at: Box, score: number, label = "cola"): Found {
	return { label, score, box: at };
}

/** AP50 and AP of scenes of one class. */
function figures(...scenes: readonly (readonly [readonly Found[], readonly SeenObject[]])[]): [number, number] {
	const accuracy = new DetectorAccuracy(["cola", "water"]);
	for (const [detections, truth] of scenes) accuracy.add(detections, truth, detectorSize);
	const { ap50, ap } = accuracy.score(new SeededRandom(1));
	return [ap50.value, ap.value];
}

describe("average precision of a detector", () => {
	test("is 1 where every object is found once and nothing else", () => {
		expect(
			figures([
				[found(box, 0.9), found(elsewhere, 0.2)],
				[seen(box), seen(elsewhere)],
			]),
		).toEqual([1, 1]);
	});

	test("is the part of recalls that are reached: half of the objects give 51 of 101", () => {
		expect(figures([[found(box, 0.9)], [seen(box), seen(elsewhere)]])[0]).toBeCloseTo(51 / 101, 12);
	});

	test("a second detection of an object that comes before a right one halves the precision from there on", () => {
		const [ap50] = figures([
			[found(box, 0.9), found(box, 0.8), found(elsewhere, 0.7)],
			[seen(box), seen(elsewhere)],
		]);
		expect(ap50).toBeCloseTo((51 + 50 * (2 / 3)) / 101, 12);
	});

	test("a box that agrees by 0.72 is right at five of the ten thresholds", () => {
		const loose: Box = [100, 100, 140, 160 * 0.72 + 100 * 0.28];
		const [ap50, ap] = figures([[found(loose, 0.9)], [seen(box)]]);
		expect(ap50).toBe(1);
		expect(ap).toBeCloseTo(0.5, 12);
	});

	test("what is hidden too far or too small counts neither as missed nor as wrong when found", () => {
		const sliver: Box = [200, 100, 211, 160];
		const hidden = [seen(elsewhere, 0.49), seen(sliver)];
		expect(figures([[found(box, 0.5)], [seen(box), ...hidden]])).toEqual([1, 1]);
		expect(
			figures([
				[found(elsewhere, 0.9), found(sliver, 0.8), found(box, 0.5)],
				[seen(box), ...hidden],
			]),
		).toEqual([1, 1]);
		// Under another product's name it is wrong.
		const [ap50] = figures([
			[found(elsewhere, 0.9), found(box, 0.5)],
			[seen(box), seen(elsewhere, 0.49, "water")],
		]);
		expect(ap50).toBeCloseTo(0.5, 12);
	});

	test("a class without any object is left out of the mean", () => {
		const accuracy = new DetectorAccuracy(["cola", "water"]);
		accuracy.add([found(box, 0.9)], [seen(box)], detectorSize);
		expect(Object.keys(accuracy.score(new SeededRandom(1)).classes)).toEqual(["cola"]);
	});

	test("the interval holds the value, and is one point where all scenes are alike", () => {
		const accuracy = new DetectorAccuracy(["cola"]);
		for (let scene = 0; scene < 40; scene++)
			accuracy.add(scene % 4 === 0 ? [] : [found(box, 0.9)], [seen(box)], detectorSize);
		const { ap50 } = accuracy.score(new SeededRandom(1));
		expect(ap50.value).toBeCloseTo(76 / 101, 12);
		expect(ap50.low).toBeLessThan(ap50.value);
		expect(ap50.high).toBeGreaterThan(ap50.value);
		const even = new DetectorAccuracy(["cola"]);
		for (let scene = 0; scene < 10; scene++) even.add([found(box, 0.9)], [seen(box)], detectorSize);
		expect(even.score(new SeededRandom(1)).ap50).toEqual({ value: 1, low: 1, high: 1 });
	});
});
