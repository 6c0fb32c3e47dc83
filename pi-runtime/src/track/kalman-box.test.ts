import fc from "fast-check";
import { expect, test } from "vitest";
import type { Box } from "./box.ts";
import { KalmanBox, paperNoise } from "./kalman-box.ts";

type Matrix = number[][];
const multiply = (a: Matrix, b: Matrix): Matrix =>
	a.map((row) => b[0]!.map((_, column) => row.reduce((sum, value, k) => sum + value * b[k]![column]!, 0)));
const transpose = (a: Matrix): Matrix => a[0]!.map((_, column) => a.map((row) => row[column]!));
const add = (a: Matrix, b: Matrix, sign = 1): Matrix =>
	a.map((row, i) => row.map((value, j) => value + sign * b[i]![j]!));
const diagonal = (values: readonly number[]): Matrix =>
	values.map((value, i) => values.map((_, j) => (i === j ? value : 0)));

/** Gauss and Jordan. */
function inverse(matrix: Matrix): Matrix {
	const size = matrix.length;
	const work = matrix.map((row, i) => [...row, ...diagonal(Array(size).fill(1))[i]!]);
	for (let pivot = 0; pivot < size; pivot++) {
		const best = work
			.slice(pivot)
			.reduce((top, row, i) => (Math.abs(row[pivot]!) > Math.abs(work[top]![pivot]!) ? i + pivot : top), pivot);
		[work[pivot], work[best]] = [work[best]!, work[pivot]!];
		const factor = work[pivot]![pivot]!;
		work[pivot] = work[pivot]!.map((value) => value / factor);
		for (let row = 0; row < size; row++) {
			if (row === pivot) continue;
			const by = work[row]![pivot]!;
			work[row] = work[row]!.map((value, column) => value - by * work[pivot]![column]!);
		}
	}
	return work.map((row) => row.slice(size));
}

/** The textbook filter with whole matrices: x = Fx, P = FPFᵀ + Q; K = PHᵀ(HPHᵀ + R)⁻¹. */
class WholeKalman {
	mean: Matrix;
	covariance: Matrix;
	constructor(box: Box) {
		const [x, y, w, h] = measured(box);
		this.mean = [x, y, w, h, 0, 0, 0, 0].map((value) => [value]);
		const { position: p, velocity: v } = paperNoise;
		this.covariance = diagonal(
			[w, h, w, h].map((size) => (2 * p * size) ** 2).concat([w, h, w, h].map((size) => (10 * v * size) ** 2)),
		);
	}
	get size(): number[] {
		const [w, h] = [this.mean[2]![0]!, this.mean[3]![0]!];
		return [w, h, w, h];
	}
	predict(): void {
		const f = diagonal(Array(8).fill(1));
		for (let i = 0; i < 4; i++) f[i]![i + 4] = 1;
		const q = diagonal(
			this.size
				.map((size) => (paperNoise.position * size) ** 2)
				.concat(this.size.map((size) => (paperNoise.velocity * size) ** 2)),
		);
		this.mean = multiply(f, this.mean);
		this.covariance = add(multiply(multiply(f, this.covariance), transpose(f)), q);
	}
	update(box: Box): void {
		const h = Array.from({ length: 4 }, (_, i) => Array.from({ length: 8 }, (_, j) => (i === j ? 1 : 0)));
		const r = diagonal(this.size.map((size) => (paperNoise.position * size) ** 2));
		const innovation = add(
			measured(box).map((value) => [value]),
			multiply(h, this.mean),
			-1,
		);
		const gain = multiply(
			multiply(this.covariance, transpose(h)),
			inverse(add(multiply(multiply(h, this.covariance), transpose(h)), r)),
		);
		this.mean = add(this.mean, multiply(gain, innovation));
		this.covariance = add(this.covariance, multiply(multiply(gain, h), this.covariance), -1);
	}
}

const measured = ([x1, y1, x2, y2]: Box): [number, number, number, number] => [
	(x1 + x2) / 2,
	(y1 + y2) / 2,
	x2 - x1,
	y2 - y1,
];

const box = fc
	.tuple(
		fc.integer({ min: 0, max: 1000 }),
		fc.integer({ min: 0, max: 600 }),
		fc.integer({ min: 20, max: 200 }),
		fc.integer({ min: 20, max: 200 }),
	)
	.map(([x, y, w, h]): Box => [x, y, x + w, y + h]);

test("four small filters give what the whole matrices give", () => {
	fc.assert(
		fc.property(
			box,
			fc.array(fc.option(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 }))), {
				maxLength: 12,
			}),
			(first, steps) => {
				const small = new KalmanBox(first);
				const whole = new WholeKalman(first);
				let seen = first;
				for (const step of steps) {
					small.predict(1);
					whole.predict();
					if (step === null) continue;
					seen = [seen[0] + step[0], seen[1] + step[1], seen[2] + step[0], seen[3] + step[1]];
					small.update(seen);
					whole.update(seen);
				}
				const [x, y, w, h] = measured(small.box);
				expect(
					[x, y, w, h, ...small.velocity]
						.map((value, i) => value - whole.mean[i]![0]!)
						.every((off) => Math.abs(off) < 1e-6),
				).toBe(true);
				small.variances.forEach((variance, i) => {
					expect(variance / whole.covariance[i]![i]!).toBeCloseTo(1, 6);
				});
			},
		),
		{ numRuns: 100 },
	);
});

test("after one measurement a still place has the variance of two averaged measurements", () => {
	const kalman = new KalmanBox([0, 0, 100, 100], { position: 0.05, velocity: 0 });
	// Prior (2·5)² = 100, measurement 5² = 25: 1 / (1/100 + 1/25) = 20; the estimate lies 4/5 of the way.
	kalman.update([10, 0, 110, 100]);
	expect(kalman.variances[0]).toBeCloseTo(20, 12);
	expect(kalman.box[0]).toBeCloseTo(8, 12);
});

test("of a steady mover it learns the speed and foresees the way", () => {
	const kalman = new KalmanBox([0, 0, 50, 80]);
	for (let frame = 1; frame <= 60; frame++) {
		kalman.predict(1);
		kalman.update([frame * 7, frame * -2, 50 + frame * 7, 80 + frame * -2]);
	}
	expect(kalman.velocity[0]).toBeCloseTo(7, 2);
	expect(kalman.velocity[1]).toBeCloseTo(-2, 2);
	kalman.predict(10);
	expect(kalman.box[0]).toBeCloseTo(490, 0);
});

test("a box that shrinks does not turn inside out", () => {
	const kalman = new KalmanBox([0, 0, 60, 60]);
	for (let size = 50; size > 5; size -= 10) {
		kalman.predict(1);
		kalman.update([0, 0, size, size]);
	}
	kalman.predict(100);
	const [x1, y1, x2, y2] = kalman.box;
	expect(x2 - x1).toBeGreaterThan(0);
	expect(y2 - y1).toBeGreaterThan(0);
});
