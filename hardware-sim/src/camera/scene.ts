import { drawCabinet } from "./cabinet.ts";
import { Light, type LightSetting } from "./light.ts";
import type { Material } from "./material.ts";
import type { Mesh } from "./mesh.ts";
import { Raster, type Stand } from "./raster.ts";
import type { Texture } from "./texture.ts";
import { type PictureSize, type Pose, View } from "./view.ts";

/** A part of a body: all parts of a body count as one thing. */
export interface Part {
	readonly mesh: Mesh;
	readonly texture: Texture;
}

/** Something to draw. */
export interface Body {
	/** A product's sku, `hand`, or nothing for what is in the way only: arms, stones. */
	readonly label: string | undefined;
	/** Name of the unit in the fridge, where it is one. */
	readonly unit?: string | undefined;
	/** Name of its design, where it has one. */
	readonly design?: string | undefined;
	readonly parts: readonly Part[];
	readonly stand: Stand;
	/** A hand, its arm, or what it carries: drawn over the rest, and blurred by its motion. */
	readonly moves: boolean;
	/** Half axes of the shadow below a standing thing, millimetres. */
	readonly shadowMm?: readonly [number, number] | undefined;
}

/** What a camera has before its lens. */
export interface Scene {
	readonly pose: Pose;
	readonly light: LightSetting;
	readonly material: Material;
	/** The upper of the two shelves that it looks at. */
	readonly firstShelf: number;
	readonly bodies: readonly Body[];
}

/** Something in a picture that has a label. */
export interface SeenObject {
	readonly label: string;
	readonly unit?: string | undefined;
	readonly design?: string | undefined;
	/** Of the part that can be seen: x1 y1 x2 y2, pixels of the picture. */
	readonly box: readonly [number, number, number, number];
	/** Pixels that can be seen, of those that it would have alone; also where it reaches beyond the picture. 0 to 1. */
	readonly visibility: number;
	/** A hand or what it carries hides a twentieth of it or more. */
	readonly occludedByHand: boolean;
}

/** Draws scenes and knows what can be seen in them. */
export class SceneRenderer {
	readonly raster: Raster;
	/** The picture without what moves. */
	readonly still: Raster;
	#coverage: number[] = [];

	constructor(size: PictureSize) {
		this.raster = new Raster(size);
		this.still = new Raster(size);
	}

	/** Draws everything. */
	draw(scene: Scene): void {
		this.drawStill(scene);
		this.drawMoving(scene);
	}

	/** Draws what does not move: the cabinet and what stands in it. */
	drawStill(scene: Scene): void {
		const { still } = this;
		const view = new View(scene.pose, still.size);
		const light = new Light(scene.light);
		this.#coverage = new Array(scene.bodies.length + 1).fill(0);
		still.clear();
		// From the front to the back: what is hidden is not painted.
		const order = scene.bodies
			.map((body, index) => ({ body, index }))
			.filter(({ body }) => !body.moves)
			.sort((a, b) => a.body.stand.zMm - b.body.stand.zMm);
		for (const { body, index } of order) this.#drawBody(still, view, light, body, index + 1);
		drawCabinet(still, view, light, scene.material, scene.firstShelf);
		for (const { body } of order) {
			if (body.shadowMm === undefined) continue;
			const { xMm, yMm, zMm } = body.stand;
			still.shadow(view, xMm, yMm, zMm, body.shadowMm[0], body.shadowMm[1], 0.45);
		}
	}

	/** Draws what moves over the still picture that was drawn last of the same bodies. */
	drawMoving(scene: Scene): void {
		const { raster } = this;
		raster.copy(this.still);
		const view = new View(scene.pose, raster.size);
		const light = new Light(scene.light);
		for (const [index, body] of scene.bodies.entries())
			if (body.moves) this.#drawBody(raster, view, light, body, index + 1);
	}

	#drawBody(raster: Raster, view: View, light: Light, body: Body, number: number): void {
		let pixels = 0;
		for (const { mesh, texture } of body.parts)
			pixels += raster.draw(view, mesh, body.stand, texture, light, number).pixels;
		this.#coverage[number] = pixels;
	}

	/** What can be seen in the picture that was drawn last. */
	truth(scene: Scene): SeenObject[] {
		const count = scene.bodies.length + 1;
		const { width, height } = this.raster.size;
		const pixels = new Uint32Array(count);
		const behind = new Uint32Array(count);
		const left = new Uint16Array(count).fill(0xffff);
		const right = new Uint16Array(count);
		const top = new Uint16Array(count).fill(0xffff);
		const bottom = new Uint16Array(count);
		const { bodies } = this.raster;
		const { bodies: before } = this.still;
		for (let y = 0, at = 0; y < height; y++)
			for (let x = 0; x < width; x++, at++) {
				const body = bodies[at]!;
				const still = before[at]!;
				if (still !== body) behind[still]!++;
				if (body === 0) continue;
				pixels[body]!++;
				if (x < left[body]!) left[body] = x;
				if (x > right[body]!) right[body] = x;
				if (y < top[body]!) top[body] = y;
				if (y > bottom[body]!) bottom[body] = y;
			}
		return scene.bodies.flatMap((body, index): SeenObject[] => {
			const number = index + 1;
			const alone = this.#coverage[number] ?? 0;
			const seen = pixels[number] ?? 0;
			if (body.label === undefined || alone === 0 || seen === 0) return [];
			return [
				{
					label: body.label,
					...(body.unit === undefined ? undefined : { unit: body.unit }),
					...(body.design === undefined ? undefined : { design: body.design }),
					box: [left[number]!, top[number]!, right[number]! + 1, bottom[number]! + 1],
					visibility: Math.min(1, seen / alone),
					occludedByHand: (behind[number] ?? 0) >= alone / 20,
				},
			];
		});
	}
}
