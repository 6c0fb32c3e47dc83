// The detect worker as it is, but for its death over the second picture.
import { parentPort } from "node:worker_threads";

parentPort?.on("message", (order) => {
	if (order.kind === "detect" && order.id === 2) process.exit(9);
});
await import("../dist/detect/detect-worker.js");
