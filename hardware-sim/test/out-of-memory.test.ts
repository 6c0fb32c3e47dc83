import { expect, test } from "vitest";
import { esp32s3Budget } from "../src/engine/engine.ts";
import { MemoryStage } from "../src/scenario/memory-stage.ts";
import { runScenario } from "../src/scenario/run-scenario.ts";
import { scenarios } from "../src/scenario/scenarios.ts";
import { demoCatalogue, demoHoldCents } from "../src/world/demo-catalogue.ts";
import { buildXsHost } from "../src/xs/build.ts";

const xs = buildXsHost();

// Less of one kind than the default sale needs; the second start has the memory of an ESP32-S3.
const tooSmall = [
	{ what: "chunks", budget: { ...esp32s3Budget, chunkBytes: 10_000 } },
	{ what: "chunks", budget: { ...esp32s3Budget, chunkBytes: 8_000 } },
	{ what: "slots", budget: { ...esp32s3Budget, slots: 1_100 } },
] as const;

test.skipIf(!xs.ok).each(tooSmall)(
	"a controller that runs out of $what ($budget.chunkBytes B, $budget.slots slots) resets, and the sale is captured exactly",
	async ({ budget }) => {
		const scenario = scenarios.find(({ name }) => name === "take-two");
		if (!xs.ok || !scenario) throw new Error("nothing to run");
		const stage = await MemoryStage.open({
			seed: 1,
			products: demoCatalogue,
			holdCents: demoHoldCents,
			xsHost: xs,
			budget: (start) => (start === 1 ? budget : esp32s3Budget),
		});
		try {
			const outcome = await runScenario(scenario, stage, "xs");
			expect(stage.machine.resets).toEqual(["memory"]);
			expect(outcome.failures).toEqual([]);
		} finally {
			await stage.close();
		}
	},
);
