/** Left, top, right, bottom: pixels of the source. */
export type Box = readonly [x1: number, y1: number, x2: number, y2: number];

/** Square pixels; 0 for a box that is inside out. */
export function areaOf([x1, y1, x2, y2]: Box): number {
	return Math.max(0, x2 - x1) * Math.max(0, y2 - y1);
}

/** What two boxes share, square pixels. */
export function intersectionOf(a: Box, b: Box): number {
	const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
	const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
	return width > 0 && height > 0 ? width * height : 0;
}

/** Intersection over union, 0 to 1. */
export function iou(a: Box, b: Box): number {
	const shared = intersectionOf(a, b);
	return shared === 0 ? 0 : shared / (areaOf(a) + areaOf(b) - shared);
}

/** Middle of a box. */
export function centreOf([x1, y1, x2, y2]: Box): readonly [x: number, y: number] {
	return [(x1 + x2) / 2, (y1 + y2) / 2];
}
