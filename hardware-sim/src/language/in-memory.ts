import { MemoryStage } from "../scenario/memory-stage.ts";
import type { Stage } from "../scenario/stage.ts";

/** The stage, where everything of it is at hand. Throws on one that is made of processes. */
export function inMemory(stage: Stage): MemoryStage {
	if (!(stage instanceof MemoryStage)) throw new Error("this step needs a stage in memory");
	return stage;
}
