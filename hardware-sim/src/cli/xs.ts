import { buildXsHost } from "../xs/build.ts";
import { type CommandIO, exitCodes } from "./command.ts";

export const name = "xs";
export const summary = "builds the XS engine, if that has not been done";
export const usage = `visionvend-sim xs

Prints the path of the engine. Exit codes: 0 built, 3 no C compiler or no sources.`;

export async function run(_args: readonly string[], io: CommandIO): Promise<number> {
	const built = buildXsHost({ onProgress: (line) => io.err(line) });
	io.out(built.ok ? built.path : built.reason);
	return built.ok ? exitCodes.ok : exitCodes.environment;
}
