import { expect, test } from "vitest";
import { SeededRandom } from "../random.ts";
import { countedSidePixels, countedVisibility, detectorSize, isCounted } from "./counted.ts";
import { randomScene } from "./random-scene.ts";
import { SceneRenderer, type SeenObject } from "./scene.ts";
import { splits } from "./split.ts";
import { Wardrobe } from "./wardrobe.ts";

test("a box is the smallest one that holds every pixel of its object, and visibility is their part of all", () => {
	const wardrobe = new Wardrobe("validation");
	const renderer = new SceneRenderer({ width: 320, height: 180 });
	let seenObjects = 0;
	for (let number = 0; number < 3; number++) {
		const scene = randomScene(new SeededRandom(number), wardrobe);
		renderer.draw(scene);
		const extents = new Map<number, { box: [number, number, number, number]; pixels: number }>();
		for (const [at, body] of renderer.raster.bodies.entries()) {
			if (body === 0) continue;
			const [x, y] = [at % 320, Math.floor(at / 320)];
			const extent = extents.get(body) ?? { box: [x, y, x + 1, y + 1], pixels: 0 };
			extent.pixels += 1;
			const [x1, y1, x2, y2] = extent.box;
			extent.box = [Math.min(x1, x), Math.min(y1, y), Math.max(x2, x + 1), Math.max(y2, y + 1)];
			extents.set(body, extent);
		}
		const objects = renderer.truth(scene);
		const labelled = [...extents].filter(([body]) => scene.bodies[body - 1]?.label !== undefined);
		expect(objects.map(({ box }) => box)).toEqual(
			labelled.sort(([one], [other]) => one - other).map(([, { box }]) => box),
		);
		// Alone in the picture, a thing that stands whole inside of it shows all of itself.
		for (const [index, body] of scene.bodies.entries()) {
			const extent = extents.get(index + 1);
			if (body.label === undefined || extent === undefined || index > 3) continue;
			const alone = { ...scene, bodies: [body] };
			const other = new SceneRenderer({ width: 320, height: 180 });
			other.draw(alone);
			const [whole] = other.truth(alone);
			const here = objects[labelled.findIndex(([number]) => number === index + 1)];
			const pixelsAlone = other.raster.bodies.reduce((sum, value) => sum + value, 0);
			expect(here?.visibility).toBeCloseTo(((whole?.visibility ?? 0) * extent.pixels) / pixelsAlone, 6);
		}
		seenObjects += objects.length;
	}
	expect(seenObjects).toBeGreaterThan(15);
});

test("an object counts from a visibility and a size on, whatever the size of the picture", () => {
	const seen = (visibility: number, side: number): SeenObject => ({
		label: "cola",
		box: [10, 10, 10 + side, 90],
		visibility,
		occludedByHand: false,
	});
	expect(isCounted(seen(countedVisibility, countedSidePixels), detectorSize)).toBe(true);
	expect(isCounted(seen(countedVisibility - 0.01, 40), detectorSize)).toBe(false);
	expect(isCounted(seen(1, countedSidePixels - 1), detectorSize)).toBe(false);
	const double = { width: 2 * detectorSize.width, height: 2 * detectorSize.height };
	expect(isCounted(seen(1, 2 * countedSidePixels - 1), double)).toBe(false);
	expect(isCounted(seen(1, 2 * countedSidePixels), double)).toBe(true);
});

test("no cabinet, hand, sleeve or wrapping of one split has a twin in another", () => {
	const owners = new Map<string, string>();
	let looked = 0;
	for (const split of splits) {
		const wardrobe = new Wardrobe(split);
		const random = new SeededRandom(1);
		const names = new Set<string>();
		for (let draw = 0; draw < 16; draw++) {
			const material = wardrobe.material(random);
			const hand = wardrobe.hand(random);
			const design = wardrobe.designs("yogurt")[draw % wardrobe.designs("yogurt").length]!;
			for (const [name, texture] of [
				[`cabinet ${material.name}`, material.wall],
				[`rail ${material.name}`, material.rail],
				[`hand ${hand.name}`, hand.skin],
				[`sleeve ${hand.name}`, hand.sleeve],
				[`wrapping ${design.name}`, wardrobe.wrapping(design)],
			] as const) {
				if (names.has(name)) continue;
				names.add(name);
				expect(name).toContain(split);
				const pixels = texture.levels[1]!.join();
				expect(owners.get(pixels) ?? split, name).toBe(split);
				owners.set(pixels, split);
				looked += 1;
			}
		}
	}
	expect(looked).toBeGreaterThan(60);
});
