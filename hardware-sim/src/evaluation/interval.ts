import type { SeededRandom } from "../random.ts";

/** A measured figure with its 95 % interval. */
export interface Interval {
	readonly value: number;
	readonly low: number;
	readonly high: number;
}

/** 97.5 % quantile of the normal distribution. */
const z = 1.959964;

/** A share of `total` trials: Wilson's score interval (Wilson 1927), which stays sound near 0 and 1. NaN of no trials. */
export function wilson(successes: number, total: number): Interval {
	if (total === 0) return { value: Number.NaN, low: 0, high: 1 };
	const share = successes / total;
	const middle = share + z ** 2 / (2 * total);
	const half = z * Math.sqrt((share * (1 - share)) / total + z ** 2 / (4 * total ** 2));
	const scale = 1 + z ** 2 / total;
	return { value: share, low: Math.max(0, (middle - half) / scale), high: Math.min(1, (middle + half) / scale) };
}

/** True, false and missed findings of one session. */
export interface Findings {
	readonly right: number;
	readonly wrong: number;
	readonly missed: number;
}

/** F1 of all sessions together; its interval is that of 1,000 resamples of whole sessions (Efron 1979). */
export function bootstrapF1(sessions: readonly Findings[], random: SeededRandom): Interval {
	const resamples = Array.from({ length: 1_000 }, () =>
		f1(sessions.map(() => sessions[pick(sessions.length, random)]!)),
	);
	resamples.sort((one, other) => one - other);
	return { value: f1(sessions), low: resamples[24] ?? Number.NaN, high: resamples[974] ?? Number.NaN };
}

function pick(count: number, random: SeededRandom): number {
	return Math.floor(random.next() * count);
}

/** 2·TP / (2·TP + FP + FN); 1 where there was nothing to find and nothing was found. */
export function f1(sessions: readonly Findings[]): number {
	let right = 0;
	let errors = 0;
	for (const session of sessions) {
		right += session.right;
		errors += session.wrong + session.missed;
	}
	return right + errors === 0 ? 1 : (2 * right) / (2 * right + errors);
}
