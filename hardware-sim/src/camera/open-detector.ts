import type { Engine } from "@visionvend/pi-runtime/detect/detect-message";
import { DetectionPipeline } from "@visionvend/pi-runtime/detect/detection-pipeline";
import { loadModel } from "@visionvend/pi-runtime/detect/load-model";
import { openSession } from "@visionvend/pi-runtime/detect/open-session";

/** The detector of a Pi, without a thread of its own: virtual time stands still while it looks. */
export interface OpenDetector {
	readonly pipeline: DetectionPipeline;
	/** Of its classes; empty where the model has no name for one. */
	readonly labels: readonly string[];
}

/** Rejects with an error for people when the model cannot be had. */
export async function openDetector(modelPath: string, engine: Engine = "ort"): Promise<OpenDetector> {
	const { model, contract } = await loadModel(modelPath);
	const { session } = await openSession(modelPath, model, engine);
	return {
		pipeline: new DetectionPipeline(contract, session, () => performance.now()),
		labels: contract.labels.map((label) => label ?? ""),
	};
}
