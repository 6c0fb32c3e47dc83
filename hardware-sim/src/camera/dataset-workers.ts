import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { beginDataset, type DatasetOrder, shardCount, writeDataset } from "./dataset.ts";

/** Writes a data set on so many threads. The files are the same for any number of them. */
export async function writeDatasetOn(
	threads: number,
	order: DatasetOrder,
	onShard: (done: number, of: number) => void,
): Promise<void> {
	const count = shardCount(order);
	if (threads <= 1 || count <= 1) return await writeDataset(order, onShard);
	await beginDataset(order);
	// Threads run what was built, also when this module is loaded as TypeScript.
	const script = fileURLToPath(import.meta.url).replace(
		/\/(src|dist)\/camera\/dataset-workers\.[jt]s$/,
		"/dist/camera/dataset-worker.js",
	);
	let [next, done] = [0, 0];
	await Promise.all(
		Array.from({ length: Math.min(threads, count) }, async () => {
			const worker = new Worker(script, { workerData: order, execArgv: [] });
			const failed = new Promise<never>((_, reject) => worker.once("error", reject));
			try {
				while (next < count) {
					const finished = new Promise<void>((resolve) => worker.once("message", () => resolve()));
					worker.postMessage(next++);
					await Promise.race([finished, failed]);
					onShard(++done, count);
				}
			} finally {
				await worker.terminate();
			}
		}),
	);
}
