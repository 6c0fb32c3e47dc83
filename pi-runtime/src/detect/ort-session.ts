import ort from "onnxruntime-node";
import type { OutputTensor } from "./decode.ts";
import type { InferenceSession, InputTensor } from "./inference-session.ts";

/**
 * Loads an ONNX file into ONNX Runtime. It runs on the thread that calls, so it belongs into a worker: `run` holds up the
 * event loop for as long as the model takes. Rejects with ONNX Runtime's words when it does not take the model.
 */
export async function openOrtSession(path: string, threads = 1): Promise<InferenceSession> {
	const session = await ort.InferenceSession.create(path, {
		executionProviders: ["cpu"],
		executionMode: "sequential",
		intraOpNumThreads: threads,
		interOpNumThreads: 1,
		// Errors only: its warnings about a model's unused weights are of no use on stderr of a service.
		logSeverityLevel: 3,
		// Waiting threads sleep instead of spinning, which would take a third of a core between two frames.
		extra: { session: { intra_op: { allow_spinning: "0" }, inter_op: { allow_spinning: "0" } } },
	});
	return new OrtSession(session);
}

class OrtSession implements InferenceSession {
	readonly #session: ort.InferenceSession;
	/** Tensors over arrays that come again, by name. */
	readonly #tensors = new Map<string, { data: InputTensor["data"]; shape: string; tensor: ort.Tensor }>();

	constructor(session: ort.InferenceSession) {
		this.#session = session;
	}

	async run(inputs: ReadonlyMap<string, InputTensor>, outputs: readonly string[]): Promise<Map<string, OutputTensor>> {
		const feeds: Record<string, ort.Tensor> = {};
		for (const [name, input] of inputs) feeds[name] = this.#tensorOf(name, input);
		const answer = await this.#session.run(feeds, outputs);
		return new Map(outputs.map((name) => [name, outputOf(name, answer[name])]));
	}

	async close(): Promise<void> {
		await this.#session.release();
	}

	#tensorOf(name: string, { data, shape }: InputTensor): ort.Tensor {
		const known = this.#tensors.get(name);
		if (known !== undefined && known.data === data && known.shape === shape.join()) return known.tensor;
		const tensor = toTensor(data, shape);
		this.#tensors.set(name, { data, shape: shape.join(), tensor });
		return tensor;
	}
}

function toTensor(data: InputTensor["data"], shape: readonly number[]): ort.Tensor {
	if (data instanceof Float32Array) return new ort.Tensor("float32", data, shape);
	if (data instanceof Int32Array) return new ort.Tensor("int32", data, shape);
	return new ort.Tensor("int64", data, shape);
}

function outputOf(name: string, value: ort.OnnxValue | undefined): OutputTensor {
	if (value === undefined) throw new Error(`The model does not answer "${name}".`);
	const { data, dims } = value;
	if (data instanceof Float32Array || data instanceof Int32Array || data instanceof BigInt64Array)
		return { shape: dims, data };
	throw new Error(`The model answers "${name}" as ${value.type}; float32, int32 or int64 were expected.`);
}
