import { basename, extname, join } from "node:path";
import { Evidence } from "../evidence/evidence.ts";
import { loadScenario, scenarioFiles } from "../language/load-scenario.ts";
import { playScenario } from "../language/play-scenario.ts";
import { type CommandIO, exitCodes, parseCommandLine, parseSeed, UsageError } from "./command.ts";
import { engineOf } from "./engine.ts";

export const name = "run";
export const summary = "plays scenarios and tells how they went";
export const usage = `visionvend-sim run FILE|FOLDER… [options]

  FILE                a scenario: .json, .ts, .js; a FOLDER stands for all scenarios in it and below
  --engine node|xs    the firmware in Node (default), or on XS inside the memory of an ESP32-S3
  --seed N            instead of the scenario's own; the same seed gives the same run
  --evidence DIR      keeps what happened, a folder a scenario: trace.vcd (GTKWave), events.ndjson, pictures of the
                      display, receipt.json, run.json
  --json              one JSON object a scenario, a line each
  --update-pictures   pictures that an expectation names are written, not compared

Exit codes: 0 all went well, 1 a step failed, 2 a mistake in the command line or in a scenario, 3 this computer
cannot do it.`;

export async function run(args: readonly string[], io: CommandIO): Promise<number> {
	const { values, positionals } = parseCommandLine(
		args,
		{
			engine: { type: "string" },
			seed: { type: "string" },
			evidence: { type: "string" },
			json: { type: "boolean" },
			"update-pictures": { type: "boolean" },
		},
		usage,
	);
	if (positionals.length === 0) throw new UsageError(`Which scenario?\n\n${usage}`);
	const seed = parseSeed(values.seed, usage);
	const xsHost = engineOf(values.engine, usage, io);
	const files = await scenarioFiles(positionals);
	// All of them are read and checked before the first one runs.
	const scenarios = [];
	for (const file of files) scenarios.push({ file, scenario: await loadScenario(file) });
	let failed = 0;
	for (const [index, { file, scenario }] of scenarios.entries()) {
		if (io.interruption.aborted) return Number(io.interruption.reason);
		if (scenarios.length > 1) io.err(`${index + 1} of ${scenarios.length}: ${file}`);
		const folder = values.evidence === undefined ? undefined : join(values.evidence, ...slugOf(file, scenarios.length));
		const evidence = folder === undefined ? undefined : new Evidence(folder);
		const result = await playScenario(scenario, {
			...evidence?.options,
			seed,
			xsHost,
			updatePictures: values["update-pictures"] ?? false,
		});
		if (!result.ok) failed++;
		if (evidence?.written) io.err(`evidence: ${evidence.written.folder}`);
		if (values.json) io.out(JSON.stringify({ file, ...result }));
		else {
			const seconds = (result.virtualMs / 1000).toFixed(1);
			const memory =
				result.slotsPeak === null || result.slotsBudget === null
					? ""
					: `, ${((100 * result.slotsPeak) / result.slotsBudget).toFixed(0)} % of the slots`;
			io.out(
				`${result.ok ? "ok    " : "FAILED"}  ${result.name} (${file}, seed ${result.seed}: ${result.steps} steps, ${seconds} s${memory})`,
			);
			if (!result.ok) io.out(result.failure.replaceAll(/^/gm, "        "));
		}
	}
	if (!values.json && scenarios.length > 1)
		io.out(
			failed === 0
				? `All ${scenarios.length} scenarios went well.`
				: `${failed} of ${scenarios.length} scenarios failed.`,
		);
	return failed === 0 ? exitCodes.ok : exitCodes.failed;
}

/** The folder of one of several scenarios below that of the evidence; none where there is one only. */
function slugOf(file: string, count: number): string[] {
	return count === 1 ? [] : [basename(file, extname(file))];
}
