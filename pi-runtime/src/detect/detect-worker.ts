import { parentPort, workerData } from "node:worker_threads";
import { readEnrolled } from "../enroll/enrolled-products.ts";
import { errorText } from "../error-text.ts";
import type { DetectOrder, DetectReport, DetectWorkerData } from "./detect-message.ts";
import { DetectionPipeline } from "./detection-pipeline.ts";
import { loadModel } from "./load-model.ts";
import { openSession } from "./open-session.ts";
import { pictureBytes } from "./picture.ts";

/* The thread of one detector. A model holds up the event loop of the thread that runs it, so it has one of its own. */

const port = parentPort;
if (port === null) throw new Error("detect-worker.ts is a worker thread; it is started by worker-detector.ts.");
const { modelPath, engine }: DetectWorkerData = workerData;
const report = (message: DetectReport): void => port.postMessage(message);

try {
	const { contract, model } = await loadModel(modelPath);
	const { session, description } = await openSession(modelPath, model, engine);
	const enrolled = await readEnrolled(modelPath);
	const pipeline = new DetectionPipeline(contract, session, () => performance.now(), enrolled);
	await pipeline.warmUp().catch((error: unknown) => {
		throw new Error(`The model "${modelPath}" cannot be run. ${errorText(error)}`, { cause: error });
	});

	const carryOut = async (order: DetectOrder): Promise<void> => {
		if (order.kind === "close") {
			await pipeline.close();
			port.close();
			return;
		}
		const { id, memory, picture, threshold } = order;
		try {
			const data = new Uint8Array(memory, 0, pictureBytes(picture));
			report({ kind: "detected", id, ...(await pipeline.detect({ ...picture, data }, threshold)) });
		} catch (error) {
			report({ kind: "failed", id, reason: errorText(error) });
		}
	};
	// One after the other: a model must not be closed while it runs.
	let turn = Promise.resolve();
	port.on("message", (order: DetectOrder) => {
		turn = turn.then(() => carryOut(order));
	});
	const learned = (enrolled?.products ?? []).map(({ label }) => label);
	report({
		kind: "ready",
		model: {
			path: modelPath,
			family: contract.family,
			engine: description,
			labels: [...contract.labels.map((label, index) => label ?? `class ${index}`), ...learned],
			enrolled: learned,
			threshold: contract.threshold,
			size: contract.size,
			resize: contract.resize,
		},
	});
} catch (error) {
	report({ kind: "refused", reason: errorText(error) });
}
