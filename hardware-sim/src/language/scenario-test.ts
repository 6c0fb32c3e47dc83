import { test } from "vitest";
import { loadScenario } from "./load-scenario.ts";
import { type PlayOptions, type PlayResult, playScenario } from "./play-scenario.ts";
import type { WrittenScenario } from "./scenario.ts";

/**
 * Makes a scenario a test of vitest; the test's title is the scenario's name, or the file's.
 *
 * ```ts
 * scenarioTest("scenarios/take-one.json");
 * ```
 *
 * @param check looks at the result of one that went well.
 */
export function scenarioTest(
	scenario: string | WrittenScenario,
	options: PlayOptions = {},
	check: (result: PlayResult) => Promise<void> | void = () => undefined,
): void {
	test(typeof scenario === "string" ? scenario : scenario.name, async () => {
		const written = typeof scenario === "string" ? await loadScenario(scenario) : scenario;
		const result = await playScenario(written, options);
		if (!result.ok) throw new Error(`${result.name}, seed ${result.seed}\n${result.failure}`);
		await check(result);
	});
}
