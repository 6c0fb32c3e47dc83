import { EnvironmentError } from "../language/typescript.ts";
import { buildXsHost } from "../xs/build.ts";
import { type CommandIO, exitCodes, parseCommandLine, refuseMore } from "./command.ts";

export const name = "xs";
export const summary = "builds the XS engine, if that has not been done";
export const usage = `visionvend-sim xs

Prints the path of the engine. Exit codes: 0 built, 3 no C compiler or no sources.`;

export async function run(args: readonly string[], io: CommandIO): Promise<number> {
	refuseMore(parseCommandLine(args, {}, usage).positionals, 0, usage);
	const built = buildXsHost({ onProgress: (line) => io.err(line) });
	if (!built.ok) throw new EnvironmentError(built.reason);
	io.out(built.path);
	return exitCodes.ok;
}
