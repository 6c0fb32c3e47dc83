import type { Light } from "./light.ts";
import { type Mesh, textureSide } from "./mesh.ts";
import type { Texture } from "./texture.ts";
import type { PictureSize, View } from "./view.ts";

/** Where a body stands and how it is turned. */
export interface Stand {
	/** Millimetres in the fridge. */
	readonly xMm: number;
	readonly yMm: number;
	readonly zMm: number;
	/** Nine numbers, row by row: from the body's directions to the fridge's. Its rows may be scaled. */
	readonly turn: readonly number[];
}

/** How much of a body the picture would show if nothing else were there. */
export interface Coverage {
	/** Pixels, those beyond the picture's edges too. */
	readonly pixels: number;
}

/** Nearer than this to the lens nothing is drawn, millimetres. */
const nearestMm = 80;

const fixedBits = 12;
const fixed = 1 << fixedBits;

/**
 * Draws triangles into a picture with depth (a z-buffer) and, a pixel, the number of the body that it shows. The
 * texture is laid on within a triangle without perspective: triangles here are small.
 */
export class Raster {
	readonly size: PictureSize;
	/** Red in the low byte, then green, blue, 255. */
	readonly colour: Uint32Array;
	/** 1 over the depth in millimetres; 0 where nothing is. */
	readonly nearness: Float32Array;
	/** Number of the body; 0 for the cabinet. */
	readonly bodies: Uint16Array;
	readonly #stamps: Uint32Array;
	#stamp = 0;
	#projected = new Float32Array(0);

	constructor(size: PictureSize) {
		this.size = size;
		const pixels = size.width * size.height;
		this.colour = new Uint32Array(pixels);
		this.nearness = new Float32Array(pixels);
		this.bodies = new Uint16Array(pixels);
		this.#stamps = new Uint32Array(pixels);
	}

	clear(): void {
		this.colour.fill(0xff000000);
		this.nearness.fill(0);
		this.bodies.fill(0);
	}

	/** The same picture, depth and bodies as another of its size. */
	copy(other: Raster): void {
		this.colour.set(other.colour);
		this.nearness.set(other.nearness);
		this.bodies.set(other.bodies);
	}

	/** Draws a body. Its coverage counts every pixel once, also where it hides a part of itself. */
	draw(view: View, mesh: Mesh, stand: Stand, texture: Texture, light: Light, body: number): Coverage {
		const corners = mesh.positions.length / 3;
		if (this.#projected.length < 6 * corners) this.#projected = new Float32Array(6 * corners);
		const projected = this.#projected;
		const { positions, normals, texels, triangles } = mesh;
		const t = stand.turn;
		const r = view.rotation;
		const { pose, focalX, focalY } = view;
		const { width, height } = this.size;
		const middleDepth =
			r[6]! * (stand.xMm - pose.xMm) + r[7]! * (stand.yMm - pose.yMm) + r[8]! * (stand.zMm - pose.zMm);
		const wanted = Math.log2((mesh.texelsPerMm * Math.max(nearestMm, middleDepth)) / Math.max(focalX, focalY));
		const level = Math.max(0, Math.min(texture.levels.length - 1, Math.round(wanted - 0.15)));
		const shrink = 1 / (1 << level);
		for (let i = 0, j = 0, k = 0; k < corners; i += 3, j += 6, k++) {
			const px = positions[i]!;
			const py = positions[i + 1]!;
			const pz = positions[i + 2]!;
			const x = t[0]! * px + t[1]! * py + t[2]! * pz + stand.xMm;
			const y = t[3]! * px + t[4]! * py + t[5]! * pz + stand.yMm;
			const z = t[6]! * px + t[7]! * py + t[8]! * pz + stand.zMm;
			const dx = x - pose.xMm;
			const dy = y - pose.yMm;
			const dz = z - pose.zMm;
			const depth = r[6]! * dx + r[7]! * dy + r[8]! * dz;
			if (depth < nearestMm) {
				projected[j + 2] = 0;
				continue;
			}
			const a = (r[0]! * dx + r[1]! * dy + r[2]! * dz) / depth;
			const b = (r[3]! * dx + r[4]! * dy + r[5]! * dz) / depth;
			const bend = 1 + pose.distortion * (a * a + b * b);
			projected[j] = width / 2 + a * bend * focalX;
			projected[j + 1] = height / 2 + b * bend * focalY;
			projected[j + 2] = 1 / depth;
			const nx = t[0]! * normals[i]! + t[1]! * normals[i + 1]! + t[2]! * normals[i + 2]!;
			const ny = t[3]! * normals[i]! + t[4]! * normals[i + 1]! + t[5]! * normals[i + 2]!;
			const nz = t[6]! * normals[i]! + t[7]! * normals[i + 1]! + t[8]! * normals[i + 2]!;
			projected[j + 3] = 256 * light.at(x, y, z, nx, ny, nz, -py);
			projected[j + 4] = 255 * texture.shine * light.gloss(nx, ny, nz, dx, dy, dz);
		}
		this.#stamp++;
		let pixels = 0;
		for (let i = 0; i < triangles.length; i += 3) {
			const a = triangles[i]!;
			const b = triangles[i + 1]!;
			const c = triangles[i + 2]!;
			pixels += this.#triangle(projected, texels, a, b, c, shrink, texture, level, body);
		}
		return { pixels };
	}

	#triangle(
		projected: Float32Array,
		texels: Float32Array,
		a: number,
		b: number,
		c: number,
		shrink: number,
		texture: Texture,
		level: number,
		body: number,
	): number {
		const ax = projected[6 * a]!;
		const ay = projected[6 * a + 1]!;
		const az = projected[6 * a + 2]!;
		const bx = projected[6 * b]!;
		const by = projected[6 * b + 1]!;
		const bz = projected[6 * b + 2]!;
		const cx = projected[6 * c]!;
		const cy = projected[6 * c + 1]!;
		const cz = projected[6 * c + 2]!;
		if (az === 0 || bz === 0 || cz === 0) return 0;
		const area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay);
		// Seen from behind, or from the edge.
		if (area <= 1e-4) return 0;
		const { width, height } = this.size;
		const firstRow = Math.ceil(Math.min(ay, by, cy) - 0.5);
		const lastRow = Math.ceil(Math.max(ay, by, cy) - 0.5) - 1;
		if (lastRow < firstRow) return 0;
		const bxa = bx - ax;
		const bya = by - ay;
		const cxa = cx - ax;
		const cya = cy - ay;
		const over = 1 / area;
		// How each quantity changes from pixel to pixel.
		const zb = bz - az;
		const zc = cz - az;
		const zx = (zb * cya - zc * bya) * over;
		const zy = (zc * bxa - zb * cxa) * over;
		const ua = texels[2 * a]! * shrink;
		const va = texels[2 * a + 1]! * shrink;
		const ub = texels[2 * b]! * shrink - ua;
		const uc = texels[2 * c]! * shrink - ua;
		const vb = texels[2 * b + 1]! * shrink - va;
		const vc = texels[2 * c + 1]! * shrink - va;
		const ux = (ub * cya - uc * bya) * over;
		const uy = (uc * bxa - ub * cxa) * over;
		const vx = (vb * cya - vc * bya) * over;
		const vy = (vc * bxa - vb * cxa) * over;
		const la = projected[6 * a + 3]!;
		const lb = projected[6 * b + 3]! - la;
		const lc = projected[6 * c + 3]! - la;
		const lx = (lb * cya - lc * bya) * over;
		const ly = (lc * bxa - lb * cxa) * over;
		const ga = projected[6 * a + 4]!;
		const gb = projected[6 * b + 4]! - ga;
		const gc = projected[6 * c + 4]! - ga;
		const gx = (gb * cya - gc * bya) * over;
		const gy = (gc * bxa - gb * cxa) * over;
		const { colour, nearness, bodies } = this;
		const stamps = this.#stamps;
		const stamp = this.#stamp;
		const image = texture.levels[level]!;
		const shift = Math.log2(textureSide) - level;
		const mask = (1 << shift) - 1;
		const uStep = (ux * fixed) | 0;
		const vStep = (vx * fixed) | 0;
		const lStep = (lx * fixed) | 0;
		const gStep = (gx * fixed) | 0;
		let pixels = 0;
		for (let row = firstRow; row <= lastRow; row++) {
			const y = row + 0.5;
			// Between which x lies this row? Each edge that crosses it bounds it on one side.
			let left = Number.POSITIVE_INFINITY;
			let right = Number.NEGATIVE_INFINITY;
			if (ay <= y !== by <= y) {
				const x = ax + ((y - ay) * bxa) / bya;
				if (x < left) left = x;
				if (x > right) right = x;
			}
			if (by <= y !== cy <= y) {
				const x = bx + ((y - by) * (cx - bx)) / (cy - by);
				if (x < left) left = x;
				if (x > right) right = x;
			}
			if (cy <= y !== ay <= y) {
				const x = ax + ((y - ay) * cxa) / cya;
				if (x < left) left = x;
				if (x > right) right = x;
			}
			let from = Math.ceil(left - 0.5);
			let until = Math.ceil(right - 0.5);
			if (until <= from) continue;
			if (row < 0 || row >= height) {
				pixels += until - from;
				continue;
			}
			if (from < 0) {
				pixels += Math.min(until, 0) - from;
				from = 0;
			}
			if (until > width) {
				pixels += until - Math.max(from, width);
				until = width;
			}
			const dx = from + 0.5 - ax;
			const dy = y - ay;
			let z = az + zx * dx + zy * dy;
			// Whole numbers of 16 bits before and 12 behind the point: turning a float into one for each pixel costs more.
			let u = ((ua + ux * dx + uy * dy) * fixed) | 0;
			let v = ((va + vx * dx + vy * dy) * fixed) | 0;
			let l = ((la + lx * dx + ly * dy) * fixed) | 0;
			let g = ((ga + gx * dx + gy * dy) * fixed) | 0;
			for (let at = row * width + from, end = row * width + until; at < end; at++) {
				if (body !== 0 && stamps[at] !== stamp) {
					stamps[at] = stamp;
					pixels++;
				}
				if (z > nearness[at]!) {
					nearness[at] = z;
					bodies[at] = body;
					const texel = image[(((v >> fixedBits) & mask) << shift) | ((u >> fixedBits) & mask)]!;
					const shade = l >> fixedBits;
					const gloss = g >> fixedBits;
					let red = (((texel & 0xff) * shade) >> 8) + gloss;
					let green = ((((texel >> 8) & 0xff) * shade) >> 8) + gloss;
					let blue = ((((texel >> 16) & 0xff) * shade) >> 8) + gloss;
					if (red > 255) red = 255;
					if (green > 255) green = 255;
					if (blue > 255) blue = 255;
					colour[at] = 0xff000000 | (blue << 16) | (green << 8) | red;
				}
				z += zx;
				u = (u + uStep) | 0;
				v = (v + vStep) | 0;
				l = (l + lStep) | 0;
				g = (g + gStep) | 0;
			}
		}
		return pixels;
	}

	/**
	 * Darkens the cabinet around a foot, as light does that comes from above: an ellipse on a level plane, from `dark`
	 * (0 black, 1 nothing) in the middle to nothing at its edge.
	 */
	shadow(view: View, xMm: number, yMm: number, zMm: number, radiusXMm: number, radiusZMm: number, dark: number): void {
		const points = [
			view.project(xMm - radiusXMm, yMm, zMm - radiusZMm),
			view.project(xMm + radiusXMm, yMm, zMm - radiusZMm),
			view.project(xMm - radiusXMm, yMm, zMm + radiusZMm),
			view.project(xMm + radiusXMm, yMm, zMm + radiusZMm),
		];
		const { width, height } = this.size;
		const top = Math.max(0, Math.floor(Math.min(...points.map(({ v }) => v))));
		const bottom = Math.min(height - 1, Math.ceil(Math.max(...points.map(({ v }) => v))));
		const left = Math.max(0, Math.floor(Math.min(...points.map(({ u }) => u))));
		const right = Math.min(width - 1, Math.ceil(Math.max(...points.map(({ u }) => u))));
		const middle = view.project(xMm, yMm, zMm);
		const [nearU, farU] = [(points[0]!.u + points[1]!.u) / 2, (points[2]!.u + points[3]!.u) / 2];
		const [nearV, farV] = [points[0]!.v, points[2]!.v];
		const perPixel = 1 / Math.max(1, nearV - farV);
		const { colour, bodies } = this;
		for (let y = top; y <= bottom; y++) {
			const along = (nearV - y) * perPixel; // 0 near, 1 far
			const b = 2 * along - 1;
			if (b * b >= 1) continue;
			const halfWidth = ((points[1]!.u - points[0]!.u) * (1 - along) + (points[3]!.u - points[2]!.u) * along) / 2;
			const centre = nearU + (farU - nearU) * along;
			const over = 1 / Math.max(1, halfWidth);
			for (let x = left; x <= right; x++) {
				const a = (x - centre) * over;
				const square = a * a + b * b;
				const at = y * width + x;
				if (square >= 1 || bodies[at] !== 0 || this.nearness[at]! > (1.03 / middle.depthMm) * 1.06) continue;
				const factor = (256 * (dark + (1 - dark) * square)) | 0;
				const pixel = colour[at]!;
				const red = ((pixel & 0xff) * factor) >> 8;
				const green = (((pixel >> 8) & 0xff) * factor) >> 8;
				const blue = (((pixel >> 16) & 0xff) * factor) >> 8;
				colour[at] = 0xff000000 | (blue << 16) | (green << 8) | red;
			}
		}
	}
}
