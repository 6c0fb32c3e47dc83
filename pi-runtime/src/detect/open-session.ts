import { errorText } from "../error-text.ts";
import type { Engine } from "./detect-message.ts";
import type { InferenceSession } from "./inference-session.ts";
import type { OnnxModel } from "./onnx/onnx-model.ts";

/** Opens a model in the engine that was asked for. Rejects with an `Error` for people. */
export async function openSession(
	path: string,
	_model: OnnxModel,
	engine: Engine,
): Promise<{ readonly session: InferenceSession; readonly description: string }> {
	if (engine === "tfjs") throw new Error("The engine tfjs is not there yet.");
	const { openOrtSession } = await import("./ort-session.ts");
	try {
		return { session: await openOrtSession(path), description: "ort" };
	} catch (error) {
		throw new Error(`ONNX Runtime does not take the model "${path}": ${errorText(error)}`, { cause: error });
	}
}
