import { setBackend } from "@tensorflow/tfjs-core";

/** Where the kernels of TensorFlow.js come from. */
export type TfjsBackend = "tfjs-node" | "tfjs-wasm";

/**
 * Starts TensorFlow.js on this thread: on the native library where `@tensorflow/tfjs-node` is installed and loads, else
 * on WebAssembly. `loadNative` loads that package. Rejects with an `Error` for people when neither starts.
 */
export async function startTfjs(loadNative: () => Promise<unknown> = importNative): Promise<TfjsBackend> {
	if (await startsNatively(loadNative)) return "tfjs-node";
	await import("@tensorflow/tfjs-backend-wasm");
	if (!(await setBackend("wasm"))) throw new Error("The WebAssembly backend of TensorFlow.js does not start.");
	return "tfjs-wasm";
}

/** An optional package whose native part fails in several ways (not built, another Node): each means "not there". */
async function startsNatively(loadNative: () => Promise<unknown>): Promise<boolean> {
	try {
		await loadNative();
		return await setBackend("tensorflow");
	} catch {
		return false;
	}
}

function importNative(): Promise<unknown> {
	// By a variable: the compiler must not look for a package that is not there.
	const name = "@tensorflow/tfjs-node";
	return import(name);
}
