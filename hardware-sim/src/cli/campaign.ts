import { availableParallelism } from "node:os";
import type { MachineKind } from "@visionvend/sdk/device/messages";
import { type CampaignOptions, runCampaign } from "../campaign/campaign.ts";
import { chooseCampaignFaults } from "../campaign/campaign-faults.ts";
import type { Mutant } from "../campaign/mutants/mutant.ts";
import { mutants } from "../campaign/mutants/mutants.ts";
import { findMutant } from "../campaign/mutants/plant.ts";
import { parserTable, runParsers } from "../campaign/parsers/run-parsers.ts";
import { mutantTable, runMutants } from "../campaign/run-mutants.ts";
import { shrink } from "../campaign/shrink.ts";
import type { FoundViolation } from "../campaign/violation.ts";
import { xsHost } from "../campaign/xs-host.ts";
import { type CommandIO, exitCodes, parseCommandLine, parseSeed, UsageError } from "./command.ts";

const machineKinds: readonly MachineKind[] = ["fridge", "vending", "coffee"];

export const name = "campaign";
export const summary = "thousands of sales on days where everything may break, against the promises";
export const usage = `visionvend-sim campaign [--sales N] [--seed S] [options]

  --sales N          how many sales; 1000 where not given
  --seed S           the same seed gives the same days; 1 where not given
  --faults NAME,…    names of faults or of layers, with commas between them; \`all\` (where not given) or \`none\`
  --without NAME,…   these faults do not happen, and everything else stays as it was
  --shrink           when a promise is broken: plays that day again and again, to find which faults it needs
  --sale N           only the day of this sale, up to it: replays what a campaign of this seed found
  --machines NAME,…  what stands there, day by day: fridge, vending, coffee. Four days of six at a fridge where not given;
                     with --mutant the machine that the bug is in
  --attacks N        messages of an attacker in all, on the broker and on the wire; four a sale where not given
  --mutant NAME,…    with a planted bug; with several, or \`all\`: with one after the other, and a table of what caught
                     each of them
  --parsers N        no sales: N malformed inputs through every parser of the device
  --engine node|xs   the firmware in Node (default), or on XS inside the memory of an ESP32-S3
  --workers N        processes; as many as there are cores where not given. The result does not depend on it
  --json             the result as one object, the last line

Exit codes: 0 every promise was kept (with --mutant: one was broken), 1 one was broken (with --mutant: none), 2 a mistake
in the command line, 3 this computer cannot do it.`;

export async function run(args: readonly string[], io: CommandIO): Promise<number> {
	const { values, positionals } = parseCommandLine(
		args,
		{
			sales: { type: "string" },
			seed: { type: "string" },
			faults: { type: "string" },
			without: { type: "string" },
			sale: { type: "string" },
			shrink: { type: "boolean" },
			machines: { type: "string" },
			attacks: { type: "string" },
			mutant: { type: "string" },
			parsers: { type: "string" },
			engine: { type: "string" },
			workers: { type: "string" },
			json: { type: "boolean" },
		},
		usage,
	);
	if (positionals.length > 0) throw new UsageError(`"${positionals[0]}" is not an option of campaign.\n\n${usage}`);
	if (values.parsers !== undefined) {
		const inputs = parseCount("parsers", values.parsers);
		return feedParsers(inputs, parseSeed(values.seed, usage) ?? 1, engineOf(values.engine), values.json ?? false, io);
	}
	const only = values.sale === undefined ? undefined : parseCount("sale", values.sale);
	const planted = values.mutant === undefined ? [] : mutantsOf(values.mutant);
	const options: CampaignOptions = {
		sales: Math.max(only ?? 1, parseCount("sales", values.sales ?? "1000")),
		only,
		attacks: values.attacks === undefined ? undefined : parseCount("attacks", values.attacks, 0),
		seed: parseSeed(values.seed, usage) ?? 1,
		faults: namesOf(values.faults ?? "all"),
		without: namesOf(values.without ?? "none"),
		machines: machinesOf(values.machines, planted),
		mutant: planted[0]?.name,
		engine: engineOf(values.engine),
		workers: values.workers === undefined ? availableParallelism() : parseCount("workers", values.workers),
		stopped: io.interruption,
	};
	if (planted.length > 1) return catchAll(planted, options, values.json ?? false, io);
	const startedMs = performance.now();
	let toldMs = startedMs;
	const result = await runCampaign({
		...options,
		onDay: (_day, { sales, virtualMs }) => {
			const nowMs = performance.now();
			if (nowMs - toldMs < 5_000) return;
			toldMs = nowMs;
			io.err(speedOf(sales, virtualMs, nowMs - startedMs));
		},
	});
	if (io.interruption.aborted) return Number(io.interruption.reason);
	io.err(speedOf(result.sales, result.results.virtualMs, performance.now() - startedMs));
	const { violation } = result.results;
	if (violation) {
		io.err("");
		io.err(
			`Sale ${violation.sale} (day ${violation.day}, ${(violation.atMs / 1000).toFixed(1)} s) broke promise ${violation.promise}.`,
		);
		io.err(`  promised: ${violation.promised}`);
		io.err(`  seen:     ${violation.seen}`);
		for (const line of violation.story) io.err(`  ${line}`);
		io.err(`  replay:   ${replayCommand(options, violation.sale)}`);
		if (values.shrink) await tellShrunk(options, violation, io);
	}
	if (values.json) io.out(JSON.stringify(result));
	else {
		io.out(`${result.sales} sales, ${result.violations} broken promises, hash ${result.hash}`);
		for (const [end, count] of Object.entries(result.results.ends)) io.out(`  ${String(count).padStart(6)}  ${end}`);
	}
	return (violation === undefined) === (options.mutant === undefined) ? exitCodes.ok : exitCodes.failed;
}

/** Which of the day's faults the broken promise needs, and the command that plays it with these alone. */
async function tellShrunk(options: CampaignOptions, violation: FoundViolation, io: CommandIO): Promise<void> {
	const replayed = { ...options, only: violation.sale, workers: 1 };
	const { results } = await runCampaign(replayed);
	const begun = Object.keys(results.faults);
	const given = options.without?.filter((name) => name !== "none") ?? [];
	const breaks = async (left: readonly string[]): Promise<boolean> => {
		const { results: again } = await runCampaign({ ...replayed, without: [...given, ...left] });
		return again.violation?.promised === violation.promised && again.violation.sale === violation.sale;
	};
	const without = await shrink(begun, breaks);
	const needed = begun.filter((name) => !without.includes(name));
	io.err(`  needs:    ${needed.join(", ") || "no fault"}`);
	if (without.length > 0)
		io.err(`  alone:    ${replayCommand({ ...options, without: [...given, ...without] }, violation.sale)}`);
}

/** What no partner would send, for every parser of the device. */
function feedParsers(inputs: number, seed: number, engine: "node" | "xs", json: boolean, io: CommandIO): number {
	const startedMs = performance.now();
	const results = runParsers({
		inputs,
		seed,
		xsHost: engine === "xs" ? xsHost() : undefined,
		onResult: (result) =>
			io.err(`${parserTable([result]).join()} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)`),
	});
	const failures = results.filter(({ failure }) => failure !== undefined);
	const total = results.reduce((sum, result) => sum + result.inputs, 0);
	if (json) io.out(JSON.stringify({ inputs: total, failures: failures.length, seed, engine, results }));
	else {
		for (const line of parserTable(results)) io.out(line);
		io.out(`${total} inputs on ${engine}, ${failures.length} parsers failed.`);
	}
	return failures.length === 0 ? exitCodes.ok : exitCodes.failed;
}

/** Every planted bug, one after the other. */
async function catchAll(
	planted: readonly Mutant[],
	options: CampaignOptions,
	json: boolean,
	io: CommandIO,
): Promise<number> {
	const results = await runMutants(planted, options, ({ name, caught, sales }) =>
		io.err(`${name}: ${caught === undefined ? `SURVIVED ${sales} sales` : `caught after ${sales} sales`}`),
	);
	if (io.interruption.aborted) return Number(io.interruption.reason);
	const survivors = results.filter(({ caught }) => caught === undefined);
	if (json) {
		const list = results.map(({ name, caught, sales }) => ({ name, sales, promise: caught?.promise ?? null }));
		io.out(JSON.stringify({ mutants: results.length, survivors: survivors.length, seed: options.seed, results: list }));
	} else {
		for (const line of mutantTable(results)) io.out(line);
		io.out(`${results.length - survivors.length} of ${results.length} planted bugs were caught.`);
	}
	return survivors.length === 0 ? exitCodes.ok : exitCodes.failed;
}

function mutantsOf(names: string): readonly Mutant[] {
	if (names === "all") return mutants;
	return named(() => names.split(",").map((name) => findMutant(name.trim())));
}

/** What was asked for; else, with one planted bug, the machine that it is in. */
function machinesOf(text: string | undefined, planted: readonly Mutant[]): readonly MachineKind[] | undefined {
	if (text === undefined) return planted.length === 1 ? [planted[0]?.machine ?? "fridge"] : undefined;
	return text.split(",").map((name) => {
		const machine = machineKinds.find((known) => known === name.trim());
		if (machine === undefined) throw new UsageError(`--machines ${text}: say fridge, vending or coffee\n\n${usage}`);
		return machine;
	});
}

function replayCommand(
	{ sales, machines, attacks, seed, faults, without = [], mutant, engine }: CampaignOptions,
	sale: number,
): string {
	return [
		`npm run campaign -- --seed ${seed} --sale ${sale}`,
		...(machines === undefined ? [] : [`--machines ${machines.join()}`]),
		...(attacks === undefined ? [] : [`--sales ${sales} --attacks ${attacks}`]),
		...(faults.join() === "all" ? [] : [`--faults ${faults.join()}`]),
		...(without.join() === "none" ? [] : [`--without ${without.join()}`]),
		...(mutant === undefined ? [] : [`--mutant ${mutant}`]),
		...(engine === "xs" ? ["--engine xs"] : []),
	].join(" ");
}

function speedOf(sales: number, virtualMs: number, wallMs: number): string {
	const perSecond = (1000 * sales) / wallMs;
	return `${sales} sales in ${(wallMs / 1000).toFixed(1)} s: ${perSecond.toFixed(1)} sales a second, virtual time ${(virtualMs / wallMs).toFixed(0)} times as fast as wall time`;
}

function parseCount(option: string, text: string, least = 1): number {
	const count = Number(text);
	if (!Number.isSafeInteger(count) || count < least)
		throw new UsageError(`--${option} ${text}: not a whole number from ${least} on\n\n${usage}`);
	return count;
}

function namesOf(text: string): string[] {
	const names = text
		.split(",")
		.map((name) => name.trim())
		.filter((name) => name !== "");
	return named(() => {
		chooseCampaignFaults(names);
		return names;
	});
}

function named<T>(find: () => T): T {
	try {
		return find();
	} catch (error) {
		if (!(error instanceof RangeError)) throw error;
		throw new UsageError(error.message, { cause: error });
	}
}

function engineOf(text: string | undefined): "node" | "xs" {
	if (text === undefined || text === "node") return "node";
	if (text === "xs") return "xs";
	throw new UsageError(`--engine ${text}: say node or xs\n\n${usage}`);
}
