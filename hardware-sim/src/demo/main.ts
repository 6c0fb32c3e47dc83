import { parseDemoArguments, UsageError } from "./arguments.ts";
import { runDemo } from "./demo.ts";

try {
	const exitCode = await runDemo(parseDemoArguments(process.argv.slice(2)));
	// A killed room leaves a request behind whose timer would keep the process for another minute.
	process.stdout.write("", () => process.exit(exitCode));
} catch (error) {
	if (!(error instanceof UsageError)) throw error;
	process.stderr.write(`${error.message}\n`);
	process.exitCode = 2;
}
