import { usage as demoUsage, parseDemoArguments } from "../demo/arguments.ts";
import { runDemo } from "../demo/demo.ts";
import type { CommandIO } from "./command.ts";

export const name = "demo";
export const summary = "a whole sale, with processes, sockets, a broker; `demo --scenario list` shows all stories";
export const usage = demoUsage;

export function run(args: readonly string[], io: CommandIO): Promise<number> {
	return runDemo(parseDemoArguments(args), io.interruption);
}
