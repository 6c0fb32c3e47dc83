import { expect, test } from "vitest";
import { cloudBench } from "./cloud-bench.ts";

test("a small run measures all that a long one does", async () => {
	const bench = await cloudBench({
		devices: 20,
		unlocks: 8,
		warmUp: { requests: 2, restMs: 0 },
		sales: 64,
		messages: 30,
		python: undefined,
		onProgress: () => undefined,
		built: new URL("../../dist/bench/cloud/", import.meta.url),
	});
	if ("absent" in bench) {
		expect(bench.absent).toContain("mosquitto");
		return;
	}
	const { unlocksPerCpuSecond, salesASecond, deviceListMs, ingest } = bench;
	expect(unlocksPerCpuSecond.reference).toBeUndefined();
	expect(deviceListMs.devices).toBe(20);
	expect(ingest.memory.messages).toBe(30);
	for (const figure of [
		unlocksPerCpuSecond.ours,
		salesASecond.ours,
		salesASecond.raw,
		deviceListMs.p99,
		ingest.storedASecond,
		ingest.bareASecond,
		...ingest.memory.megabytes,
	])
		expect(figure).toBeGreaterThan(0);
});
