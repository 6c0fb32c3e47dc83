import type { Box } from "./box.ts";

/** How surely a box is known and how freely it moves, as parts of its width and height. */
export interface KalmanNoise {
	/** Of a place, a frame and a measurement: 1/20 in the paper. */
	readonly position: number;
	/** Of a speed, a frame: 1/160 in the paper. */
	readonly velocity: number;
}

export const paperNoise: KalmanNoise = Object.freeze({ position: 1 / 20, velocity: 1 / 160 });

/** Width or height is never believed to be below this, pixels. */
const smallest = 1;

/**
 * Where a box is, how fast it moves, and how sure that is: the constant-velocity Kalman filter of SORT and DeepSORT
 * (Wojke, Bewley and Paulus 2017, §2.1) with the state (centre x, centre y, width, height and the speed of each). Speeds
 * are pixels a frame.
 *
 * Noise is proportional to the box's own size. None of it mixes axes, so the eight-by-eight covariance is four blocks
 * of two by two, one an axis; they are what is kept and computed here. (The test checks this against the full matrices.)
 */
export class KalmanBox {
	readonly #noise: KalmanNoise;
	/** Four places, four speeds. */
	readonly #mean = new Float64Array(8);
	/** Per axis: variance of the place, covariance of both, variance of the speed. */
	readonly #covariance = new Float64Array(12);

	constructor(box: Box, noise: KalmanNoise = paperNoise) {
		this.#noise = noise;
		this.restart(box);
	}

	/** Forgets everything but this box. */
	restart(box: Box): void {
		const measured = measure(box);
		for (let axis = 0; axis < 4; axis++) {
			const size = Math.max(smallest, measured[axis < 2 ? axis + 2 : axis]!);
			this.#mean[axis] = measured[axis]!;
			this.#mean[axis + 4] = 0;
			this.#covariance[axis * 3] = (2 * this.#noise.position * size) ** 2;
			this.#covariance[axis * 3 + 1] = 0;
			this.#covariance[axis * 3 + 2] = (10 * this.#noise.velocity * size) ** 2;
		}
	}

	/** Where it is believed to be. */
	get box(): Box {
		const [x = 0, y = 0] = this.#mean;
		const halfWidth = Math.max(smallest, this.#mean[2]!) / 2;
		const halfHeight = Math.max(smallest, this.#mean[3]!) / 2;
		return [x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight];
	}

	/** Of the centre, pixels a frame. */
	get velocity(): readonly [x: number, y: number] {
		return [this.#mean[4]!, this.#mean[5]!];
	}

	/** Variance of each of the eight numbers of the state. */
	get variances(): readonly number[] {
		return [0, 1, 2, 3]
			.map((axis) => this.#covariance[axis * 3]!)
			.concat([0, 1, 2, 3].map((axis) => this.#covariance[axis * 3 + 2]!));
	}

	/** Lets so many frames pass; parts of a frame are allowed. */
	predict(frames: number): void {
		for (let axis = 0; axis < 4; axis++) {
			const size = this.#sizeOf(axis);
			const at = axis * 3;
			const both = this.#covariance[at + 1]!;
			const speed = this.#covariance[at + 2]!;
			this.#mean[axis]! += frames * this.#mean[axis + 4]!;
			this.#covariance[at]! += frames * (2 * both + frames * speed) + frames * (this.#noise.position * size) ** 2;
			this.#covariance[at + 1] = both + frames * speed;
			this.#covariance[at + 2] = speed + frames * (this.#noise.velocity * size) ** 2;
		}
		// What shrinks does not turn inside out.
		for (const axis of [2, 3]) {
			if (this.#mean[axis]! >= smallest) continue;
			this.#mean[axis] = smallest;
			this.#mean[axis + 4] = 0;
		}
	}

	/** A box was seen. */
	update(box: Box): void {
		const measured = measure(box);
		for (let axis = 0; axis < 4; axis++) {
			const at = axis * 3;
			const place = this.#covariance[at]!;
			const both = this.#covariance[at + 1]!;
			const innovation = measured[axis]! - this.#mean[axis]!;
			const spread = place + (this.#noise.position * this.#sizeOf(axis)) ** 2;
			this.#mean[axis]! += (place / spread) * innovation;
			this.#mean[axis + 4]! += (both / spread) * innovation;
			this.#covariance[at] = place - (place * place) / spread;
			this.#covariance[at + 1] = both - (place * both) / spread;
			this.#covariance[at + 2]! -= (both * both) / spread;
		}
	}

	/** How far a box's centre is from the expected one: squared Mahalanobis distance, 2 degrees of freedom. */
	squaredDistanceTo(box: Box): number {
		const measured = measure(box);
		let sum = 0;
		for (let axis = 0; axis < 2; axis++) {
			const spread = this.#covariance[axis * 3]! + (this.#noise.position * this.#sizeOf(axis)) ** 2;
			sum += (measured[axis]! - this.#mean[axis]!) ** 2 / spread;
		}
		return sum;
	}

	/** A copy that goes its own way. */
	clone(): KalmanBox {
		const copy = new KalmanBox(this.box, this.#noise);
		copy.#mean.set(this.#mean);
		copy.#covariance.set(this.#covariance);
		return copy;
	}

	/** The width for what lies across, the height for what goes down. */
	#sizeOf(axis: number): number {
		return Math.max(smallest, this.#mean[axis % 2 === 0 ? 2 : 3]!);
	}
}

function measure([x1, y1, x2, y2]: Box): readonly [number, number, number, number] {
	return [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1];
}
