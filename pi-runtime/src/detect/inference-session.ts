import type { OutputTensor } from "./decode.ts";

/** What goes into a model. The arrays may be written over after `run` has resolved. */
export interface InputTensor {
	readonly shape: readonly number[];
	readonly data: Float32Array | Int32Array | BigInt64Array;
}

/** A loaded model that can be run. Calls must not overlap. */
export interface InferenceSession {
	/** Runs the model; resolves to the outputs that were asked for, by name. They are the caller's. */
	run(inputs: ReadonlyMap<string, InputTensor>, outputs: readonly string[]): Promise<ReadonlyMap<string, OutputTensor>>;
	close(): Promise<void>;
}
