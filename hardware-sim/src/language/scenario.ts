import { type ScenarioOptions, scenarioOptionsSchema } from "./options.ts";
import { ScenarioError } from "./scenario-error.ts";
import type { Script } from "./script.ts";
import { complaintsOf } from "./steps.ts";

/** A scenario that can be played: made by {@link scenario}, or read from a JSON file. */
export interface WrittenScenario {
	readonly name: string;
	readonly options: ScenarioOptions;
	/** The folder that names of pictures begin in, where it came from a file. */
	readonly folder?: string;
	readonly play: (s: Script) => Promise<void>;
}

/**
 * A scenario in TypeScript. A file exports one with `export default scenario(…)`; `visionvend-sim run FILE` and
 * `scenarioTest(…)` play it.
 *
 * ```ts
 * export default scenario("takes one cola", { seed: 7 }, async (s) => {
 * 	await s.unlock();
 * 	await s.door.open("900ms");
 * 	await s.shopper.take("cola", { over: "1.4s" });
 * 	await s.door.close();
 * 	await s.expect.within("5s", { receipt: [{ sku: "cola", quantity: 1 }] });
 * });
 * ```
 *
 * @param options checked at once; throws a `ScenarioError` that names what is wrong.
 */
export function scenario(name: string, options: ScenarioOptions, play: (s: Script) => Promise<void>): WrittenScenario {
	const parsed = scenarioOptionsSchema.safeParse(options, { reportInput: true });
	if (!parsed.success)
		throw new ScenarioError(
			name,
			parsed.error.issues.flatMap((issue) => complaintsOf(issue, scenarioOptionsSchema)),
		);
	return Object.freeze({ name, options: parsed.data, play });
}

/** Whether a module's export is a scenario. It may come from another copy of this package. */
export function isScenario(value: unknown): value is WrittenScenario {
	return (
		typeof value === "object" &&
		value !== null &&
		"name" in value &&
		typeof value.name === "string" &&
		"play" in value &&
		typeof value.play === "function" &&
		"options" in value
	);
}
