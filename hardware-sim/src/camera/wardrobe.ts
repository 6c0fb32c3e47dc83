import { SeededRandom } from "../random.ts";
import { type Design, designsOf } from "./design.ts";
import {
	type Grip,
	type HandLook,
	type HandModel,
	handLookCount,
	handLookOf,
	handModel,
	mirrored,
} from "./hand-model.ts";
import { type Material, materialCount, materialOf } from "./material.ts";
import type { Mesh } from "./mesh.ts";
import { meshOfProduct } from "./product-mesh.ts";
import type { Split } from "./split.ts";
import type { Texture } from "./texture.ts";
import { paintWrapping } from "./wrapping.ts";

/** The seed that all designs, cabinets and hands grow from: they are the same in every run and on every machine. */
const wardrobeSeed = 418;

/** Everything one split may wear. Made when first asked for, then kept. */
export class Wardrobe {
	readonly split: Split;
	readonly #segments: number;
	readonly #chance = new SeededRandom(wardrobeSeed);
	readonly #designs = new Map<string, readonly Design[]>();
	readonly #wrappings = new Map<Design, Texture>();
	readonly #meshes = new Map<string, Mesh>();
	readonly #materials = new Map<number, Material>();
	readonly #hands = new Map<number, HandLook>();
	readonly #models = new Map<string, HandModel>();

	/** @param segments sides of what is round: 12 do for small pictures. */
	constructor(split: Split, segments = 12) {
		this.split = split;
		this.#segments = segments;
	}

	designs(sku: string): readonly Design[] {
		return kept(this.#designs, sku, () => designsOf(sku, this.split, this.#chance));
	}

	wrapping(design: Design): Texture {
		return kept(this.#wrappings, design, () => paintWrapping(design));
	}

	mesh(sku: string): Mesh {
		return kept(this.#meshes, sku, () => meshOfProduct(sku, this.#segments));
	}

	material(random: SeededRandom): Material {
		const number = Math.floor(random.next() * materialCount(this.split));
		return kept(this.#materials, number, () => materialOf(this.split, number, this.#chance));
	}

	hand(random: SeededRandom): HandLook {
		const number = Math.floor(random.next() * handLookCount(this.split));
		return kept(this.#hands, number, () => handLookOf(this.split, number, this.#chance));
	}

	/** A hand that grips something `radiusMm` wide to either side; rounded to 4 mm. */
	handModel(look: HandLook, grip: Grip, radiusMm: number, left: boolean): HandModel {
		const rounded = 4 * Math.round(radiusMm / 4);
		const right = kept(this.#models, `${look.name} ${grip} ${rounded}`, () => handModel(grip, rounded, look));
		if (!left) return right;
		return kept(this.#models, `${look.name} ${grip} ${rounded} left`, () => ({
			hand: mirrored(right.hand),
			arm: mirrored(right.arm),
			sleeve: mirrored(right.sleeve),
		}));
	}
}

function kept<Key, Value>(store: Map<Key, Value>, key: Key, make: () => Value): Value {
	let value = store.get(key);
	if (value === undefined) {
		value = make();
		store.set(key, value);
	}
	return value;
}
