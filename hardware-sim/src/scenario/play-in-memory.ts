import { demoCatalogue, demoHoldCents } from "../world/demo-catalogue.ts";
import type { XsHost } from "../xs/build.ts";
import { MemoryStage } from "./memory-stage.ts";
import { type Outcome, runScenario } from "./run-scenario.ts";
import { scenarios } from "./scenarios.ts";
import type { StageOptions } from "./stage.ts";

/** Plays a scenario in this process on the virtual clock, and returns how it ended. Throws for an unknown name. */
export async function playInMemory(
	name: string,
	options: { readonly seed: number; readonly xsHost?: XsHost | undefined; readonly budget?: StageOptions["budget"] },
): Promise<Outcome> {
	const scenario = scenarios.find((candidate) => candidate.name === name);
	if (!scenario) throw new RangeError(`There is no scenario "${name}".`);
	const stage = await MemoryStage.open({
		seed: options.seed,
		products: demoCatalogue,
		holdCents: scenario.holdCents ?? demoHoldCents,
		xsHost: options.xsHost,
		...(options.budget ? { budget: options.budget } : {}),
	});
	try {
		return await runScenario(scenario, stage, options.xsHost ? "xs" : "node");
	} finally {
		await stage.close();
	}
}
