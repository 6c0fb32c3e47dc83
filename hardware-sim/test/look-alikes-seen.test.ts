import { existsSync } from "node:fs";
import { defaultModelPath } from "@visionvend/pi-runtime/detect/default-model";
import { expect, test } from "vitest";
import { MemoryStage } from "../src/scenario/memory-stage.ts";
import { runScenario } from "../src/scenario/run-scenario.ts";
import { scenarios } from "../src/scenario/scenarios.ts";
import { StageEyes } from "../src/scenario/stage-eyes.ts";
import { demoCatalogue, demoHoldCents } from "../src/world/demo-catalogue.ts";

test.skipIf(!existsSync(defaultModelPath()))(
	"cartons of equal weight are told apart by cameras, within 3 s of the door's closing",
	async () => {
		const scenario = scenarios.find(({ name }) => name === "look-alikes");
		if (scenario?.seen === undefined) throw new Error("nothing to run");
		const eyes = await StageEyes.open(defaultModelPath());
		const stage = await MemoryStage.open({
			seed: 1,
			products: demoCatalogue,
			holdCents: demoHoldCents,
			xsHost: undefined,
			eyes,
		});
		try {
			const outcome = await runScenario({ ...scenario, ...scenario.seen }, stage, "node");
			expect(outcome.failures).toEqual([]);
			expect(eyes.pictures.map(({ name }) => name)).toContain("camera-0-after.png");
			const at = (event: string) => stage.events.find((entry) => entry.event === event)?.atMs ?? Number.NaN;
			expect(at("basket.decided") - at("door closed")).toBeLessThan(3_000);
		} finally {
			await stage.close();
		}
	},
);
