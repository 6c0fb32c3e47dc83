import type { EnrolledProducts } from "../enroll/enrolled-products.ts";
import { recogniseEnrolled, weakestScore } from "../enroll/recognise-enrolled.ts";
import type { Contract } from "./contract.ts";
import { decode, type OutputTensor, sizesGiven } from "./decode.ts";
import type { Detection } from "./detection.ts";
import type { InferenceSession, InputTensor } from "./inference-session.ts";
import type { Picture } from "./picture.ts";
import { Preprocessor } from "./preprocess.ts";
import type { ResizePlan } from "./resize-plan.ts";

/** How long the parts of one detection took, in milliseconds. */
export interface DetectionTimes {
	readonly preprocessMs: number;
	readonly runMs: number;
	readonly decodeMs: number;
}

/** From a picture to detections, on the thread that calls. Calls must not overlap. */
export class DetectionPipeline {
	readonly #contract: Contract;
	readonly #session: InferenceSession;
	readonly #preprocessor: Preprocessor;
	readonly #now: () => number;
	readonly #enrolled: EnrolledProducts | undefined;
	readonly #outputs: readonly string[];

	/** `now` gives milliseconds. `enrolled`: what this machine learned beyond the model. */
	constructor(contract: Contract, session: InferenceSession, now: () => number, enrolled?: EnrolledProducts) {
		this.#enrolled = enrolled;
		this.#contract = contract;
		this.#session = session;
		this.#preprocessor = new Preprocessor(contract);
		this.#now = now;
		const { outputs } = contract;
		this.#outputs =
			outputs.kind === "boxes"
				? [outputs.labels, outputs.boxes, outputs.scores]
				: [outputs.logits, outputs.boxes, ...(outputs.features === undefined ? [] : [outputs.features])];
	}

	/** Detections with a score of at least `threshold` (the contract's where not given), best first. */
	async detect(
		picture: Picture,
		threshold: number = this.#contract.threshold,
	): Promise<{ readonly detections: readonly Detection[]; readonly times: DetectionTimes }> {
		const source = picture.source ?? { width: picture.width, height: picture.height };
		const startedMs = this.#now();
		const { input, plan } = this.#preprocessor.prepare(picture);
		const preparedMs = this.#now();
		const outputs = await this.#session.run(this.#inputsOf(input, plan, source), this.#outputs);
		const ranMs = this.#now();
		const detections = this.#decode(outputs, plan, source, threshold);
		return {
			detections,
			times: {
				preprocessMs: preparedMs - startedMs,
				runMs: ranMs - preparedMs,
				decodeMs: this.#now() - ranMs,
			},
		};
	}

	/**
	 * Looks at a black picture: what an engine prepares with its first picture is then ready, and a model that it cannot run
	 * is known before a frame is lost. Rejects with the engine's words.
	 */
	async warmUp(): Promise<void> {
		const { resize, size } = this.#contract;
		const [width, height] = resize === "short-side" ? [size[0], size[0]] : size;
		await this.detect({ format: "rgb", width, height, data: new Uint8Array(width * height * 3) });
	}

	close(): Promise<void> {
		return this.#session.close();
	}

	#decode(
		outputs: ReadonlyMap<string, OutputTensor>,
		plan: ResizePlan,
		source: { readonly width: number; readonly height: number },
		threshold: number,
	): readonly Detection[] {
		if (this.#enrolled === undefined) return decode(this.#contract, outputs, plan, source, threshold);
		const weak = decode(this.#contract, outputs, plan, source, Math.min(threshold, weakestScore));
		return recogniseEnrolled(this.#enrolled, weak)
			.filter(({ score }) => score >= threshold)
			.sort((a, b) => b.score - a.score);
	}

	#inputsOf(input: Float32Array, plan: ResizePlan, source: { readonly width: number; readonly height: number }) {
		const { inputs, sizesType } = this.#contract;
		const { inputWidth, inputHeight } = plan;
		const tensors = new Map<string, InputTensor>([
			[inputs.image, { shape: [1, 3, inputHeight, inputWidth], data: input }],
		]);
		if (inputs.sizes !== undefined) {
			// Width first: the graph repeats the pair over x1, y1, x2, y2.
			const { width, height } = sizesGiven(this.#contract, plan, source);
			const data =
				sizesType === "int32" ? Int32Array.of(width, height) : BigInt64Array.of(BigInt(width), BigInt(height));
			tensors.set(inputs.sizes, { shape: [1, 2], data });
		}
		if (inputs.mask !== undefined) {
			const data = new BigInt64Array(inputWidth * inputHeight).fill(1n);
			tensors.set(inputs.mask, { shape: [1, inputHeight, inputWidth], data });
		}
		return tensors;
	}
}
