import { z } from "zod";

const part = z.number().min(0).max(1);

/** Where a shelf is in the picture of a camera. */
export const shelfZoneSchema = z.strictObject({
	camera: z.int().min(0).max(15),
	/** 0 is the topmost. */
	shelf: z.int().min(0).max(15),
	/**
	 * Corners around all that stands on the shelf, in order: parts of the picture's width and height, from its upper left
	 * corner.
	 */
	polygon: z
		.array(z.tuple([part, part]))
		.min(3)
		.max(64),
});

export type ShelfZone = z.infer<typeof shelfZoneSchema>;

/** Where the front edge of a camera's upper shelf lies in the picture, as a part of its height. */
const boundary = 0.55;

/**
 * Zones of a fridge with two cameras that stand as the guide says: each a forearm in front of the shelves and above the
 * upper one of its two, which fill the width of the picture. The cameras of the simulated fridge do.
 */
export const usualShelfZones: readonly ShelfZone[] = Object.freeze(
	[0, 1, 2, 3].map((shelf): ShelfZone => {
		const [top, bottom] = shelf % 2 === 0 ? [0, boundary] : [boundary, 1];
		return {
			camera: Math.floor(shelf / 2),
			shelf,
			polygon: [
				[0, top],
				[1, top],
				[1, bottom],
				[0, bottom],
			],
		};
	}),
);

/**
 * The shelf at a point of a camera's picture (parts of width and height); where zones overlap the first one, outside of all the
 * nearest one. `undefined` for a camera without zones.
 */
export function shelfAt(zones: readonly ShelfZone[], camera: number, x: number, y: number): number | undefined {
	const own = zones.filter((zone) => zone.camera === camera);
	const around = own.find(({ polygon }) => isInside(polygon, x, y));
	if (around !== undefined) return around.shelf;
	let nearest: number | undefined;
	let least = Number.POSITIVE_INFINITY;
	for (const { shelf, polygon } of own) {
		const distance = distanceTo(polygon, x, y);
		if (distance >= least) continue;
		least = distance;
		nearest = shelf;
	}
	return nearest;
}

type Polygon = ShelfZone["polygon"];

/** Even-odd rule. */
function isInside(polygon: Polygon, x: number, y: number): boolean {
	let inside = false;
	for (const [index, [x1, y1]] of polygon.entries()) {
		const [x2, y2] = polygon[(index + 1) % polygon.length]!;
		if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) inside = !inside;
	}
	return inside;
}

function distanceTo(polygon: Polygon, x: number, y: number): number {
	return Math.min(
		...polygon.map(([x1, y1], index) => {
			const [x2, y2] = polygon[(index + 1) % polygon.length]!;
			const [dx, dy] = [x2 - x1, y2 - y1];
			const length = dx * dx + dy * dy;
			const along = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / length));
			return Math.hypot(x - x1 - along * dx, y - y1 - along * dy);
		}),
	);
}
