import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { defaultModelPath } from "../detect/default-model.ts";
import { DetectionPipeline } from "../detect/detection-pipeline.ts";
import { loadModel } from "../detect/load-model.ts";
import { openSession } from "../detect/open-session.ts";
import type { ReleaseFolder } from "./release-folder.ts";

/** The model that a machine sees with where its configuration names none: the one that was installed, else the service's own. */
export async function machineModelPath(models: ReleaseFolder): Promise<string> {
	const folder = await models.currentPath();
	return folder === undefined ? defaultModelPath() : await onlyModelIn(folder);
}

/** Rejects with an `Error` for people unless there is one model in `folder` and it runs here. */
export async function tryModel(folder: string): Promise<void> {
	const path = await onlyModelIn(folder);
	const { model, contract } = await loadModel(path);
	const { session } = await openSession(path, model, "ort");
	const pipeline = new DetectionPipeline(contract, session, () => performance.now());
	try {
		await pipeline.warmUp();
	} finally {
		await pipeline.close();
	}
}

async function onlyModelIn(folder: string): Promise<string> {
	const [name, ...more] = (await readdir(folder)).filter((file) => file.endsWith(".onnx"));
	if (name === undefined || more.length > 0)
		throw new Error(`${folder} holds ${name === undefined ? "no" : "more than one"} .onnx file.`);
	return join(folder, name);
}
