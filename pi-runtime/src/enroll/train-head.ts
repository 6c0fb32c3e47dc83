import { add, matMul, mul, softmax, sub, sum, tensor2d, tidy, train, variable } from "@tensorflow/tfjs-core";
import type { EnrolledProducts } from "./enrolled-products.ts";

const steps = 300;
const learningRate = 0.2;
/** Weights are kept small by this much, so that nine photographs do not make it surer than nine photographs can. */
const decay = 1e-4;

/**
 * Learns to tell enrolled products from each other and from everything else: a linear layer with softmax, by Adam on all looks
 * at once, each class counting the same. Runs on the backend of TensorFlow.js that was started.
 */
export function trainHead(
	products: readonly (readonly Float32Array[])[],
	others: readonly Float32Array[],
): EnrolledProducts["head"] {
	const classes = [...products, others];
	const looks = classes.flat();
	const depth = looks[0]?.length ?? 0;
	const numbers = classes.flatMap((one, number) => one.map(() => number));
	const weights = variable(tensor2d(new Float32Array(depth * classes.length), [depth, classes.length]));
	const biases = variable(tensor2d(new Float32Array(classes.length), [1, classes.length]));
	const optimizer = train.adam(learningRate);
	try {
		tidy(() => {
			const features = tensor2d(
				looks.flatMap((look) => [...look]),
				[looks.length, depth],
			);
			const truths = tensor2d(numbers.map((number) => classes.map((_, other) => (other === number ? 1 : 0))));
			const shares = tensor2d(numbers.map((number) => [1 / (classes.length * (classes[number]?.length ?? 1))]));
			for (let step = 0; step < steps; step++)
				tidy(() => {
					// The gradient of cross entropy after a softmax is what was said less what is true.
					const said = softmax(add(matMul(features, weights), biases));
					const errors = mul(sub(said, truths), shares);
					optimizer.applyGradients({
						[weights.name]: add(matMul(features, errors, true), mul(weights, 2 * decay)),
						[biases.name]: sum(errors, 0, true),
					});
				});
		});
		const flat = weights.dataSync();
		return {
			weights: classes.map((_, number) =>
				Float32Array.from({ length: depth }, (__, place) => flat[place * classes.length + number] ?? 0),
			),
			biases: [...biases.dataSync()],
		};
	} finally {
		optimizer.dispose();
		weights.dispose();
		biases.dispose();
	}
}
