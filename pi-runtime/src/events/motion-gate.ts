import type { Frame } from "../capture/frame.ts";

export interface MotionGateSettings {
	/** Levels of 255 by which the mean of a cell must change at least to count as moved; 3 by default. */
	readonly levels?: number | undefined;
	/** Cells that must move at once to open the gate; 2 by default. */
	readonly cells?: number | undefined;
	/** Pictures without motion after which the gate shuts, so that a scene is looked at after it came to rest; 10 by default. */
	readonly restFrames?: number | undefined;
	/** A picture passes after so long at the latest, milliseconds; 5,000 by default. */
	readonly keepAliveMs?: number | undefined;
}

const columns = 32;
const rows = 18;
/** About a hundred pixels are read of a cell. */
const samplesAcross = 10;
/** Changes of the mean that noise makes go no further than this, in its standard deviations. */
const noiseDeviations = 5;

/**
 * Says which pictures of one camera are worth a look by a detector. The picture is laid out in 32 × 18 cells; it
 * moves when the mean brightness of some cells differs from the picture before by more than noise does. A light that goes
 * on or a lens that adapts moves all cells together, which is taken out by the median.
 */
export class MotionGate {
	readonly #levels: number;
	readonly #cells: number;
	readonly #restFrames: number;
	readonly #keepAliveMs: number;
	#last: Float32Array | undefined;
	#stillFrames = Number.POSITIVE_INFINITY;
	#isMoving = false;
	#passedMs = Number.NEGATIVE_INFINITY;

	constructor({ levels = 3, cells = 2, restFrames = 10, keepAliveMs = 5_000 }: MotionGateSettings = {}) {
		this.#levels = levels;
		this.#cells = cells;
		this.#restFrames = restFrames;
		this.#keepAliveMs = keepAliveMs;
	}

	/** Whether this picture passes: it moves, one shortly before did, or none passed for long. Each picture is shown once. */
	passes(frame: Frame): boolean {
		const means = cellMeans(frame);
		const moved = this.#last === undefined ? this.#cells : movedCells(this.#last, means, this.#levels);
		this.#last = means;
		this.#isMoving = moved >= this.#cells;
		this.#stillFrames = this.#isMoving ? 0 : this.#stillFrames + 1;
		const passes = this.#stillFrames <= this.#restFrames || frame.atMs - this.#passedMs >= this.#keepAliveMs;
		if (passes) this.#passedMs = frame.atMs;
		return passes;
	}

	/** Whether the last picture differs from the one before. */
	get isMoving(): boolean {
		return this.#isMoving;
	}

	/** Mean brightness of the last picture, 0 to 255. */
	get brightness(): number {
		const last = this.#last;
		return last === undefined ? 0 : last.reduce((sum, mean) => sum + mean, 0) / last.length;
	}

	/** The next pictures pass, until the scene has rested again: the door opens, the light goes on. */
	wake(): void {
		this.#stillFrames = 0;
	}
}

function cellMeans({ data, width, height }: Frame): Float32Array {
	const sums = new Float32Array(columns * rows);
	const counts = new Uint32Array(columns * rows);
	const stride = Math.max(1, Math.round(width / (columns * samplesAcross)));
	for (let y = 0; y < height; y += stride) {
		const base = y * width;
		const row = Math.min(rows - 1, Math.floor((y * rows) / height)) * columns;
		for (let x = 0; x < width; x += stride) {
			const cell = row + Math.min(columns - 1, ((x * columns) / width) | 0);
			sums[cell]! += data[base + x]!;
			counts[cell]!++;
		}
	}
	return sums.map((sum, cell) => sum / Math.max(1, counts[cell]!));
}

function movedCells(before: Float32Array, after: Float32Array, levels: number): number {
	const changes = after.map((mean, cell) => mean - before[cell]!);
	const common = medianOf(changes);
	const sizes = changes.map((change) => Math.abs(change - common));
	// The median of sizes is .67 standard deviations of what is normally distributed.
	const least = Math.max(levels, (noiseDeviations * medianOf(sizes)) / 0.6745);
	return sizes.reduce((count, size) => (size >= least ? count + 1 : count), 0);
}

function medianOf(values: Float32Array): number {
	return values.slice().sort()[values.length >> 1]!;
}
