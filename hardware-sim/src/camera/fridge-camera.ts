import type { SeededRandom } from "../random.ts";
import type { Fridge } from "../world/fridge.ts";
import { type Gesture, type Hand, type Point, reachNs } from "../world/hand.ts";
import { lookOfProduct } from "../world/product-look.ts";
import type { Thing } from "../world/shelf.ts";
import { type Place, shelfSize } from "../world/shelf-layout.ts";
import { type Exposure, expose, type RgbPicture, smear } from "./exposure.ts";
import type { HandLook } from "./hand-model.ts";
import type { LightSetting } from "./light.ts";
import { gripFor, handBodies, radiusOf, randomPose } from "./random-scene.ts";
import { type Body, type Scene, SceneRenderer, type SeenObject } from "./scene.ts";
import { after, roll, scaled, type Turn, yaw } from "./turn.ts";
import { type PictureSize, View } from "./view.ts";
import type { Wardrobe } from "./wardrobe.ts";

/** A picture is of a moment that is past by so much: the way of a hand to a shelf is known once it has touched. */
export const cameraDelayNs = reachNs;

/** Of the light and of the sensor; day, and a usual sensor, where not given. */
export interface CameraConditions {
	readonly light?: Pick<LightSetting, "ambient" | "lamp"> | undefined;
	/** Standard deviation of a pixel in the dark, and added at full white, in levels of 255. */
	readonly noise?: number | undefined;
	readonly shotNoise?: number | undefined;
	/** Condensation on the lens, 0 to 1. */
	readonly fog?: number | undefined;
}

const usualLight = Object.freeze({ ambient: 0.55, lamp: 0.62 });
/** The shutter is open for so long. */
const shutterNs = 16_000_000;
/** What the cameras of one fridge keep of the past. */
const keepNs = 5_000_000_000;
/** Half of what an empty hand is bent to, millimetres. */
const emptyMm = 32;

/** What stood in the fridge from a moment on. */
interface Standing {
	readonly fromNs: number;
	readonly things: readonly { readonly thing: Thing; readonly shelf: number; readonly place: Place }[];
}

/** How a thing looks in this fridge. */
interface Worn {
	readonly body: Omit<Body, "stand" | "moves" | "shadowMm">;
	readonly turn: Turn;
	readonly held: Turn;
	readonly grip: ReturnType<typeof gripFor>;
}

/**
 * The cameras of a simulated fridge: they see the same world as its scales and its door, on the same clock. One object
 * draws for all of them, since they share wrappings, hands and light.
 */
export class FridgeCameras {
	readonly #fridge: Fridge;
	readonly #hand: Hand;
	readonly #wardrobe: Wardrobe;
	readonly #random: SeededRandom;
	readonly #exposure: Exposure;
	readonly #size: PictureSize;
	readonly #look: HandLook;
	readonly #views: readonly { readonly base: Omit<Scene, "bodies" | "firstShelf">; readonly renderer: SceneRenderer }[];
	readonly #worn = new Map<Thing, Worn>();
	readonly #designs = new Map<string, number>();
	readonly #drawn: (string | undefined)[] = [];
	#history: Standing[];

	/**
	 * @param size of the pictures that are drawn; those of {@link picture} may have another one, and are stretched to it.
	 */
	constructor(options: {
		readonly fridge: Fridge;
		readonly hand: Hand;
		readonly wardrobe: Wardrobe;
		readonly random: SeededRandom;
		readonly size?: PictureSize | undefined;
		readonly conditions?: CameraConditions | undefined;
	}) {
		const { fridge, hand, wardrobe, random, size = { width: 640, height: 360 }, conditions = {} } = options;
		const { light = usualLight, noise = 3, shotNoise = 4, fog = 0 } = conditions;
		this.#fridge = fridge;
		this.#hand = hand;
		this.#wardrobe = wardrobe;
		this.#random = random.fork("sensor");
		this.#size = size;
		this.#exposure = { gains: [1, 1, 1], corners: 0.84, gamma: 1, noise, shotNoise, motion: [0, 0], fog };
		const chance = random.fork("looks");
		this.#look = wardrobe.hand(chance);
		const material = wardrobe.material(chance);
		this.#views = [0, 1].map((camera) => ({
			base: {
				pose: randomPose(chance, camera),
				light: { ...light, from: [0.1, 0.85, 0.7], falloff: 0.3 },
				material,
			},
			renderer: new SceneRenderer(size),
		}));
		for (const unit of fridge.units) this.#wear(unit, chance);
		this.#history = [{ fromNs: Number.NEGATIVE_INFINITY, things: this.#standing() }];
		fridge.onAction(({ atNs, event }) => {
			if (event !== "took" && event !== "put back" && event !== "placed") return;
			this.#history = [...this.#since(atNs - keepNs), { fromNs: atNs, things: this.#standing() }];
		});
	}

	/** Says what a picture of this moment would show: the same text is the same picture, but for its noise. */
	sceneAt(atNs: number): string {
		const moving = this.#gestures(atNs).length > 0;
		return `${this.#at(atNs).fromNs}${moving ? ` ${atNs}` : ""}`;
	}

	/** The picture of a camera at a moment; see {@link cameraDelayNs}. */
	picture(camera: number, atNs: number, size: PictureSize = this.#size): RgbPicture {
		const scene = this.#draw(camera, atNs);
		const { raster } = this.#views[camera]!.renderer;
		const moving = Uint8Array.of(0, ...scene.bodies.map(({ moves }) => (moves ? 1 : 0)));
		smear(raster, moving, this.#motion(scene, atNs));
		return expose(raster, this.#exposure, size, this.#random);
	}

	/** What can be seen in the picture of that moment, in pixels of the size it is drawn in. */
	truth(camera: number, atNs: number): SeenObject[] {
		return this.#views[camera]!.renderer.truth(this.#draw(camera, atNs));
	}

	#draw(camera: number, atNs: number): Scene {
		const view = this.#views[camera];
		if (view === undefined) throw new RangeError(`There is no camera ${camera}; the fridge has 0 and 1.`);
		const gestures = this.#gestures(atNs);
		const held = gestures.flatMap((gesture) => gesture.holds(atNs) ?? []);
		const standing = this.#at(atNs).things.filter(({ thing, shelf }) => {
			// Goods of the other camera's shelves are out of sight.
			return !held.includes(thing) && Math.floor(shelf / 2) === camera;
		});
		const bodies: Body[] = standing.map(({ thing, shelf, place }) => {
			const { body, turn } = this.#wornBy(thing);
			const { widthMm, depthMm } = lookOfProduct(body.label ?? "stone");
			return {
				...body,
				stand: {
					xMm: place.xMm,
					yMm: shelf * shelfSize.spacingMm - (place.liftMm ?? 0),
					zMm: place.zMm,
					turn,
				},
				moves: false,
				shadowMm: [0.62 * widthMm + 6, 0.62 * depthMm + 6],
			};
		});
		const key = standing.map(({ thing, place }) => `${thing.name}${place.xMm},${place.zMm}`).join("|");
		for (const gesture of gestures) bodies.push(...this.#handBodies(gesture, atNs));
		const scene: Scene = { ...view.base, firstShelf: 2 * camera, bodies };
		if (this.#drawn[camera] !== key) view.renderer.drawStill(scene);
		this.#drawn[camera] = key;
		view.renderer.drawMoving(scene);
		return scene;
	}

	#handBodies(gesture: Gesture, atNs: number): Body[] {
		const point = gesture.at(atNs);
		if (point === undefined) return [];
		const { thing } = gesture.reach;
		const turn = after(yaw(-0.12 + (point.xMm - shelfSize.widthMm / 2) / 1_800), roll(0.05));
		if (thing === undefined) {
			const stand = { ...point, yMm: point.yMm - 60, turn: scaled(turn, 1) };
			return handBodies(this.#wardrobe, this.#look, "open", emptyMm, false, stand);
		}
		const worn = this.#wornBy(thing);
		const sku = worn.body.label ?? "stone";
		const { grip, at } = worn.grip;
		const along = -at * lookOfProduct(sku).heightMm;
		// The hand holds the thing at a point of its axis, wherever that leans to.
		const stand = {
			xMm: point.xMm + worn.held[1]! * along,
			yMm: point.yMm + worn.held[4]! * along,
			zMm: point.zMm + worn.held[7]! * along,
			turn: scaled(turn, 1),
		};
		const hand = handBodies(this.#wardrobe, this.#look, grip, radiusOf(sku, grip), false, stand);
		if (gesture.holds(atNs) === undefined) return hand;
		return [{ ...worn.body, stand: { ...point, turn: worn.held }, moves: true }, ...hand];
	}

	/** How far the first hand goes while the shutter is open, pixels. */
	#motion({ pose }: Scene, atNs: number): readonly [number, number] {
		const [gesture] = this.#gestures(atNs);
		const [from, to] = [gesture?.at(atNs - shutterNs), gesture?.at(atNs)];
		if (from === undefined || to === undefined) return [0, 0];
		const view = new View(pose, this.#size);
		const pixel = ({ xMm, yMm, zMm }: Point) => view.project(xMm, yMm, zMm);
		const [a, b] = [pixel(from), pixel(to)];
		return [b.u - a.u, b.v - a.v];
	}

	#gestures(atNs: number): readonly Gesture[] {
		return this.#hand.gestures.filter((gesture) => gesture.at(atNs) !== undefined);
	}

	#at(atNs: number): Standing {
		return this.#since(atNs)[0]!;
	}

	/** What stood there at a moment, and whatever came after. */
	#since(atNs: number): Standing[] {
		const later = this.#history.findIndex(({ fromNs }) => fromNs > atNs);
		return this.#history.slice(Math.max(0, (later < 0 ? this.#history.length : later) - 1));
	}

	#standing(): Standing["things"] {
		return this.#fridge.shelves.flatMap((shelf) =>
			shelf.things.map((thing) => ({ thing, shelf: shelf.number, place: shelf.placeOf(thing) ?? shelf.edge })),
		);
	}

	#wornBy(thing: Thing): Worn {
		return this.#worn.get(thing) ?? this.#wear(thing, this.#random);
	}

	/** A shop has one design of a product on its shelves, as a rule. */
	#wear(thing: Thing, random: SeededRandom): Worn {
		const unit = this.#fridge.units.find((candidate) => candidate === thing);
		const sku = unit?.sku ?? "stone";
		const designs = this.#wardrobe.designs(sku);
		const number = this.#designs.get(sku) ?? Math.floor(random.next() * designs.length);
		this.#designs.set(sku, number);
		const design = designs[number] ?? designs[0]!;
		const { shape } = lookOfProduct(sku);
		const isRound = shape !== "carton" && shape !== "wedge" && shape !== "bag" && shape !== "pouch" && shape !== "bar";
		const worn: Worn = {
			body: {
				label: unit?.sku,
				...(unit === undefined ? undefined : { unit: unit.id }),
				design: design.name,
				parts: [{ mesh: this.#wardrobe.mesh(sku), texture: this.#wardrobe.wrapping(design) }],
			},
			turn: yaw((isRound ? 0.5 : 0.07) * random.gaussian()),
			held: after(yaw(-0.1 + 0.4 * random.gaussian()), roll(0.12 * random.gaussian())),
			grip: gripFor(sku, random.next()),
		};
		this.#worn.set(thing, worn);
		return worn;
	}
}
