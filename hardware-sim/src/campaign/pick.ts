import type { SeededRandom } from "../random.ts";

/** One of the values, each as likely as the others. */
export function pick<T>(random: SeededRandom, values: readonly T[]): T {
	const value = values[Math.floor(random.next() * values.length)];
	if (value === undefined) throw new RangeError("There is nothing to pick from.");
	return value;
}

/** One of the values, as likely as its weight says. */
export function pickWeighted<T>(random: SeededRandom, weighted: readonly (readonly [value: T, weight: number])[]): T {
	let left = random.next() * weighted.reduce((sum, [, weight]) => sum + weight, 0);
	for (const [value, weight] of weighted) {
		left -= weight;
		if (left < 0) return value;
	}
	const [last] = weighted.at(-1) ?? [];
	if (last === undefined) throw new RangeError("There is nothing to pick from.");
	return last;
}

/** A number from `from` up to, and without, `to`. */
export function between(random: SeededRandom, from: number, to: number): number {
	return from + random.next() * (to - from);
}
