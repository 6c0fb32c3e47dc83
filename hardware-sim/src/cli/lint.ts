import { loadScenario, scenarioFiles } from "../language/load-scenario.ts";
import { ScenarioError } from "../language/scenario-error.ts";
import { type CommandIO, exitCodes, parseCommandLine, UsageError } from "./command.ts";

export const name = "lint";
export const summary = "checks scenarios without running them";
export const usage = `visionvend-sim lint FILE|FOLDER… [--json]

Tells every mistake with its file, line and column. Of a TypeScript scenario only name and options can be checked
without running it: its steps are checked by the compiler and, one by one, as they run.

Exit codes: 0 no mistake, 2 mistakes.`;

export async function run(args: readonly string[], io: CommandIO): Promise<number> {
	const { values, positionals } = parseCommandLine(args, { json: { type: "boolean" } }, usage);
	if (positionals.length === 0) throw new UsageError(`Which scenario?\n\n${usage}`);
	let mistakes = 0;
	const files = await scenarioFiles(positionals);
	for (const file of files) {
		try {
			await loadScenario(file);
		} catch (error) {
			if (!(error instanceof ScenarioError)) throw error;
			mistakes += error.complaints.length;
			if (!values.json) io.out(error.message);
			else
				for (const { path, message, position } of error.complaints)
					io.out(JSON.stringify({ file, ...position, path, message }));
		}
	}
	if (!values.json)
		io.err(`${files.length} scenario${files.length === 1 ? "" : "s"}, ${mistakes} mistake${mistakes === 1 ? "" : "s"}`);
	return mistakes === 0 ? exitCodes.ok : exitCodes.usage;
}
