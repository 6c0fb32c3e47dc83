import type { DeviceEngine, EngineOptions } from "../engine/engine.ts";
import { createNodeEngine } from "../engine/node-engine.ts";
import { createXsEngine } from "../engine/xs-engine.ts";
import { programOf } from "../machine/firmware/release.ts";
import type { StageOptions } from "./stage.ts";

/**
 * The controller's firmware on the engine that the stage was given, at its `start`-th start. `version`: of the image
 * that was started.
 */
export function createEngine(
	stage: StageOptions,
	options: EngineOptions,
	start: number,
	version: string | undefined,
): DeviceEngine {
	const { xsHost, budget } = stage;
	const program = version === undefined ? undefined : programOf(version);
	if (xsHost === undefined)
		return createNodeEngine({ ...options, ...(program === undefined ? {} : { program: program.inNode }) });
	return createXsEngine({
		...options,
		host: xsHost,
		...(budget === undefined ? {} : { budget: budget(start) }),
		...(program === undefined ? {} : program.onXs),
	});
}
