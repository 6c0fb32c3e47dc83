import type { DeviceEngine, EngineOptions } from "../engine/engine.ts";
import { createNodeEngine } from "../engine/node-engine.ts";
import { createXsEngine } from "../engine/xs-engine.ts";
import type { StageOptions } from "./stage.ts";

/** The controller's firmware on the engine that the stage was given, at its `start`-th start. */
export function createEngine(stage: StageOptions, options: EngineOptions, start: number): DeviceEngine {
	const { xsHost, budget } = stage;
	if (xsHost === undefined) return createNodeEngine(options);
	return createXsEngine({ ...options, host: xsHost, ...(budget === undefined ? {} : { budget: budget(start) }) });
}
