/** Where a point lies in a normal distribution around zero. */
export interface GaussianPoint {
	/** Squared Mahalanobis distance: squared standard deviations, all dimensions together. */
	readonly squaredDistance: number;
	readonly density: number;
}

/**
 * Evaluates N(0, covariance) at `residual`. `covariance` is symmetric and positive definite, row by row, of as many
 * rows as `residual` has members; only its lower half is read. By Cholesky decomposition: covariance = L·Lᵀ, and the
 * distance is the length of L⁻¹·residual.
 */
export function gaussian(residual: readonly number[], covariance: readonly (readonly number[])[]): GaussianPoint {
	const size = residual.length;
	const lower: number[][] = [];
	let squaredDistance = 0;
	let density = 1;
	const whitened: number[] = [];
	for (let row = 0; row < size; row += 1) {
		const line: number[] = [];
		let rest = residual[row]!;
		let variance = covariance[row]![row]!;
		for (let column = 0; column < row; column += 1) {
			let value = covariance[row]![column]!;
			for (let inner = 0; inner < column; inner += 1) {
				value -= line[inner]! * lower[column]![inner]!;
			}
			value /= lower[column]![column]!;
			line.push(value);
			variance -= value * value;
			rest -= value * whitened[column]!;
		}
		if (!(variance > 0)) {
			throw new RangeError(`gaussian: the covariance is not positive definite in row ${row}`);
		}
		const deviation = Math.sqrt(variance);
		line.push(deviation);
		lower.push(line);
		const scaled = rest / deviation;
		whitened.push(scaled);
		squaredDistance += scaled * scaled;
		density *= Math.exp((-scaled * scaled) / 2) / (deviation * Math.sqrt(2 * Math.PI));
	}
	return { squaredDistance, density };
}
