import { parentPort, workerData } from "node:worker_threads";
import { type DatasetOrder, writeShard } from "./dataset.ts";
import { SceneMaker } from "./scene-maker.ts";

/** A thread that writes the shards it is told to, and answers with the number of each. */
const order: DatasetOrder = workerData;
const maker = new SceneMaker(order);
parentPort?.on("message", (shard: number) => {
	writeShard(order, shard, maker).then(
		() => parentPort?.postMessage(shard),
		(error: unknown) => {
			throw error;
		},
	);
});
