import { errorText } from "../error-text.ts";
import type { Engine } from "./detect-message.ts";
import type { InferenceSession } from "./inference-session.ts";
import type { OnnxModel } from "./onnx/onnx-model.ts";

/** Opens a model in the engine that was asked for. Rejects with an `Error` for people. */
export async function openSession(
	path: string,
	model: OnnxModel,
	engine: Engine,
): Promise<{ readonly session: InferenceSession; readonly description: string }> {
	if (engine === "tfjs") {
		const { startTfjs } = await import("./tfjs/tfjs-backend.ts");
		const { TfjsSession } = await import("./tfjs/tfjs-session.ts");
		const description = await startTfjs();
		try {
			return { session: new TfjsSession(model), description };
		} catch (error) {
			throw new Error(`TensorFlow.js does not take the model "${path}": ${errorText(error)}`, { cause: error });
		}
	}
	const { openOrtSession } = await import("./ort-session.ts");
	try {
		return { session: await openOrtSession(path), description: "ort" };
	} catch (error) {
		throw new Error(`ONNX Runtime does not take the model "${path}": ${errorText(error)}`, { cause: error });
	}
}
