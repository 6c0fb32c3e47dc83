#!/usr/bin/env node
import { exitCodes } from "./cli/command.ts";
import { runCommandLine } from "./cli/run-command-line.ts";
import { interruption } from "./demo/interruption.ts";

const exitCode = await runCommandLine(process.argv.slice(2), {
	out: (line) => process.stdout.write(`${line}\n`),
	err: (line) => process.stderr.write(`${line}\n`),
	interruption: interruption(),
});
if (exitCode === exitCodes.usage || exitCode === exitCodes.environment) process.exitCode = exitCode;
// A killed room leaves a request behind whose timer would keep the process for another minute.
else process.stdout.write("", () => process.exit(exitCode));
