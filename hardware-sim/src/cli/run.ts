import { mkdir } from "node:fs/promises";
import { dirname, extname, join, relative, resolve } from "node:path";
import { interrupted } from "../demo/interruption.ts";
import { Evidence } from "../evidence/evidence.ts";
import { loadScenario, scenarioFiles } from "../language/load-scenario.ts";
import { type PlayOptions, type PlayResult, playScenario } from "../language/play-scenario.ts";
import type { WrittenScenario } from "../language/scenario.ts";
import { ScenarioError } from "../language/scenario-error.ts";
import { atPath, type CommandIO, exitCodes, parseCommandLine, parseSeed, UsageError } from "./command.ts";
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

Exit codes: 0 all went well, 1 a step failed or a TypeScript scenario stopped, 2 a mistake in the command line or in a
scenario, and none was run, 3 this computer cannot do it.`;

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
	const { evidence: evidenceFolder } = values;
	if (evidenceFolder !== undefined) await atPath(evidenceFolder, () => mkdir(evidenceFolder, { recursive: true }));
	const names = evidenceNames(files);
	let failed = 0;
	for (const [index, { file, scenario }] of scenarios.entries()) {
		if (io.interruption.aborted) return Number(io.interruption.reason);
		if (scenarios.length > 1) io.err(`${index + 1} of ${scenarios.length}: ${file}`);
		const folder = evidenceFolder === undefined ? undefined : join(evidenceFolder, names[index] ?? "");
		const evidence = folder === undefined ? undefined : new Evidence(folder, file);
		const options = { ...evidence?.options, seed, xsHost, updatePictures: values["update-pictures"] ?? false };
		// A scenario may let hours pass: who has seen enough does not wait for its end.
		const result = await Promise.race([play(scenario, options), interrupted(io.interruption)]);
		if (typeof result === "number") return result;
		if (!result.ok) failed++;
		if (evidence?.written) io.err(`evidence: ${evidence.written.folder}`);
		if (values.json) io.out(JSON.stringify({ file, ...result }));
		else {
			io.out(
				`${result.ok ? "ok    " : "FAILED"}  ${result.name} (${file}${"seed" in result ? figuresOf(result) : ""})`,
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

/** A scenario that did not come to its end, by a mistake in its own code. */
interface Stopped {
	readonly name: string;
	readonly ok: false;
	readonly failure: string;
}

/** Plays a scenario. One whose code throws is a failed one, and the others are played all the same. */
async function play(scenario: WrittenScenario, options: PlayOptions): Promise<PlayResult | Stopped> {
	try {
		return await playScenario(scenario, options);
	} catch (error) {
		if (!(error instanceof Error)) throw error;
		const failure = error instanceof ScenarioError ? error.message : (error.stack ?? error.message);
		return { name: scenario.name, ok: false, failure };
	}
}

function figuresOf({ seed, steps, virtualMs, slotsPeak, slotsBudget }: PlayResult): string {
	const memory =
		slotsPeak === null || slotsBudget === null
			? ""
			: `, ${((100 * slotsPeak) / slotsBudget).toFixed(0)} % of the slots`;
	return `, seed ${seed}: ${steps} steps, ${(virtualMs / 1000).toFixed(1)} s${memory}`;
}

/**
 * The folder of each scenario below that of the evidence: its path from the folder that all of them share. None where
 * there is one only.
 */
function evidenceNames(files: readonly string[]): string[] {
	if (files.length === 1) return [""];
	const paths = files.map((file) => resolve(file));
	let shared = dirname(paths[0] ?? "");
	while (paths.some((path) => relative(shared, path).startsWith(".."))) shared = dirname(shared);
	const bare = paths.map((path) => relative(shared, path).slice(0, -extname(path).length));
	return bare.map((name, index) =>
		bare.indexOf(name) === bare.lastIndexOf(name) ? name : relative(shared, paths[index] ?? ""),
	);
}
