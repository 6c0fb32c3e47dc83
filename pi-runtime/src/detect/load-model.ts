import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorText } from "../error-text.ts";
import { type Contract, recogniseContract } from "./contract.ts";
import { type ModelSettings, parseModelSettings } from "./model-settings.ts";
import { type OnnxModel, parseOnnxModel } from "./onnx/onnx-model.ts";

/** A detector's file, read and understood. */
export interface LoadedModel {
	readonly path: string;
	readonly model: OnnxModel;
	readonly contract: Contract;
	/** The file of settings that was found beside it. */
	readonly settingsPath: string | undefined;
}

/**
 * Reads the ONNX file at `path` and recognises its contract. Settings are looked for beside it: `NAME.json`, for
 * `NAME-int8.onnx` also `NAME.json` without the ending, then `model.json`. Rejects with an `Error` for people.
 */
export async function loadModel(path: string): Promise<LoadedModel> {
	const bytes = await readFile(path).catch((error: unknown) => {
		throw new Error(`The model "${path}" cannot be read: ${errorText(error)}`, { cause: error });
	});
	if (bytes.length === 0) throw new Error(`The model "${path}" is empty (0 bytes).`);
	const { settings, settingsPath } = await readSettings(path);
	try {
		const model = parseOnnxModel(bytes);
		return { path, model, contract: recogniseContract(model, settings), settingsPath };
	} catch (error) {
		throw new Error(`The model "${path}" cannot be used. ${errorText(error)}`, { cause: error });
	}
}

async function readSettings(path: string): Promise<{ settings: ModelSettings; settingsPath: string | undefined }> {
	const stem = basename(path).replace(/\.onnx$/i, "");
	const names = new Set([`${stem}.json`, `${stem.replace(/-(int8|fp32|fp16)$/, "")}.json`, "model.json"]);
	for (const name of names) {
		const settingsPath = join(dirname(path), name);
		const text = await readTextIfThere(settingsPath);
		if (text !== undefined) return { settings: parseModelSettings(text, settingsPath), settingsPath };
	}
	return { settings: {}, settingsPath: undefined };
}

async function readTextIfThere(path: string): Promise<string | undefined> {
	try {
		return await readFile(path, "utf8");
	} catch (error) {
		if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
		throw new Error(`The settings "${path}" cannot be read: ${errorText(error)}`, { cause: error });
	}
}
