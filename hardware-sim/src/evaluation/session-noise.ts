/** How bad the senses of a session are. */
export interface SessionNoise {
	readonly name: NoiseLevel;
	/** Standard deviation of one conversion of a scale, in counts; 107 are a gram. */
	readonly scaleCounts: number;
	/** Light from around and from the lamp: 0.55 and 0.62 by day. */
	readonly ambient: number;
	readonly lamp: number;
	/** Standard deviation of a pixel in the dark, and added at full white, in levels of 255. */
	readonly pixels: number;
	readonly shot: number;
	/** Condensation on the lens, 0 to 1. */
	readonly fog: number;
}

/** The rungs of the ladder, from the best to the worst. */
export const noiseLevels = ["clear", "usual", "dim", "harsh"] as const;
export type NoiseLevel = (typeof noiseLevels)[number];

const ladder: Readonly<Record<NoiseLevel, Omit<SessionNoise, "name">>> = Object.freeze({
	clear: { scaleCounts: 20, ambient: 0.55, lamp: 0.62, pixels: 1, shot: 1, fog: 0 },
	usual: { scaleCounts: 32, ambient: 0.55, lamp: 0.62, pixels: 3, shot: 4, fog: 0 },
	dim: { scaleCounts: 64, ambient: 0.32, lamp: 0.36, pixels: 8, shot: 6, fog: 0.1 },
	harsh: { scaleCounts: 80, ambient: 0.28, lamp: 0.3, pixels: 16, shot: 8, fog: 0.35 },
});

export function noiseOf(name: NoiseLevel): SessionNoise {
	return { name, ...ladder[name] };
}
