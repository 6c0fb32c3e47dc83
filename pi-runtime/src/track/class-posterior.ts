/** No class is ruled out by one look: less than this a probability is never taken for. */
const leastProbability = 0.01;

/**
 * What a track is, from all looks at it: the sum of the logarithms of the class probabilities, each weighed by
 * `evidence`, since the same view errs the same way frame after frame. One sure mistake among many fair looks does not
 * decide, as it would if the best score of all won.
 */
export class ClassPosterior {
	readonly #logs: Float64Array;
	readonly #evidence: number;
	#probabilities: Float64Array | undefined;

	constructor(classes: number, evidence: number) {
		this.#logs = new Float64Array(classes);
		this.#evidence = evidence;
	}

	/**
	 * One look: a score a class (0 to 1, in any sum), or a best class and its score where a model tells no more.
	 * `weight` 0 to 1 says how much of a look it was.
	 */
	add(
		look: { readonly classScores?: Float32Array | undefined; readonly label: number; readonly score: number },
		weight = 1,
	): void {
		const looked = distributionOf(look, this.#logs.length);
		for (let index = 0; index < looked.length; index++) {
			this.#logs[index]! += weight * this.#evidence * Math.log(looked[index]!);
		}
		this.#probabilities = undefined;
	}

	/** Everything that another one has seen, too. */
	merge(other: ClassPosterior): void {
		for (let index = 0; index < this.#logs.length; index++) this.#logs[index]! += other.#logs[index]!;
		this.#probabilities = undefined;
	}

	/** Of each class; sums to 1. All alike before the first look. */
	get probabilities(): Float64Array {
		this.#probabilities ??= softmax(this.#logs);
		return this.#probabilities;
	}

	/** The likeliest class. */
	get best(): number {
		return this.#logs.reduce((best, log, index) => (log > this.#logs[best]! ? index : best), 0);
	}
}

/** Probabilities that sum to 1, none of them below the least. */
export function distributionOf(
	look: { readonly classScores?: Float32Array | undefined; readonly label: number; readonly score: number },
	classes: number,
): Float64Array {
	const result = new Float64Array(classes);
	if (look.classScores !== undefined && look.classScores.length === classes) {
		result.set(look.classScores);
	} else if (look.label >= 0) {
		result.fill(classes > 1 ? (1 - look.score) / (classes - 1) : 1);
		result[look.label] = look.score;
	}
	let sum = 0;
	for (let index = 0; index < classes; index++) {
		result[index] = Math.max(leastProbability, result[index]!);
		sum += result[index]!;
	}
	for (let index = 0; index < classes; index++) result[index]! /= sum;
	return result;
}

function softmax(logs: Float64Array): Float64Array {
	const most = logs.reduce((top, log) => Math.max(top, log), Number.NEGATIVE_INFINITY);
	const weights = logs.map((log) => Math.exp(log - most));
	const sum = weights.reduce((total, weight) => total + weight, 0);
	return weights.map((weight) => weight / sum);
}
