import { expect, test } from "vitest";
import { detectorSize } from "./counted.ts";
import { labels, skus } from "./random-scene.ts";
import { SceneMaker } from "./scene-maker.ts";
import { splits } from "./split.ts";
import { Wardrobe } from "./wardrobe.ts";

test("a picture depends on seed, split and number alone, not on what was drawn before", async () => {
	const order = { seed: 7, split: "evaluation", size: detectorSize } as const;
	const first = new SceneMaker(order);
	await first.make(0);
	const again = await new SceneMaker(order).make(3);
	expect(await first.make(3)).toEqual(again);
	expect((await new SceneMaker({ ...order, seed: 8 }).make(3)).picture).not.toEqual(again.picture);
});

test("eighteen products and a hand are told apart", () => {
	expect(skus).toHaveLength(18);
	expect(labels).toHaveLength(19);
	expect(labels.at(-1)).toBe("hand");
});

test("no design, brand or colour of one split is found in another", () => {
	const seen = new Map<string, string>();
	for (const split of splits) {
		const wardrobe = new Wardrobe(split);
		for (const sku of skus)
			for (const design of wardrobe.designs(sku)) {
				const looks = [design.brand, `${sku} ${design.main} ${design.second}`, `${sku} ${design.name}`];
				for (const look of looks) {
					expect(seen.get(look) ?? split, look).toBe(split);
					seen.set(look, split);
				}
			}
	}
});

test("boxes lie in the picture, and visibility is a part of a whole", async () => {
	const maker = new SceneMaker({ seed: 1, split: "training", size: detectorSize });
	for (let scene = 0; scene < 5; scene++)
		for (const { box, visibility, label } of (await maker.make(scene)).objects) {
			const [x1, y1, x2, y2] = box;
			expect(labels).toContain(label);
			expect(x1).toBeGreaterThanOrEqual(0);
			expect(y1).toBeGreaterThanOrEqual(0);
			expect(x2).toBeGreaterThan(x1);
			expect(y2).toBeGreaterThan(y1);
			expect(x2).toBeLessThanOrEqual(detectorSize.width);
			expect(y2).toBeLessThanOrEqual(detectorSize.height);
			expect(visibility).toBeGreaterThan(0);
			expect(visibility).toBeLessThanOrEqual(1);
		}
});
