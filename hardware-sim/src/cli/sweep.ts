import { chooseFaults, faults } from "../faults/catalogue.ts";
import { type SweepCell, sweep, sweepTable } from "../faults/sweep.ts";
import { loadScenario, scenarioFiles } from "../language/load-scenario.ts";
import { type CommandIO, exitCodes, parseCommandLine, parseSeed, UsageError } from "./command.ts";
import { engineOf } from "./engine.ts";

export const name = "sweep";
export const summary = "every fault at every step of a scenario, against the promises";
export const usage = `visionvend-sim sweep FILE|FOLDER… [--faults NAME,…] [--seed N] [--engine node|xs] [--json]

  --faults   names of faults, or of layers (net, bus, chip, host, power, sensor, world, network), with commas between
             them; all where not given. \`visionvend-sim list --faults\` tells them.
  --json     one JSON object a run, a line each, and the sums as the last line

Exit codes: 0 every promise was kept or is beyond software, 1 one was broken, 2 a mistake in the command line or in the
scenario, 3 this computer cannot do it.`;

const reportEvery = 25;

export async function run(args: readonly string[], io: CommandIO): Promise<number> {
	const { values, positionals } = parseCommandLine(
		args,
		{
			faults: { type: "string" },
			seed: { type: "string" },
			engine: { type: "string" },
			json: { type: "boolean" },
		},
		usage,
	);
	if (positionals.length === 0) throw new UsageError(`Which scenario?\n\n${usage}`);
	const chosen = values.faults === undefined ? faults : choose(values.faults);
	const seed = parseSeed(values.seed, usage);
	const xsHost = engineOf(values.engine, usage, io);
	const scenarios = await Promise.all((await scenarioFiles(positionals)).map(loadScenario));
	const all: SweepCell[] = [];
	for (const scenario of scenarios) {
		const result = await sweep(scenario, chosen, {
			seed,
			xsHost,
			stopped: () => io.interruption.aborted,
			onCell: (cell, done, of) => {
				if (values.json) io.out(JSON.stringify({ scenario: scenario.name, ...cell }));
				if (done % reportEvery === 0 || done === of) io.err(`${scenario.name}: ${done} of ${of}`);
			},
		});
		all.push(...result.cells);
		if (!values.json)
			for (const line of [`${scenario.name}, seed ${result.seed}`, "", ...sweepTable(result), ""]) io.out(line);
		// What was found until then is told all the same.
		if (io.interruption.aborted) break;
	}
	const count = (verdict: SweepCell["verdict"]) => all.filter((cell) => cell.verdict === verdict).length;
	const sums = {
		runs: all.length,
		kept: count("kept"),
		excused: count("excused"),
		broken: count("broken"),
		notHere: count("not-here"),
	};
	if (values.json) io.out(JSON.stringify(sums));
	else
		io.out(
			`${sums.runs} runs: ${sums.kept} kept every promise, ${sums.excused} broke one beyond software, ${sums.broken} broke one, ${sums.notHere} could not be.`,
		);
	if (io.interruption.aborted) return Number(io.interruption.reason);
	return sums.broken === 0 ? exitCodes.ok : exitCodes.failed;
}

function choose(names: string) {
	try {
		return chooseFaults(names.split(",").map((text) => text.trim()));
	} catch (error) {
		if (!(error instanceof RangeError)) throw error;
		throw new UsageError(error.message, { cause: error });
	}
}
