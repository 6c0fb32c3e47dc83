import { SeededRandom } from "@visionvend/hardware-sim/random";
import type { Detection } from "../src/detect/detection.ts";
import type { Box } from "../src/track/box.ts";
import type { MotRow } from "../src/track/mot-file.ts";

export const movingLabels = ["cola", "water", "chips", "hand"] as const;

export interface MovingObjects {
	readonly truth: readonly MotRow[];
	/** Of frame 1, 2, … */
	readonly frames: readonly (readonly Detection[])[];
}

interface Mover {
	readonly id: number;
	readonly label: string;
	readonly from: number;
	readonly until: number;
	readonly width: number;
	readonly height: number;
	readonly feature: Float32Array;
	x: number;
	y: number;
	dx: number;
	dy: number;
}

/**
 * Boxes that wander over a picture of 1280 × 720, bounce off its edges, pass behind one another, come and go; and what a fair
 * detector would report of them: places a few percent off, one look in sixteen missed, the hidden ones missed mostly
 * or weak, now and then a thing that is not there.
 */
export function moveObjects({
	seed,
	count = 12,
	frames = 300,
}: {
	seed: number;
	count?: number;
	frames?: number;
}): MovingObjects {
	const random = new SeededRandom(seed);
	const between = (low: number, high: number) => low + (high - low) * random.next();
	const movers = Array.from({ length: count }, (_, index): Mover => {
		const label = movingLabels[index % movingLabels.length]!;
		return {
			id: index + 1,
			label,
			from: Math.floor(between(1, frames / 5)),
			until: Math.floor(between((2 / 3) * frames, frames)),
			width: between(40, 100),
			height: between(60, 160),
			feature: unit(Array.from({ length: 16 }, () => random.gaussian())),
			x: between(0, 1100),
			y: between(0, 550),
			dx: between(-4, 4),
			dy: between(-3, 3),
		};
	});
	const truth: MotRow[] = [];
	const seen = Array.from({ length: frames }, (_, index): Detection[] => {
		const frame = index + 1;
		const present = movers.filter(({ from, until }) => frame >= from && frame <= until);
		const detections = present.flatMap((mover): Detection[] => {
			move(mover, between);
			const box: Box = [mover.x, mover.y, mover.x + mover.width, mover.y + mover.height];
			truth.push({ frame, id: mover.id, box, confidence: 1, classId: 1, visibility: 1 });
			const isHidden = present.some(
				(other) =>
					other.id > mover.id &&
					Math.abs(other.x - mover.x) < mover.width / 2 &&
					Math.abs(other.y - mover.y) < mover.height / 2,
			);
			if (random.next() < (isHidden ? 0.8 : 1 / 16)) return [];
			const off = (size: number) => size * between(-0.05, 0.05);
			const score = isHidden ? between(0.2, 0.6) : between(0.55, 0.99);
			return [
				{
					label: mover.label,
					score,
					box: [
						box[0] + off(mover.width),
						box[1] + off(mover.height),
						box[2] + off(mover.width),
						box[3] + off(mover.height),
					],
					classScores: Float32Array.from(movingLabels, (label) => (label === mover.label ? score : (1 - score) / 3)),
					feature: unit([...mover.feature].map((value) => value + 0.1 * random.gaussian())),
				},
			];
		});
		if (random.next() < 0.3) {
			const x = between(0, 1200);
			const y = between(0, 600);
			detections.push({ label: "chips", score: between(0.2, 0.75), box: [x, y, x + 50, y + 80] });
		}
		return detections;
	});
	return { truth, frames: seen };
}

function move(mover: Mover, between: (low: number, high: number) => number): void {
	mover.x += mover.dx + between(-1, 1);
	mover.y += mover.dy + between(-1, 1);
	if (mover.x < 0 || mover.x + mover.width > 1280) mover.dx = mover.x < 0 ? Math.abs(mover.dx) : -Math.abs(mover.dx);
	if (mover.y < 0 || mover.y + mover.height > 720) mover.dy = mover.y < 0 ? Math.abs(mover.dy) : -Math.abs(mover.dy);
}

function unit(values: readonly number[]): Float32Array {
	const length = Math.hypot(...values);
	return Float32Array.from(values, (value) => value / length);
}
