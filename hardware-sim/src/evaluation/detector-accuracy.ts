import { isCounted } from "../camera/counted.ts";
import type { SeenObject } from "../camera/scene.ts";
import type { PictureSize } from "../camera/view.ts";
import type { SeededRandom } from "../random.ts";
import type { Interval } from "./interval.ts";

/** IoU from which a box is right: .50, .55 … .95. */
const thresholds: readonly number[] = Object.freeze(Array.from({ length: 10 }, (_, step) => 0.5 + 0.05 * step));
/**
 * A detection that shares so much with an object of its class that does not count, of the smaller of the two, is neither
 * right nor wrong: there is such a thing, and how far it reaches is hidden.
 */
const excusedPart = 0.5;
const recalls = 101;
const resampleCount = 200;

type Box = readonly [number, number, number, number];

/** One detection, as far as it is judged. */
export interface Found {
	readonly label: string;
	readonly score: number;
	readonly box: Box;
}

/** Average precision, each with its 95 % interval. */
export interface DetectorScore {
	/** Mean of all classes at IoU .50. */
	readonly ap50: Interval;
	/** Mean of all classes and of IoU .50 to .95. */
	readonly ap: Interval;
	/** AP50 of each class that was there. */
	readonly classes: Readonly<Record<string, Interval>>;
}

interface Judged {
	readonly scene: number;
	readonly score: number;
	/** A bit a threshold. */
	readonly right: number;
	readonly excused: boolean;
}

interface ClassRecord {
	readonly judged: Judged[];
	/** Objects that count, a scene. */
	readonly objects: number[];
}

/**
 * Average precision as COCO reckons it (101 recalls; https://cocodataset.org/#detection-eval), over what counts:
 * see `isCounted`. Intervals are those of resamples of whole scenes (Efron 1979).
 */
export class DetectorAccuracy {
	readonly #classes: ReadonlyMap<string, ClassRecord>;
	#scenes = 0;

	constructor(labels: readonly string[]) {
		this.#classes = new Map(labels.map((label) => [label, { judged: [], objects: [] }]));
	}

	/** One scene. Boxes of both are in pixels of a picture of that size. */
	add(found: readonly Found[], truth: readonly SeenObject[], size: PictureSize): void {
		const scene = this.#scenes++;
		for (const [label, { judged, objects }] of this.#classes) {
			const theirs = truth.filter((object) => object.label === label);
			const counted = theirs.filter((object) => isCounted(object, size)).map(({ box }) => box);
			const others = theirs.filter((object) => !isCounted(object, size)).map(({ box }) => box);
			objects.push(counted.length);
			const mine = found.filter((one) => one.label === label).sort((a, b) => b.score - a.score);
			const rights = new Uint16Array(mine.length);
			const agree = mine.map(({ box }) => counted.map((object) => iou(box, object)));
			for (const [bit, threshold] of thresholds.entries()) {
				const taken = new Set<number>();
				for (const [index, row] of agree.entries()) {
					let best = -1;
					for (const [object, value] of row.entries())
						if (value >= threshold && !taken.has(object) && (best < 0 || value > row[best]!)) best = object;
					if (best < 0) continue;
					taken.add(best);
					rights[index]! |= 1 << bit;
				}
			}
			for (const [index, { score, box }] of mine.entries())
				judged.push({
					scene,
					score,
					right: rights[index]!,
					excused: others.some((other) => sharedPart(box, other) >= excusedPart),
				});
		}
	}

	score(random: SeededRandom): DetectorScore {
		for (const { judged } of this.#classes.values()) judged.sort((a, b) => b.score - a.score);
		const whole = this.#reckon(new Float64Array(this.#scenes).fill(1));
		const resamples = Array.from({ length: resampleCount }, () => {
			const weights = new Float64Array(this.#scenes);
			for (let draw = 0; draw < this.#scenes; draw++) weights[Math.floor(random.next() * this.#scenes)]! += 1;
			return this.#reckon(weights);
		});
		const interval = (figure: (tables: Tables) => number): Interval => {
			const values = resamples
				.map(figure)
				.filter((value) => !Number.isNaN(value))
				.sort((a, b) => a - b);
			const at = (part: number) => values[Math.round(part * (values.length - 1))] ?? Number.NaN;
			return { value: figure(whole), low: at(0.025), high: at(0.975) };
		};
		const labels = [...whole].flatMap(([label, table]) => (Number.isNaN(table[0]) ? [] : [label]));
		const meanOf = (tables: Tables, values: (table: readonly number[]) => number): number =>
			mean([...tables.values()].map(values).filter((value) => !Number.isNaN(value)));
		return {
			ap50: interval((tables) => meanOf(tables, (table) => table[0]!)),
			ap: interval((tables) => meanOf(tables, mean)),
			classes: Object.fromEntries(labels.map((label) => [label, interval((tables) => tables.get(label)![0]!)])),
		};
	}

	/** Average precision of each class at each threshold, every scene counting `weights` times; NaN of a class without objects. */
	#reckon(weights: Float64Array): Tables {
		const tables = new Map<string, readonly number[]>();
		for (const [label, { judged, objects }] of this.#classes) {
			const total = objects.reduce((sum, count, scene) => sum + count * weights[scene]!, 0);
			tables.set(
				label,
				thresholds.map((_, bit) => (total === 0 ? Number.NaN : averagePrecision(judged, weights, total, bit))),
			);
		}
		return tables;
	}
}

type Tables = ReadonlyMap<string, readonly number[]>;

/** The area below precision over recall, read at 101 recalls; `judged` comes best score first. */
function averagePrecision(judged: readonly Judged[], weights: Float64Array, total: number, bit: number): number {
	const hits: number[] = [];
	const precisions: number[] = [];
	let [hit, all] = [0, 0];
	for (const { scene, right, excused } of judged) {
		const weight = weights[scene]!;
		const isRight = ((right >> bit) & 1) === 1;
		if (weight === 0 || (excused && !isRight)) continue;
		all += weight;
		if (isRight) hit += weight;
		hits.push(hit);
		precisions.push(hit / all);
	}
	for (let at = precisions.length - 2; at >= 0; at--) precisions[at] = Math.max(precisions[at]!, precisions[at + 1]!);
	let sum = 0;
	for (let recall = 0, at = 0; recall < recalls; recall++) {
		const wanted = (recall / (recalls - 1)) * total - 1e-9;
		while (at < hits.length && hits[at]! < wanted) at++;
		sum += precisions[at] ?? 0;
	}
	return sum / recalls;
}

function iou(a: Box, b: Box): number {
	const shared = sharedArea(a, b);
	return shared / (area(a) + area(b) - shared);
}

function sharedPart(a: Box, b: Box): number {
	return sharedArea(a, b) / Math.min(area(a), area(b));
}

function sharedArea(a: Box, b: Box): number {
	const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
	const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
	return width <= 0 || height <= 0 ? 0 : width * height;
}

function area(box: Box): number {
	return (box[2] - box[0]) * (box[3] - box[1]);
}

function mean(values: readonly number[]): number {
	return values.reduce((sum, value) => sum + value, 0) / values.length;
}
