/** Side of a texture at its finest level, texels; a power of two. */
export const textureSide = 256;

/** A rectangle of a texture, texels. */
export interface Patch {
	readonly x: number;
	readonly y: number;
	readonly width: number;
	readonly height: number;
}

/**
 * A surface of triangles. Its origin is the middle of the foot; x goes to the right, y down, z to the back,
 * millimetres. Every corner has a normal and a place in the texture.
 */
export interface Mesh {
	/** x, y, z of each corner. */
	readonly positions: Float32Array;
	/** Unit length, outwards. */
	readonly normals: Float32Array;
	/** Texels. */
	readonly texels: Float32Array;
	/** Three corners a triangle; seen from outside they run clockwise in the picture. */
	readonly triangles: Uint16Array;
	/** Texels a millimetre, about. */
	readonly texelsPerMm: number;
}

type Vector = readonly [number, number, number];

/** One corner of a mesh under construction. */
interface Corner {
	readonly at: Vector;
	readonly normal: Vector;
	readonly texel: readonly [number, number];
}

/** Collects corners and triangles. */
export class MeshBuilder {
	readonly #positions: number[] = [];
	readonly #normals: number[] = [];
	readonly #texels: number[] = [];
	readonly #triangles: number[] = [];

	corner({ at, normal, texel }: Corner): number {
		const length = Math.hypot(...normal) || 1;
		this.#positions.push(...at);
		this.#normals.push(...normal.map((part) => part / length));
		this.#texels.push(...texel);
		return this.#positions.length / 3 - 1;
	}

	/** A triangle, turned so that its outside is where its corners' normals point. Triangles without area are left out. */
	triangle(a: number, b: number, c: number): void {
		const p = this.#positions;
		const n = this.#normals;
		const side = (from: number, to: number) => [0, 1, 2].map((axis) => p[3 * to + axis]! - p[3 * from + axis]!);
		const [ux = 0, uy = 0, uz = 0] = side(a, b);
		const [vx = 0, vy = 0, vz = 0] = side(a, c);
		const cross = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
		if (Math.hypot(...cross) < 1e-6) return;
		const agrees = cross.reduce(
			(sum, part, axis) => sum + part * (n[3 * a + axis]! + n[3 * b + axis]! + n[3 * c + axis]!),
			0,
		);
		this.#triangles.push(a, ...(agrees < 0 ? [b, c] : [c, b]));
	}

	/** Four corners around a face, flat: all have the face's normal. The first two are the patch's upper corners. */
	face(corners: readonly [Vector, Vector, Vector, Vector], normal: Vector, patch: Patch): void {
		const texels = cornersOf(patch);
		const [a, b, c, d] = corners.map((at, index) => this.corner({ at, normal, texel: texels[index] ?? [0, 0] }));
		this.triangle(a!, b!, c!);
		this.triangle(a!, c!, d!);
	}

	/** A grid of corners, `columns` by `rows`, joined to a skin. */
	grid(columns: number, rows: number, at: (column: number, row: number) => Corner): void {
		const first = this.#positions.length / 3;
		for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) this.corner(at(column, row));
		for (let row = 0; row + 1 < rows; row++)
			for (let column = 0; column + 1 < columns; column++) {
				const here = first + row * columns + column;
				this.triangle(here, here + 1, here + columns + 1);
				this.triangle(here, here + columns + 1, here + columns);
			}
	}

	build(texelsPerMm: number): Mesh {
		return {
			positions: Float32Array.from(this.#positions),
			normals: Float32Array.from(this.#normals),
			texels: Float32Array.from(this.#texels),
			triangles: Uint16Array.from(this.#triangles),
			texelsPerMm,
		};
	}
}

/** Left upper, right upper, right lower, left lower; half a texel inside. */
function cornersOf({ x, y, width, height }: Patch): readonly (readonly [number, number])[] {
	const [left, top, right, bottom] = [x + 0.5, y + 0.5, x + width - 0.5, y + height - 0.5];
	return [
		[left, top],
		[right, top],
		[right, bottom],
		[left, bottom],
	];
}

/** A ring of a turned body. */
export interface Ring {
	/** Above the foot. */
	readonly heightMm: number;
	readonly radiusMm: number;
}

/**
 * A body of revolution from its top ring down, with a lid on top. The front (towards -z) is the middle of the `side`
 * patch. The lid shows the `lid` patch, seen from above.
 */
export function turned(rings: readonly Ring[], side: Patch, lid: Patch, segments: number): Mesh {
	const builder = new MeshBuilder();
	const top = rings[0]?.heightMm ?? 0;
	builder.grid(segments + 1, rings.length, (column, row) => {
		const ring = rings[row] as Ring;
		const around = (column / segments) * 2 * Math.PI;
		const out: [number, number] = [-Math.sin(around), Math.cos(around)];
		const before = rings[row - 1] ?? ring;
		const after = rings[row + 1] ?? ring;
		// The normal leans as the outline does.
		const rise = before.heightMm - after.heightMm;
		const widening = after.radiusMm - before.radiusMm;
		return {
			at: [out[0] * ring.radiusMm, -ring.heightMm, out[1] * ring.radiusMm],
			normal: [out[0] * rise, -widening, out[1] * rise],
			texel: [
				side.x + 0.5 + (column / segments) * (side.width - 1),
				side.y + 0.5 + ((top - ring.heightMm) / (top || 1)) * (side.height - 1),
			],
		};
	});
	const radius = rings[0]?.radiusMm ?? 0;
	if (radius > 3) {
		const place = (across: number, along: number): readonly [number, number] => [
			lid.x + lid.width / 2 + across * (lid.width / 2 - 1),
			lid.y + lid.height / 2 - along * (lid.height / 2 - 1),
		];
		const middle = builder.corner({ at: [0, -top, 0], normal: [0, -1, 0], texel: place(0, 0) });
		const rim = Array.from({ length: segments }, (_, index) => {
			const around = (index / segments) * 2 * Math.PI;
			const [x, z] = [Math.sin(around), Math.cos(around)];
			return builder.corner({ at: [x * radius, -top, z * radius], normal: [0, -1, 0], texel: place(x, z) });
		});
		for (const [index, corner] of rim.entries()) builder.triangle(middle, corner, rim[(index + 1) % segments] ?? 0);
	}
	return builder.build(side.height / (top || 1));
}

/** Patches of a box's faces. */
export interface BoxPatches {
	readonly front: Patch;
	readonly side: Patch;
	readonly back: Patch;
	readonly top: Patch;
}

/** A box on its foot. */
export function box(widthMm: number, heightMm: number, depthMm: number, patches: BoxPatches): Mesh {
	const builder = new MeshBuilder();
	addBox(builder, widthMm, heightMm, depthMm, patches);
	return builder.build(patches.front.height / heightMm);
}

/** The same into a body that has more parts. `topMm` above: how far the front face reaches. */
export function addBox(
	builder: MeshBuilder,
	widthMm: number,
	heightMm: number,
	depthMm: number,
	{ front, side, back, top }: BoxPatches,
	open = false,
): void {
	const [w, h, d] = [widthMm / 2, -heightMm, depthMm / 2];
	builder.face(
		[
			[-w, h, -d],
			[w, h, -d],
			[w, 0, -d],
			[-w, 0, -d],
		],
		[0, 0, -1],
		front,
	);
	builder.face(
		[
			[w, h, d],
			[-w, h, d],
			[-w, 0, d],
			[w, 0, d],
		],
		[0, 0, 1],
		back,
	);
	builder.face(
		[
			[-w, h, d],
			[-w, h, -d],
			[-w, 0, -d],
			[-w, 0, d],
		],
		[-1, 0, 0],
		side,
	);
	builder.face(
		[
			[w, h, -d],
			[w, h, d],
			[w, 0, d],
			[w, 0, -d],
		],
		[1, 0, 0],
		side,
	);
	// Its underside shows when it lies or is carried.
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
	if (!open)
		builder.face(
			[
				[-w, h, d],
				[w, h, d],
				[w, h, -d],
				[-w, h, -d],
			],
			[0, -1, 0],
			top,
		);
}

/** A filled bag: flat at its seams above and below, thick in the middle. `stands`: its foot is as thick as its middle. */
export function pillow(
	widthMm: number,
	heightMm: number,
	depthMm: number,
	front: Patch,
	back: Patch,
	stands: boolean,
): Mesh {
	const builder = new MeshBuilder();
	const [columns, rows] = [8, 9];
	const thickness = (across: number, down: number): number => {
		const belly = stands ? Math.min(1, 0.06 + 1.5 * down) * (down > 0.93 ? 0.85 : 1) : Math.sin(Math.PI * down) ** 0.55;
		return (depthMm / 2) * belly * (1 - Math.abs(across) ** 3.2) ** 0.7;
	};
	for (const [sign, patch] of [
		[-1, front],
		[1, back],
	] as const)
		builder.grid(columns, rows, (column, row) => {
			const across = (2 * column) / (columns - 1) - 1;
			const down = row / (rows - 1);
			const waist = 1 - (stands ? 0.02 : 0.05) * Math.sin(Math.PI * down);
			const step = 0.03;
			const slopeX = thickness(Math.min(1, across + step), down) - thickness(Math.max(-1, across - step), down);
			const slopeY = thickness(across, Math.min(1, down + step)) - thickness(across, Math.max(0, down - step));
			return {
				at: [(across * waist * widthMm) / 2, -heightMm * (1 - down), sign * thickness(across, down)],
				normal: [-slopeX / (step * widthMm), -slopeY / (2 * step * heightMm), sign],
				texel: [
					patch.x + 0.5 + ((sign < 0 ? 1 + across : 1 - across) / 2) * (patch.width - 1),
					patch.y + 0.5 + down * (patch.height - 1),
				],
			};
		});
	return builder.build(front.height / heightMm);
}

/** A limb from one point to another, round at both ends. */
export function addLimb(
	builder: MeshBuilder,
	from: Vector,
	to: Vector,
	radii: readonly [number, number],
	patch: Patch,
	segments = 8,
): void {
	const axis = to.map((part, index) => part - (from[index] ?? 0)) as [number, number, number];
	const length = Math.hypot(...axis) || 1;
	const [ax, ay, az] = axis.map((part) => part / length) as [number, number, number];
	// Any direction across the limb will do.
	const [hx, hy, hz] = Math.abs(ay) < 0.9 ? [0, 1, 0] : [1, 0, 0];
	let p: Vector = [ay * hz! - az * hy!, az * hx! - ax * hz!, ax * hy! - ay * hx!];
	const size = Math.hypot(...p);
	p = [p[0] / size, p[1] / size, p[2] / size];
	const q: Vector = [ay * p[2] - az * p[1], az * p[0] - ax * p[2], ax * p[1] - ay * p[0]];
	// Along the limb: a cap, the shaft, a cap.
	const stations = [
		{ along: -0.92, out: 0.4, end: 0 },
		{ along: -0.55, out: 0.83, end: 0 },
		{ along: 0, out: 1, end: 0 },
		{ along: 0, out: 1, end: 1 },
		{ along: 0.55, out: 0.83, end: 1 },
		{ along: 0.92, out: 0.4, end: 1 },
	] as const;
	builder.grid(segments + 1, stations.length, (column, row) => {
		const { along, out, end } = stations[row] as (typeof stations)[number];
		const radius = radii[end];
		const around = (column / segments) * 2 * Math.PI;
		const [c, s] = [Math.cos(around), Math.sin(around)];
		const radial = [0, 1, 2].map((index) => c * p[index]! + s * q[index]!);
		const base = end === 0 ? from : to;
		const direction = [ax, ay, az];
		return {
			at: [0, 1, 2].map((i) => base[i]! + radius * (out * radial[i]! + along * direction[i]!)) as unknown as Vector,
			normal: [0, 1, 2].map((i) => out * radial[i]! + along * direction[i]!) as unknown as Vector,
			texel: [
				patch.x + 0.5 + (column / segments) * (patch.width - 1),
				patch.y + 0.5 + (row / (stations.length - 1)) * (patch.height - 1),
			],
		};
	});
}
