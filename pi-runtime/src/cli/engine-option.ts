import type { Engine } from "../detect/detect-message.ts";
import { UsageError } from "./usage-error.ts";

/** `--engine NAME`. Throws a `UsageError`. */
export function engineOption(text: string): Engine {
	if (text === "ort" || text === "tfjs") return text;
	throw new UsageError(`--engine ${text}: there are ort and tfjs.`);
}
