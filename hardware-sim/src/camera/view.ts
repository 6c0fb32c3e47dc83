import { shelfSize } from "../world/shelf-layout.ts";

/** Picture that a camera takes, pixels. */
export interface PictureSize {
	readonly width: number;
	readonly height: number;
}

/** Where a camera is and how it looks. Millimetres in the fridge's own directions (see `world/hand.ts`), radians. */
export interface Pose {
	readonly xMm: number;
	readonly yMm: number;
	readonly zMm: number;
	/** Downwards. */
	readonly pitch: number;
	/** To the right. */
	readonly yaw: number;
	/** Clockwise, of the picture's top. */
	readonly roll: number;
	/** Focal length as a part of the picture's width. */
	readonly focal: number;
	/** Radial distortion of the first order (Brown 1966): below 0 for a barrel, at the radius of one focal length. */
	readonly distortion: number;
}

/** Width over height of what a sensor sees. */
const aspect = 16 / 9;

/** How far in front of the shelves a camera stands, and how far above the upper of its two shelves. */
const standsMm = Object.freeze({ front: 860, above: 300 });

/**
 * The pose of a camera of the simulated fridge: camera 0 looks at the shelves 0 and 1, camera 1 at 2 and 3. The picture
 * is as wide as the cabinet at the tops of the tallest goods, and ends below at the front edge of the lower shelf.
 */
export function poseOf(camera: number): Pose {
	return {
		xMm: shelfSize.widthMm / 2,
		yMm: 2 * camera * shelfSize.spacingMm - standsMm.above,
		zMm: -standsMm.front,
		pitch: (18.6 * Math.PI) / 180,
		yaw: 0,
		roll: 0,
		focal: 0.93,
		distortion: -0.04,
	};
}

/** A pose made ready for one size of picture: points of the fridge become pixels. */
export class View {
	readonly size: PictureSize;
	readonly pose: Pose;
	/** Pixels a millimetre at one millimetre of depth, across and down: pictures that are not 16:9 are stretched ones. */
	readonly focalX: number;
	readonly focalY: number;
	/** Rows: to the right, down and ahead in the picture's sense. */
	readonly rotation: readonly number[];

	constructor(pose: Pose, size: PictureSize) {
		this.pose = pose;
		this.size = size;
		this.focalX = pose.focal * size.width;
		this.focalY = pose.focal * size.height * aspect;
		const [cosP, sinP] = [Math.cos(pose.pitch), Math.sin(pose.pitch)];
		const [cosY, sinY] = [Math.cos(pose.yaw), Math.sin(pose.yaw)];
		const [cosR, sinR] = [Math.cos(pose.roll), Math.sin(pose.roll)];
		const right = [cosY, 0, -sinY];
		const ahead = [sinY * cosP, sinP, cosY * cosP];
		const down = [-sinY * sinP, cosP, -cosY * sinP];
		const turn = (a: number, b: number, index: number) => a * (right[index] ?? 0) + b * (down[index] ?? 0);
		this.rotation = [
			...[0, 1, 2].map((index) => turn(cosR, sinR, index)),
			...[0, 1, 2].map((index) => turn(-sinR, cosR, index)),
			...ahead,
		];
	}

	/** Pixel of a point, and its depth along the optical axis in millimetres. */
	project(xMm: number, yMm: number, zMm: number): { readonly u: number; readonly v: number; readonly depthMm: number } {
		const r = this.rotation;
		const [dx, dy, dz] = [xMm - this.pose.xMm, yMm - this.pose.yMm, zMm - this.pose.zMm];
		const depthMm = r[6]! * dx + r[7]! * dy + r[8]! * dz;
		const a = (r[0]! * dx + r[1]! * dy + r[2]! * dz) / depthMm;
		const b = (r[3]! * dx + r[4]! * dy + r[5]! * dz) / depthMm;
		const bend = 1 + this.pose.distortion * (a * a + b * b);
		return {
			u: this.size.width / 2 + a * bend * this.focalX,
			v: this.size.height / 2 + b * bend * this.focalY,
			depthMm,
		};
	}
}
