import { expect, test } from "vitest";
import { MemoryStage } from "../scenario/memory-stage.ts";
import { demoCatalogue, demoHoldCents } from "../world/demo-catalogue.ts";
import { receiptBench } from "./receipt-bench.ts";

test("each door of the receipt benchmark is a sale, timed from its closing to the decision and to the receipt", async () => {
	const stage = await MemoryStage.open({
		seed: 1,
		products: demoCatalogue,
		holdCents: demoHoldCents,
		xsHost: undefined,
	});
	try {
		const progress: string[] = [];
		const bench = await receiptBench(stage, 2, (line) => progress.push(line));
		// Without cameras, a carton of juice weighs what its neighbour weighs.
		expect(bench).toMatchObject({ doors: 2, settled: 1, seen: 0 });
		expect(bench.decidedMs.p50).toBeGreaterThan(500);
		expect(bench.decidedMs.p50).toBeLessThanOrEqual(bench.decidedMs.p95);
		expect(bench.decidedMs.most).toBe(bench.decidedMs.p95);
		expect(bench.shownMs.p50).toBeGreaterThan(bench.decidedMs.p50);
		expect(progress.map((line) => line.replace(/\d+ ms/g, "n ms"))).toEqual([
			"door 1 of 2: n ms to the decision, n ms to the receipt",
			"door 2 of 2: n ms to the decision, n ms to the receipt",
		]);
		expect(stage.events.filter(({ event }) => event === "receipt.shown")).toHaveLength(2);
	} finally {
		await stage.close();
	}
});
