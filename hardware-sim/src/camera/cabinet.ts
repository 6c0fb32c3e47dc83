import { shelfSize } from "../world/shelf-layout.ts";
import type { Light } from "./light.ts";
import type { Material } from "./material.ts";
import { type Mesh, MeshBuilder, textureSide } from "./mesh.ts";
import type { Raster, Stand } from "./raster.ts";
import type { Texture } from "./texture.ts";
import type { View } from "./view.ts";

const wallMm = 8;
const boardMm = 12;
const railMm = 26;
const frameMm = 260;

type Vector = readonly [number, number, number];

/** A flat piece, cut into a grid: lamps are reckoned at corners, and texture is laid on without perspective. */
function sheet(origin: Vector, across: Vector, down: Vector, normal: Vector, columns: number, rows: number): Mesh {
	const builder = new MeshBuilder();
	builder.grid(columns + 1, rows + 1, (column, row) => {
		const [a, d] = [column / columns, row / rows];
		return {
			at: [0, 1, 2].map((axis) => origin[axis]! + a * across[axis]! + d * down[axis]!) as unknown as Vector,
			normal,
			texel: [0.5 + a * (textureSide - 1), 0.5 + d * (textureSide - 1)],
		};
	});
	return builder.build(textureSide / Math.hypot(...across));
}

const { widthMm, depthMm, spacingMm } = shelfSize;
const inside = widthMm + 2 * wallMm;

const board = sheet([-wallMm, 0, 0], [inside, 0, 0], [0, 0, depthMm + wallMm], [0, -1, 0], 8, 5);
const underside = sheet([-wallMm, boardMm, 0], [inside, 0, 0], [0, 0, depthMm + wallMm], [0, 1, 0], 4, 3);
const rail = sheet([-wallMm, -2, -1], [inside, 0, 0], [0, railMm, 0], [0, 0, -1], 8, 1);
const back = sheet([-wallMm, 0, depthMm + wallMm], [inside, 0, 0], [0, spacingMm, 0], [0, 0, -1], 6, 3);
const left = sheet([-wallMm, 0, 0], [0, 0, depthMm + wallMm], [0, spacingMm, 0], [1, 0, 0], 5, 3);
const right = sheet([widthMm + wallMm, 0, 0], [0, 0, depthMm + wallMm], [0, spacingMm, 0], [-1, 0, 0], 5, 3);
const frameLeft = sheet([-wallMm - frameMm, 0, 0], [frameMm, 0, 0], [0, spacingMm, 0], [0, 0, -1], 3, 3);
const frameRight = sheet([widthMm + wallMm, 0, 0], [frameMm, 0, 0], [0, spacingMm, 0], [0, 0, -1], 3, 3);

const upright = Object.freeze([1, 0, 0, 0, 1, 0, 0, 0, 1]);

/** The empty cabinet around the two shelves of a camera, the upper of which is `firstShelf`. */
export function drawCabinet(raster: Raster, view: View, light: Light, material: Material, firstShelf: number): void {
	const draw = (mesh: Mesh, yMm: number, texture: Texture) => {
		const stand: Stand = { xMm: 0, yMm, zMm: 0, turn: upright };
		raster.draw(view, mesh, stand, texture, light, 0);
	};
	for (let level = firstShelf - 1; level <= firstShelf + 1; level++) {
		const floor = level * spacingMm;
		draw(rail, floor, material.rail);
		draw(board, floor, material.board);
		draw(underside, floor, material.board);
		for (const part of [back, left, right]) draw(part, floor, material.wall);
		draw(frameLeft, floor, material.frame);
		draw(frameRight, floor, material.frame);
	}
	// A camera that hangs a little low looks past the lower shelf.
	const below = (firstShelf + 2) * spacingMm;
	for (const part of [back, left, right]) draw(part, below, material.wall);
	draw(board, below, material.board);
	draw(frameLeft, below, material.frame);
	draw(frameRight, below, material.frame);
}
