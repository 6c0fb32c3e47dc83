import type { Reach } from "./hand-reaches.ts";
import type { ObservedFrame } from "./observed-frame.ts";
import type { ShelfZone } from "./shelf-zones.ts";

/** When a scale was not at rest. */
export interface Unrest {
	readonly shelf: number;
	/** From the old weight to the new one. */
	readonly fromMs: number;
	readonly atMs: number;
}

/** A hand hides things so long before it touches, and after. */
const approachMs = 200;
const retreatMs = 300;

/**
 * Reaches that scales felt, seen or not: somewhere at that shelf, at that time. Pictures before and after show what has
 * changed there.
 */
export function reachesOfSteps(
	unrest: readonly Unrest[],
	zones: readonly ShelfZone[],
	{ camera, width, height }: Pick<ObservedFrame, "camera" | "width" | "height">,
): Reach[] {
	return unrest.flatMap(({ shelf, fromMs, atMs }): Reach[] => {
		const zone = zones.find((candidate) => candidate.camera === camera && candidate.shelf === shelf);
		if (zone === undefined) return [];
		const xs = zone.polygon.map(([x]) => x * width);
		const ys = zone.polygon.map(([, y]) => y * height);
		const box = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)] as const;
		const [first, last] = [fromMs - approachMs, atMs + retreatMs];
		return [
			{
				camera,
				hand: -1 - shelf,
				fromMs: first,
				untilMs: last,
				inward: [],
				touching: [
					{ atMs: first, box },
					{ atMs: last, box },
				],
				outward: [],
				deepest: { atMs: (fromMs + atMs) / 2, box },
			},
		];
	});
}
