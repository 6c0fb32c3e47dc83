import { scenarioJsonSchema } from "../language/scenario-file.ts";
import { type CommandIO, exitCodes, parseCommandLine, refuseMore } from "./command.ts";

export const name = "schema";
export const summary = "prints the JSON schema of scenario files, for editors";
export const usage = `visionvend-sim schema > scenario.schema.json

A scenario that names it in "$schema" gets completion and checks in editors.`;

export async function run(args: readonly string[], io: CommandIO): Promise<number> {
	refuseMore(parseCommandLine(args, {}, usage).positionals, 0, usage);
	io.out(JSON.stringify(scenarioJsonSchema(), null, 2));
	return exitCodes.ok;
}
