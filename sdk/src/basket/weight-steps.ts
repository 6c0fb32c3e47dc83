import type { ShelfReading } from "../device/messages.ts";
import type { WeightStep } from "./vision-evidence.ts";
import { noiseVariance } from "./weight-model.ts";

/** What a scale read over half a second, on the Pi's clock. */
export interface CurvePoint {
	readonly shelf: number;
	/** At the end of it. */
	readonly atMs: number;
	readonly milligrams: number;
	/** Largest minus smallest of its readings. */
	readonly spreadMilligrams: number;
	/** The shelf was at rest. */
	readonly stable: boolean;
}

/** A point covers half a second, and the wire takes some time. */
const pointMs = 500;

/** Levels nearer than this many deviations are one. */
const leastDeviations = 3;

/**
 * The settled changes of all shelves while the door was open: from the baseline over every level at rest to the final
 * reading. A shelf that nothing was heard of has none; whatever happened there is in its readings alone.
 */
export function stepsOf(points: readonly CurvePoint[], shelves: readonly ShelfReading[]): WeightStep[] {
	return shelves.flatMap((reading) => {
		const own = points.filter(({ shelf }) => shelf === reading.shelf).sort((one, other) => one.atMs - other.atMs);
		const [first] = own;
		const last = own[own.length - 1];
		if (first === undefined || last === undefined) return [];
		const { baselineMilligrams, finalMilligrams, spreadMilligrams } = reading;
		const levels = [
			{ atMs: first.atMs - pointMs, milligrams: baselineMilligrams, spreadMilligrams },
			...own.filter(({ stable }) => stable),
			{ atMs: last.atMs + pointMs, milligrams: finalMilligrams, spreadMilligrams },
		];
		const steps: WeightStep[] = [];
		let before = levels[0]!;
		for (const level of levels.slice(1)) {
			const deltaMilligrams = level.milligrams - before.milligrams;
			const spread = Math.max(level.spreadMilligrams, before.spreadMilligrams);
			const varianceMilligrams2 = noiseVariance({ ...reading, spreadMilligrams: spread });
			if (deltaMilligrams ** 2 >= leastDeviations ** 2 * varianceMilligrams2) {
				steps.push({
					shelf: reading.shelf,
					fromMs: before.atMs,
					atMs: level.atMs,
					deltaMilligrams,
					varianceMilligrams2,
				});
				before = level;
			} else {
				// Still the same level, later.
				before = { ...before, atMs: level.atMs };
			}
		}
		return steps;
	});
}
