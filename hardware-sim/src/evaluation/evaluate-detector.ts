import type { Detection } from "@visionvend/pi-runtime/detect/detection";
import { DetectionPipeline } from "@visionvend/pi-runtime/detect/detection-pipeline";
import { loadModel } from "@visionvend/pi-runtime/detect/load-model";
import { openSession } from "@visionvend/pi-runtime/detect/open-session";
import { type Corruption, corrupt, corruptions } from "../camera/corruption.ts";
import { detectorSize } from "../camera/counted.ts";
import type { RgbPicture } from "../camera/exposure.ts";
import { labels } from "../camera/random-scene.ts";
import { SceneMaker } from "../camera/scene-maker.ts";
import type { Split } from "../camera/split.ts";
import { SeededRandom } from "../random.ts";
import { DetectorAccuracy, type DetectorScore } from "./detector-accuracy.ts";
import type { Interval } from "./interval.ts";

/** Everything that a model says counts for average precision, however unsure it is. */
const leastScore = 0.001;

export interface DetectorOrder {
	readonly model: string;
	/** The same model in 8 bits, if it is to be judged too. */
	readonly int8?: string | undefined;
	readonly scenes: number;
	/** So many of these scenes are shown spoilt as well, once for each corruption. */
	readonly corrupted: number;
	readonly seed: number;
	readonly split: Split;
}

export interface DetectorReport {
	readonly fp32: DetectorScore;
	readonly int8?: DetectorScore | undefined;
	/** AP50 of each corruption. */
	readonly corruptions: Readonly<Partial<Record<Corruption, Interval>>>;
}

/** Shows a detector scenes, through the runtime that a Pi has, and judges what it finds. */
export async function evaluateDetector(
	order: DetectorOrder,
	onScene: (done: number) => void,
	stopped?: AbortSignal,
): Promise<DetectorReport> {
	const { seed, split, scenes, corrupted } = order;
	const maker = new SceneMaker({ seed, split, size: detectorSize });
	const plain = await openDetector(order.model);
	const small = order.int8 === undefined ? undefined : await openDetector(order.int8);
	const accuracy = () => new DetectorAccuracy(labels);
	const [ofPlain, ofSmall] = [accuracy(), accuracy()];
	const spoilt = (Object.keys(corruptions) as Corruption[])
		.filter((corruption) => corruption !== "none")
		.map((corruption) => ({ corruption, judge: accuracy() }));
	try {
		for (let number = 0; number < scenes && !stopped?.aborted; number++) {
			const { picture, objects } = await maker.make(number);
			ofPlain.add(await plain.detect(picture), objects, picture);
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
		await small?.close();
	}
	const chance = (name: string) => new SeededRandom(seed).fork(`resample ${name}`);
	return {
		fp32: ofPlain.score(chance("fp32")),
		...(small === undefined ? undefined : { int8: ofSmall.score(chance("int8")) }),
		corruptions:
			corrupted === 0
				? {}
				: Object.fromEntries(spoilt.map(({ corruption, judge }) => [corruption, judge.score(chance(corruption)).ap50])),
	};
}

async function openDetector(path: string) {
	const { model, contract } = await loadModel(path);
	const unknown = labels.filter((label) => !contract.labels.includes(label));
	if (unknown.length > 0) throw new Error(`The model "${path}" does not know ${unknown.join(", ")}.`);
	const { session } = await openSession(path, model, "ort");
	const pipeline = new DetectionPipeline(contract, session, () => performance.now());
	return {
		detect: async ({ width, height, data }: RgbPicture): Promise<readonly Detection[]> =>
			(await pipeline.detect({ format: "rgb", width, height, data }, leastScore)).detections,
		close: () => pipeline.close(),
	};
}
