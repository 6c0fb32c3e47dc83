import type { Engine } from "@visionvend/pi-runtime/detect/detect-message";
import type { Detection } from "@visionvend/pi-runtime/detect/detection";
import { type Corruption, corrupt, corruptions } from "../camera/corruption.ts";
import { detectorSize } from "../camera/counted.ts";
import type { RgbPicture } from "../camera/exposure.ts";
import { openDetector } from "../camera/open-detector.ts";
import { labels } from "../camera/random-scene.ts";
import { SceneMaker } from "../camera/scene-maker.ts";
import type { Split } from "../camera/split.ts";
import { SeededRandom } from "../random.ts";
import { DetectorAccuracy, type DetectorScore } from "./detector-accuracy.ts";
import type { Interval } from "./interval.ts";

/** Everything that a model says counts for average precision, however unsure it is. */
const leastScore = 0.001;
/** Below it two engines may choose different queries of nearly the same score. */
const comparedScore = 0.05;

export interface DetectorOrder {
	readonly model: string;
	/** The same model in 8 bits, if it is to be judged too. */
	readonly int8?: string | undefined;
	readonly scenes: number;
	/** So many of these scenes are shown spoilt as well, once for each corruption. */
	readonly corrupted: number;
	/** So many of them are shown to TensorFlow.js too. */
	readonly compared: number;
	readonly seed: number;
	readonly split: Split;
}

export interface DetectorReport {
	readonly fp32: DetectorScore;
	readonly int8?: DetectorScore | undefined;
	/** AP50 of each corruption. */
	readonly corruptions: Readonly<Partial<Record<Corruption, Interval>>>;
	/**
	 * How far ONNX Runtime and TensorFlow.js are apart at most, in scores and in box edges as parts of the picture's sides, of
	 * all that either says with a score of {@link comparedScore} or more.
	 */
	readonly engineDifference?: number | undefined;
}

/** Shows a detector scenes, through the runtime that a Pi has, and judges what it finds. */
export async function evaluateDetector(
	order: DetectorOrder,
	onScene: (done: number) => void,
	stopped?: AbortSignal,
): Promise<DetectorReport> {
	const { seed, split, scenes, corrupted, compared } = order;
	const maker = new SceneMaker({ seed, split, size: detectorSize });
	const plain = await openJudged(order.model);
	const other = compared === 0 ? undefined : await openJudged(order.model, "tfjs");
	let engineDifference = 0;
	const small = order.int8 === undefined ? undefined : await openJudged(order.int8);
	const accuracy = () => new DetectorAccuracy(labels);
	const [ofPlain, ofSmall] = [accuracy(), accuracy()];
	const spoilt = (Object.keys(corruptions) as Corruption[])
		.filter((corruption) => corruption !== "none")
		.map((corruption) => ({ corruption, judge: accuracy() }));
	try {
		for (let number = 0; number < scenes && !stopped?.aborted; number++) {
			const { picture, objects } = await maker.make(number);
			const found = await plain.detect(picture);
			ofPlain.add(found, objects, picture);
			if (number < compared && other !== undefined)
				engineDifference = Math.max(engineDifference, differenceOf(found, await other.detect(picture), picture));
			if (small !== undefined) ofSmall.add(await small.detect(picture), objects, picture);
			if (number < corrupted)
				for (const { corruption, judge } of spoilt) {
					const chance = new SeededRandom(seed).fork(`${corruption} ${number}`);
					judge.add(await plain.detect(await corrupt(picture, corruption, chance)), objects, picture);
				}
			onScene(number + 1);
		}
	} finally {
		await plain.close();
		await other?.close();
		await small?.close();
	}
	const chance = (name: string) => new SeededRandom(seed).fork(`resample ${name}`);
	return {
		fp32: ofPlain.score(chance("fp32")),
		...(small === undefined ? undefined : { int8: ofSmall.score(chance("int8")) }),
		...(other === undefined ? undefined : { engineDifference }),
		corruptions:
			corrupted === 0
				? {}
				: Object.fromEntries(spoilt.map(({ corruption, judge }) => [corruption, judge.score(chance(corruption)).ap50])),
	};
}

async function openJudged(path: string, engine?: Engine) {
	const { pipeline, labels: known } = await openDetector(path, engine);
	const unknown = labels.filter((label) => !known.includes(label));
	if (unknown.length > 0) throw new Error(`The model "${path}" does not know ${unknown.join(", ")}.`);
	return {
		detect: async ({ width, height, data }: RgbPicture): Promise<readonly Detection[]> =>
			(await pipeline.detect({ format: "rgb", width, height, data }, leastScore)).detections,
		close: () => pipeline.close(),
	};
}

/** Every detection is held against the nearest one of its label that the other engine has; Infinity where there is none. */
function differenceOf(one: readonly Detection[], other: readonly Detection[], { width, height }: RgbPicture): number {
	const apart = (a: Detection, b: Detection): number =>
		Math.max(
			Math.abs(a.score - b.score),
			...a.box.map((edge, index) => Math.abs(edge - b.box[index]!) / (index % 2 === 0 ? width : height)),
		);
	const farthest = (from: readonly Detection[], to: readonly Detection[]): number =>
		from
			.filter(({ score }) => score >= comparedScore)
			.reduce((most, detection) => {
				const alike = to.filter(({ label }) => label === detection.label);
				return Math.max(
					most,
					alike.reduce((least, candidate) => Math.min(least, apart(detection, candidate)), Number.POSITIVE_INFINITY),
				);
			}, 0);
	return Math.max(farthest(one, other), farthest(other, one));
}
