import { SeededRandom } from "../random.ts";
import { type Corruption, corrupt } from "./corruption.ts";
import { expose, type RgbPicture, randomExposure, smear } from "./exposure.ts";
import { randomScene } from "./random-scene.ts";
import { SceneRenderer, type SeenObject } from "./scene.ts";
import type { Split } from "./split.ts";
import type { PictureSize } from "./view.ts";
import { Wardrobe } from "./wardrobe.ts";

/** One labelled picture. */
export interface LabelledPicture {
	/** Number in its data set; with the seed and the split it says everything about the picture. */
	readonly scene: number;
	readonly camera: number;
	readonly picture: RgbPicture;
	/** Boxes are in pixels of the picture. */
	readonly objects: readonly SeenObject[];
}

/** Sizes that scenes are drawn in before they are exposed; pictures for judgement are drawn in the last one. */
const drawn = [
	{ width: 480, height: 270 },
	{ width: 640, height: 360 },
] as const;

/** Makes labelled pictures, each from its number alone. */
export class SceneMaker {
	readonly #random: SeededRandom;
	readonly #split: Split;
	readonly #size: PictureSize;
	readonly #corruption: Corruption;
	readonly #wardrobe: Wardrobe;
	readonly #renderers = drawn.map((size) => new SceneRenderer(size));

	constructor(options: {
		readonly seed: number;
		readonly split: Split;
		/** Of the picture that the whole view is stretched to. */
		readonly size: PictureSize;
		readonly corruption?: Corruption | undefined;
	}) {
		this.#random = new SeededRandom(options.seed);
		this.#split = options.split;
		this.#size = options.size;
		this.#corruption = options.corruption ?? "none";
		this.#wardrobe = new Wardrobe(options.split);
	}

	async make(number: number): Promise<LabelledPicture> {
		const random = this.#random.fork(`${this.#split} scene ${number}`);
		const scene = randomScene(random.fork("world"), this.#wardrobe);
		const chance = random.fork("sensor");
		const coarse = this.#split === "training" && chance.next() < 0.75;
		const renderer = this.#renderers[coarse ? 0 : 1]!;
		renderer.draw(scene);
		const { width, height } = renderer.raster.size;
		const [across, down] = [this.#size.width / width, this.#size.height / height];
		const objects = renderer.truth(scene).map((object): SeenObject => {
			const [x1, y1, x2, y2] = object.box;
			return { ...object, box: [x1 * across, y1 * down, x2 * across, y2 * down] };
		});
		const exposure = randomExposure(chance);
		smear(renderer.raster, Uint8Array.of(0, ...scene.bodies.map(({ moves }) => (moves ? 1 : 0))), exposure.motion);
		const clean = expose(renderer.raster, exposure, this.#size, chance);
		const picture = await corrupt(clean, this.#corruption, random.fork(this.#corruption));
		return { scene: number, camera: scene.firstShelf / 2, picture, objects };
	}
}
