import { lookOfProduct, type ProductLook } from "../world/product-look.ts";
import { addBox, box, type Mesh, MeshBuilder, pillow, type Ring, turned } from "./mesh.ts";
import { boxPatches, capPatch, lidPatch, sidePatch } from "./wrapping.ts";

/** Outlines of turned bodies: parts of height and of half width, from the top down. */
const outlines: Readonly<Record<string, readonly (readonly [height: number, radius: number])[]>> = Object.freeze({
	can: [
		[1, 0.8],
		[0.985, 0.86],
		[0.93, 1],
		[0.5, 1],
		[0.06, 1],
		[0, 0.82],
	],
	"slim-can": [
		[1, 0.8],
		[0.985, 0.85],
		[0.93, 1],
		[0.5, 1],
		[0.06, 1],
		[0, 0.82],
	],
	bottle: [
		[1, 0.4],
		[0.915, 0.42],
		[0.9, 0.38],
		[0.83, 0.42],
		[0.7, 0.86],
		[0.62, 1],
		[0.3, 0.98],
		[0.05, 1],
		[0, 0.88],
	],
	"small-bottle": [
		[1, 0.66],
		[0.88, 0.68],
		[0.86, 0.6],
		[0.7, 0.96],
		[0.64, 1],
		[0.3, 1],
		[0.04, 1],
		[0, 0.9],
	],
	stone: [
		[1, 0.3],
		[0.93, 0.62],
		[0.7, 0.93],
		[0.42, 1],
		[0.15, 0.86],
		[0, 0.6],
	],
	cup: [
		[1, 1],
		[0.95, 1],
		[0.94, 0.94],
		[0.5, 0.86],
		[0, 0.74],
	],
	bowl: [
		[1, 0.97],
		[0.93, 1],
		[0.9, 0.95],
		[0.45, 0.84],
		[0.08, 0.68],
		[0, 0.6],
	],
});

/** The surface of a product, upright, its front towards -z. Round ones have so many sides. */
export function meshOfProduct(sku: string, segments: number): Mesh {
	const look = lookOfProduct(sku);
	const outline = outlines[look.shape === "mug" ? "cup" : look.shape];
	if (outline !== undefined) {
		const rings = outline.map(
			([height, radius]): Ring => ({ heightMm: height * look.heightMm, radiusMm: (radius * look.widthMm) / 2 }),
		);
		return turned(rings, sidePatch, lidPatch, segments);
	}
	const { front, back } = boxPatches;
	const { widthMm, heightMm, depthMm } = look;
	if (look.shape === "bag" || look.shape === "bar") return pillow(widthMm, heightMm, depthMm, front, back, false);
	if (look.shape === "pouch") return pillow(widthMm, heightMm, depthMm, front, back, true);
	if (look.shape === "carton") return carton(look);
	if (look.shape === "wedge") return wedge(look);
	return box(widthMm, heightMm, depthMm, boxPatches);
}

/** A box with a gable and a cap on the slope that faces the door. */
function carton({ widthMm, heightMm, depthMm }: ProductLook): Mesh {
	const builder = new MeshBuilder();
	const { top } = boxPatches;
	const bodyMm = 0.8 * heightMm;
	addBox(builder, widthMm, bodyMm, depthMm, boxPatches, true);
	const [w, d, ridge] = [widthMm / 2, depthMm / 2, 3];
	const peakMm = 0.94 * heightMm;
	const slope = peakMm - bodyMm;
	for (const side of [-1, 1])
		builder.face(
			[
				[-w, -peakMm, side * ridge],
				[w, -peakMm, side * ridge],
				[w, -bodyMm, side * d],
				[-w, -bodyMm, side * d],
			],
			[0, -(d - ridge), side * slope],
			top,
		);
	for (const side of [-1, 1]) {
		const normal: [number, number, number] = [side, 0, 0];
		const patch = { ...top, width: 64, height: 40 };
		builder.face(
			[
				[side * w, -peakMm, -ridge],
				[side * w, -peakMm, ridge],
				[side * w, -bodyMm, d],
				[side * w, -bodyMm, -d],
			],
			normal,
			patch,
		);
	}
	// The seam on top.
	for (const side of [-1, 1])
		builder.face(
			[
				[-w, -heightMm, side * 1.5],
				[w, -heightMm, side * 1.5],
				[w, -peakMm, side * ridge],
				[-w, -peakMm, side * ridge],
			],
			[0, -0.1, side],
			{ ...top, height: 12 },
		);
	// The cap: a stub that stands out of the slope.
	const [middleY, middleZ] = [-(bodyMm + 0.5 * slope), -(ridge + 0.5 * (d - ridge))];
	const length = Math.hypot(d - ridge, slope);
	const [outY, outZ] = [-(d - ridge) / length, -slope / length];
	const [alongY, alongZ] = [-slope / length, (d - ridge) / length];
	const radius = 0.2 * widthMm;
	builder.grid(11, 3, (column, row) => {
		const around = (column / 10) * 2 * Math.PI;
		const [c, s] = [Math.cos(around), Math.sin(around)];
		const part = row === 2 ? 0.02 : 1;
		const out = row === 0 ? 0 : 11;
		return {
			at: [
				radius * part * c,
				middleY + out * outY + radius * part * s * alongY,
				middleZ + out * outZ + radius * part * s * alongZ,
			],
			normal: row === 2 ? [0, outY, outZ] : [c, s * alongY + 0.3 * row * outY, s * alongZ + 0.3 * row * outZ],
			texel: [capPatch.x + 4 + (column / 10) * 50, capPatch.y + 8 + row * 20],
		};
	});
	return builder.build(boxPatches.front.height / bodyMm);
}

/** A triangular pack on its longest side; the window is the slope towards the door. */
function wedge({ widthMm, heightMm, depthMm }: ProductLook): Mesh {
	const builder = new MeshBuilder();
	const [w, h, d] = [widthMm / 2, -heightMm, depthMm / 2];
	const { front, back, side } = boxPatches;
	for (const [sign, patch] of [
		[-1, front],
		[1, back],
	] as const)
		builder.face(
			[
				[-w, h, 0],
				[w, h, 0],
				[w, 0, sign * d],
				[-w, 0, sign * d],
			],
			[0, -d, sign * heightMm],
			patch,
		);
	for (const sign of [-1, 1]) {
		const normal: [number, number, number] = [sign, 0, 0];
		const texel = (across: number, down: number): readonly [number, number] => [
			side.x + 1 + across * (side.width - 2),
			side.y + 1 + down * (side.height - 2),
		];
		const a = builder.corner({ at: [sign * w, h, 0], normal, texel: texel(0.5, 0.1) });
		const b = builder.corner({ at: [sign * w, 0, -d], normal, texel: texel(0, 0.75) });
		const c = builder.corner({ at: [sign * w, 0, d], normal, texel: texel(1, 0.75) });
		builder.triangle(a, b, c);
	}
	builder.face(
		[
			[-w, 0, -d],
			[w, 0, -d],
			[w, 0, d],
			[-w, 0, d],
		],
		[0, 1, 0],
		back,
	);
	return builder.build(front.height / Math.hypot(heightMm, depthMm / 2));
}
