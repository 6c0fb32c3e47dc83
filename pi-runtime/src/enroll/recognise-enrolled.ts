import type { Detection } from "../detect/detection.ts";
import type { EnrolledProducts } from "./enrolled-products.ts";

/** A detector that never saw a product is unsure of its box, too: such weak boxes are still asked about. */
export const weakestScore = 0.1;
/** From here up a thing may be an enrolled product, if the detector is less sure of what it took it for. */
const leastProbability = 0.5;

/** Of features: the probability of each enrolled product, then that of "something else". They add up to 1. */
export function enrolledProbabilities({ weights, biases }: EnrolledProducts["head"], features: Float32Array): number[] {
	const logits = weights.map((row, index) => {
		let sum = biases[index] ?? 0;
		for (let place = 0; place < row.length; place++) sum += row[place]! * features[place]!;
		return sum;
	});
	const highest = Math.max(...logits);
	const parts = logits.map((logit) => Math.exp(logit - highest));
	const whole = parts.reduce((sum, part) => sum + part, 0);
	return parts.map((part) => part / whole);
}

/**
 * Names what was enrolled. Every detection gets class scores of the enrolled products behind those of the model; a thing that
 * is more likely one of them than anything else gets its label and probability as score.
 */
export function recogniseEnrolled(enrolled: EnrolledProducts, detections: readonly Detection[]): Detection[] {
	return detections.map((detection) => {
		const { feature, classScores } = detection;
		if (feature === undefined || classScores === undefined) return detection;
		const probabilities = enrolledProbabilities(enrolled.head, feature);
		const other = probabilities.at(-1) ?? 1;
		const products = probabilities.slice(0, -1);
		// A hand is no product, whatever it holds.
		const isProduct = detection.label !== "hand";
		const scores = Float32Array.from([
			...classScores.map((score) => (isProduct ? score * other : score)),
			...products.map((probability) => (isProduct ? probability : 0)),
		]);
		const best = products.reduce(
			(place, probability, index) => (probability > (products[place] ?? 0) ? index : place),
			0,
		);
		const probability = products[best] ?? 0;
		const label = enrolled.products[best]?.label;
		if (!isProduct || probability < Math.max(leastProbability, detection.score) || label === undefined)
			return { ...detection, classScores: scores };
		return { ...detection, label, score: probability, classScores: scores };
	});
}
