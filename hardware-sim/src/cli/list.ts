import { fileURLToPath } from "node:url";
import { faults } from "../faults/catalogue.ts";
import { loadScenario, scenarioFiles } from "../language/load-scenario.ts";
import { settle } from "../language/options.ts";
import { type CommandIO, exitCodes, parseCommandLine, refuseMore } from "./command.ts";

export const name = "list";
export const summary = "the scenarios of a folder, or all faults";
export const usage = `visionvend-sim list [FILE|FOLDER…] [--faults] [--json]

  FOLDER     the scenarios that come with the simulator where not given
  --faults   the faults of a sweep, by layer, instead of scenarios
  --json     one JSON object a line`;

const shipped = fileURLToPath(new URL("../../scenarios", import.meta.url));

export async function run(args: readonly string[], io: CommandIO): Promise<number> {
	const { values, positionals } = parseCommandLine(
		args,
		{ faults: { type: "boolean" }, json: { type: "boolean" } },
		usage,
	);
	if (values.faults) {
		refuseMore(positionals, 0, usage);
		const width = Math.max(...faults.map((fault) => fault.name.length));
		for (const { name: fault, layer, summary: about } of faults)
			io.out(
				values.json
					? JSON.stringify({ name: fault, layer, summary: about })
					: `${layer.padEnd(8)}${fault.padEnd(width)}  ${about}`,
			);
		return exitCodes.ok;
	}
	for (const file of await scenarioFiles(positionals.length > 0 ? positionals : [shipped])) {
		const { name: title, options } = await loadScenario(file);
		const { story, machine, seed } = settle(options);
		io.out(
			values.json
				? JSON.stringify({ file, name: title, story, machine, seed })
				: `${file}\n  ${title}${story === "" ? "" : `\n  ${story}`}`,
		);
	}
	return exitCodes.ok;
}
