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
export const pointMs = 500;

/** From the opening of the door to the first point: the cells have to wake. */
const wakingMs = 1_500;

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
		const steps: WeightStep[] = [];
		let before = { milligrams: baselineMilligrams, spreadMilligrams };
		/** When the shelf began to move; `undefined` while it rests. */
		let sinceMs: number | undefined = first.atMs - wakingMs;
		const end = { atMs: last.atMs + pointMs, milligrams: finalMilligrams, spreadMilligrams, stable: true };
		for (const { atMs, milligrams, stable, spreadMilligrams: spread } of [...own, end]) {
			if (!stable) {
				sinceMs ??= atMs - pointMs;
				continue;
			}
			const deltaMilligrams = milligrams - before.milligrams;
			const widest = Math.max(spread, before.spreadMilligrams);
			const varianceMilligrams2 = noiseVariance({ ...reading, spreadMilligrams: widest });
			if (deltaMilligrams ** 2 >= leastDeviations ** 2 * varianceMilligrams2) {
				// Between two points at rest it changed at the seam.
				const fromMs = sinceMs ?? atMs - 2 * pointMs;
				steps.push({ shelf: reading.shelf, fromMs, atMs, deltaMilligrams, varianceMilligrams2 });
				before = { milligrams, spreadMilligrams: spread };
			}
			sinceMs = undefined;
		}
		return steps;
	});
}
