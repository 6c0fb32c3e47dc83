import type { SeededRandom } from "../random.ts";
import { css, hslOf } from "./colour.ts";
import { addLimb, type Mesh, MeshBuilder, type Patch, textureSide } from "./mesh.ts";
import type { Split } from "./split.ts";
import { paintTexture, type Texture } from "./texture.ts";

/** How a hand holds: around a thing from the side, its upper edge from above, or nothing. */
export type Grip = "around" | "edge" | "open" | "fist";

/** Bodies of a hand whose grip is the origin; its arm comes from the front (-z) and from below. */
export interface HandModel {
	/** Fingers, palm and wrist. */
	readonly hand: Mesh;
	readonly arm: Mesh;
	readonly sleeve: Mesh;
}

/** What a hand looks like. */
export interface HandLook {
	/** Unique, e.g. `training-3`. */
	readonly name: string;
	readonly skin: Texture;
	/** Of the arm between wrist and sleeve. */
	readonly arm: Texture;
	readonly sleeve: Texture;
	/** How wide fingers are spread, 1 is usual. */
	readonly spread: number;
	/** How far fingers are bent, 1 is usual. */
	readonly bend: number;
	/** From the wrist to where the sleeve begins, millimetres. */
	readonly sleeveMm: number;
	readonly scale: number;
}

const counts: Readonly<Record<Split, number>> = Object.freeze({ training: 56, validation: 5, evaluation: 8 });

export function handLookCount(split: Split): number {
	return counts[split];
}

/** Tones of skin from light to dark, each with neighbours in other splits and none with a twin. */
const skins: Readonly<Record<Split, readonly string[]>> = Object.freeze({
	training: [
		...["#f1cdb4", "#e3b492", "#c98f68", "#a86f48", "#7d4d30", "#573421", "#efc3a4", "#915c3a", "#f7dccd"],
		...["#e6a98c", "#d29b76", "#b4764f", "#8a5f43", "#4a2d1d", "#c98570"],
	],
	validation: ["#dca582", "#8a5636", "#f0d0bd"],
	evaluation: ["#eabf9f", "#b98059", "#694028", "#f4d6c4"],
});
const gloves: Readonly<Record<Split, readonly string[]>> = Object.freeze({
	training: ["#23272b", "#3f6fb0", "#7a8288", "#8c2f3a", "#e4e6e4", "#c9a227", "#4b3a5c"],
	validation: ["#2f4f3a"],
	evaluation: ["#5a2e34", "#3c4048"],
});

const whole: Patch = Object.freeze({ x: 0, y: 0, width: textureSide, height: textureSide });

/** One person's hand and sleeve, always the same. */
export function handLookOf(split: Split, number: number, chance: SeededRandom): HandLook {
	const name = `${split}-${number + 1}`;
	const random = chance.fork(`hand ${name}`);
	const gloved = number % 8 === 7;
	const tones = (gloved ? gloves : skins)[split];
	const tone = tones[number % tones.length] as string;
	const base = hslOf(tone);
	const cloth = css({
		hue: 360 * random.next(),
		saturation: 0.6 * random.next(),
		lightness: 0.15 + 0.65 * random.next(),
	});
	const weave = Math.floor(4 * random.next());
	const speckle = (strength: number) => (context: import("@napi-rs/canvas").SKRSContext2D) => {
		context.fillStyle = css(base);
		context.fillRect(0, 0, textureSide, textureSide);
		for (let dot = 0; dot < 500; dot++) {
			context.fillStyle = css({ ...base, lightness: base.lightness + strength * (random.next() - 0.55) });
			context.fillRect(textureSide * random.next(), textureSide * random.next(), 12, 9);
		}
	};
	return {
		name,
		skin: paintTexture(gloved ? 0.05 : 0.12, speckle(0.09)),
		arm: paintTexture(0.1, speckle(0.07)),
		sleeve: paintTexture(0.03, (context) => {
			context.fillStyle = cloth;
			context.fillRect(0, 0, textureSide, textureSide);
			for (let line = 0; line < textureSide; line += 24) {
				context.fillStyle = line % 48 === 0 ? "rgba(0,0,0,.25)" : "rgba(255,255,255,.22)";
				if (weave === 1 || weave === 3) context.fillRect(0, line, textureSide, 9);
				if (weave === 2 || weave === 3) context.fillRect(line, 0, 9, textureSide);
			}
		}),
		spread: 0.85 + 0.4 * random.next(),
		bend: 0.85 + 0.4 * random.next(),
		sleeveMm: gloved ? 10 : random.next() < 0.3 ? 260 : 40 + 110 * random.next(),
		scale: 0.88 + 0.24 * random.next(),
	};
}

type Vector = readonly [number, number, number];

/**
 * A right hand. @param radiusMm half the width of what is held; the palm is that far to the right of the origin.
 */
export function handModel(grip: Grip, radiusMm: number, look: HandLook): HandModel {
	const hand = new MeshBuilder();
	const s = look.scale;
	const limb = (from: Vector, to: Vector, radii: readonly [number, number]) =>
		addLimb(hand, from, to, [radii[0] * s, radii[1] * s], whole);
	const r = radiusMm;
	// Fingers from index to little: above each other around a thing, side by side otherwise.
	const offsets = [-30, -10, 10, 28].map((offset) => offset * s * look.spread);
	const lengths = [1, 1.08, 1, 0.82];
	let wrist: Vector;
	if (grip === "around") {
		const side = r + 13 * s;
		wrist = [side + 6, 14, -58 * s];
		limb([side, -16 * s, -34 * s], [side, -14 * s, 30 * s], [17, 15]);
		limb([side, 14 * s, -34 * s], [side, 14 * s, 26 * s], [18, 14]);
		for (const [index, offset] of offsets.entries()) {
			const long = (lengths[index] ?? 1) * s;
			const knuckle: Vector = [side, offset, 34 * s];
			const middle: Vector = [r * 0.72 + 4, offset, r * 0.7 + 24 * long];
			limb(knuckle, middle, [10, 9]);
			limb(middle, [r * 0.72 - 34 * long * look.bend, offset, r + 10], [9, 7.5]);
		}
		limb([side, -22 * s, -30 * s], [r * 0.75 + 6, -26 * s, -r * 0.7 - 16 * s], [13, 10.5]);
		limb([r * 0.75 + 6, -26 * s, -r * 0.7 - 16 * s], [r * 0.6 - 28 * s, -24 * s, -r - 9], [10.5, 8.5]);
	} else if (grip === "edge") {
		wrist = [4, -34 * s, -104 * s];
		limb([-16 * s, -24 * s, -84 * s], [-16 * s, -28 * s, -44 * s], [16, 15]);
		limb([16 * s, -24 * s, -84 * s], [16 * s, -28 * s, -44 * s], [16, 15]);
		for (const [index, offset] of offsets.entries()) {
			const long = (lengths[index] ?? 1) * s;
			const knuckle: Vector = [offset * 1.1, -30 * s, -40 * s];
			const middle: Vector = [offset * 1.05, -24 * s * look.bend, Math.min(r, 40) + 4];
			limb(knuckle, middle, [10, 9]);
			limb(middle, [offset, 24 * long, Math.min(r, 40) + 6], [9, 7.5]);
		}
		limb([-22 * s, -14 * s, -70 * s], [-16 * s, 2, -Math.min(r, 40) - 18 * s], [12, 10]);
		limb([-16 * s, 2, -Math.min(r, 40) - 18 * s], [-8 * s, 30 * s, -Math.min(r, 40) - 9], [10, 8.5]);
	} else {
		const fist = grip === "fist";
		wrist = [2, 10, -100 * s];
		limb([-18 * s, 2, -80 * s], [-18 * s, 0, -22 * s], [16, 14]);
		limb([16 * s, 2, -80 * s], [16 * s, 0, -24 * s], [16, 14]);
		for (const [index, offset] of offsets.entries()) {
			const long = (lengths[index] ?? 1) * s;
			const curl = (fist ? 0.95 : 0.28) * look.bend;
			const knuckle: Vector = [offset * 1.1, 0, -14 * s];
			const middle: Vector = [offset * 1.25, 22 * curl * long, -14 * s + 38 * long * (fist ? 0.5 : 1)];
			limb(knuckle, middle, [10, 9]);
			limb(
				middle,
				[offset * 1.3, (22 + 34) * curl * long, fist ? -4 : -14 * s + 38 * long + 32 * long * (1 - 0.4 * curl)],
				[9, 7],
			);
		}
		limb([-26 * s, 6, -66 * s], [-46 * s * look.spread, 12, -34 * s], [13, 11]);
		limb([-46 * s * look.spread, 12, -34 * s], [-50 * s * look.spread, 16, -2 * s], [11, 8.5]);
	}
	// The heel of the hand.
	const heel: Vector = [wrist[0], wrist[1], wrist[2] + 34 * s];
	limb(wrist, heel, [24, 27]);
	const towards = (along: number): Vector => [
		wrist[0] + 0.08 * along,
		wrist[1] + 0.42 * along,
		wrist[2] - 0.91 * along,
	];
	const arm = new MeshBuilder();
	addLimb(arm, towards(8), towards(look.sleeveMm + 30), [25 * s, 36 * s], whole, 10);
	const sleeve = new MeshBuilder();
	addLimb(sleeve, towards(look.sleeveMm + 26), towards(720), [41 * s, 58 * s], whole, 10);
	const perMm = textureSide / 200;
	return { hand: hand.build(perMm), arm: arm.build(perMm), sleeve: sleeve.build(perMm) };
}

/** The left hand of a right one: mirrored. The stand's turn takes it, since a mirror is a turn with a minus. */
export function mirrored(mesh: Mesh): Mesh {
	const positions = mesh.positions.map((part, index) => (index % 3 === 0 ? -part : part));
	const normals = mesh.normals.map((part, index) => (index % 3 === 0 ? -part : part));
	const triangles = mesh.triangles.slice();
	for (let i = 0; i < triangles.length; i += 3) {
		triangles[i + 1] = mesh.triangles[i + 2]!;
		triangles[i + 2] = mesh.triangles[i + 1]!;
	}
	return { ...mesh, positions, normals, triangles };
}
