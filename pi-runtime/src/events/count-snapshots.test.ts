import { expect, test } from "vitest";
import { eyeLabels, FridgeEyes } from "../../test/fridge-eyes.ts";
import { countSnapshots } from "./count-snapshots.ts";
import { defaultEventSettings } from "./event-settings.ts";
import { usualShelfZones } from "./shelf-zones.ts";
import { standingScene } from "./standing-scene.ts";

/** The likeliest net change of each product, shelf by shelf, of what a shopper did. */
function counted(
	seed: number,
	tell: (eyes: FridgeEyes) => void,
): { likeliest: Record<string, number>[]; sums: number[] } {
	const eyes = new FridgeEyes({ seed });
	eyes.wait(1_300);
	const openedMs = eyes.nowMs;
	eyes.open();
	tell(eyes);
	eyes.close();
	const closedMs = eyes.nowMs;
	eyes.wait(1_300);
	const pairs = [0, 1].map((camera) => {
		const frames = eyes.frames.filter((frame) => frame.camera === camera);
		const scene = (fromMs: number, untilMs: number) =>
			standingScene(
				frames.filter(({ atMs }) => atMs >= fromMs && atMs < untilMs).slice(-12),
				eyeLabels,
				defaultEventSettings,
			);
		return {
			camera,
			width: 1_280,
			height: 720,
			before: scene(0, openedMs),
			after: scene(closedMs, Number.POSITIVE_INFINITY),
		};
	});
	const snapshots = countSnapshots(pairs, eyeLabels, usualShelfZones);
	expect(snapshots.map(({ shelf }) => shelf)).toEqual([0, 1, 2, 3]);
	return {
		likeliest: snapshots.map(({ changes }) =>
			Object.fromEntries(
				Object.entries(changes)
					.map(([sku, list]) => [sku, [...list].sort(([, a], [, b]) => b - a)[0]![0]] as const)
					.filter(([, change]) => change !== 0),
			),
		),
		sums: snapshots.flatMap(({ changes }) =>
			Object.values(changes).map((list) => list.reduce((sum, [, p]) => sum + p, 0)),
		),
	};
}

test("an untouched fridge has not changed, and says so of every product that is seen", () => {
	const { likeliest, sums } = counted(1, (eyes) => eyes.wait(1_000));
	expect(likeliest).toEqual([{}, {}, {}, {}]);
	expect(sums.length).toBeGreaterThanOrEqual(14);
	for (const sum of sums) expect(sum).toBeCloseTo(1, 2);
});

test("what was taken is missing, and what was put back is not", () => {
	const { likeliest } = counted(2, (eyes) => {
		eyes.wait(500);
		eyes.take("cola");
		eyes.wait(1_200);
		const juice = eyes.take("apple-juice");
		eyes.wait(1_200);
		eyes.putBack(juice);
		eyes.wait(1_200);
	});
	expect(likeliest).toEqual([{ cola: 1 }, {}, {}, {}]);
});

test("two of a row are two", () => {
	const { likeliest } = counted(3, (eyes) => {
		eyes.wait(500);
		eyes.take("yogurt");
		eyes.wait(1_300);
		eyes.take("yogurt");
		eyes.wait(1_200);
	});
	expect(likeliest).toEqual([{}, {}, { yogurt: 2 }, {}]);
});

test("a shelf that no camera saw is left out", () => {
	expect(countSnapshots([], eyeLabels, usualShelfZones)).toEqual([]);
});
