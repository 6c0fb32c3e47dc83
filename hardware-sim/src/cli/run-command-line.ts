import { readFileSync } from "node:fs";
import { z } from "zod";
import { UsageError as DemoUsageError } from "../demo/arguments.ts";
import { didYouMean } from "../language/did-you-mean.ts";
import { ScenarioError } from "../language/scenario-error.ts";
import { EnvironmentError } from "../language/typescript.ts";
import { type CommandIO, exitCodes, UsageError } from "./command.ts";
import { commands } from "./commands.ts";

/** Runs a command line, tells what is wrong with it, and resolves with the exit code. */
export async function runCommandLine(argv: readonly string[], io: CommandIO): Promise<number> {
	const [name, ...args] = argv;
	if (name === "--version") {
		io.out(version());
		return exitCodes.ok;
	}
	if (name === undefined || name === "--help" || name === "-h" || name === "help") {
		const about = await help();
		if (name === undefined) io.err(about);
		else io.out(about);
		return name === undefined ? exitCodes.usage : exitCodes.ok;
	}
	const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
	if (load === undefined) {
		io.err(`There is no command "${name}"${didYouMean(name, Object.keys(commands))}`);
		return exitCodes.usage;
	}
	const command = await load();
	if (args.includes("--help") || args.includes("-h")) {
		io.out(command.usage);
		return exitCodes.ok;
	}
	try {
		return await command.run(args, io);
	} catch (error) {
		if (error instanceof UsageError || error instanceof DemoUsageError || error instanceof ScenarioError) {
			io.err(error.message);
			return exitCodes.usage;
		}
		if (!(error instanceof EnvironmentError)) throw error;
		io.err(error.message);
		return exitCodes.environment;
	}
}

function version(): string {
	const { version } = z
		.object({ version: z.string() })
		.parse(JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")));
	return version;
}

async function help(): Promise<string> {
	const all = await Promise.all(Object.values(commands).map((load) => load()));
	const width = Math.max(...all.map(({ name }) => name.length));
	return [
		"visionvend-sim COMMAND [options]",
		"",
		...all.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
		"",
		"visionvend-sim COMMAND --help tells more. Exit codes: 0 ok, 1 not as expected, 2 a mistake in what was typed or",
		"written, 3 this computer lacks something.",
	].join("\n");
}
