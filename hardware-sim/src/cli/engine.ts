import { EnvironmentError } from "../language/typescript.ts";
import { buildXsHost, type XsHost } from "../xs/build.ts";
import { type CommandIO, UsageError } from "./command.ts";

/**
 * The engine of `--engine`: `undefined` runs the firmware in Node. Throws an `EnvironmentError` where XS is wanted and
 * cannot be built.
 */
export function engineOf(text: string | undefined, usage: string, io: CommandIO): XsHost | undefined {
	if (text === undefined || text === "node") return undefined;
	if (text !== "xs") throw new UsageError(`--engine ${text}: say node or xs\n\n${usage}`);
	const built = buildXsHost({ onProgress: (line) => io.err(line) });
	if (!built.ok) throw new EnvironmentError(`The XS engine cannot be built: ${built.reason}`);
	return built;
}
