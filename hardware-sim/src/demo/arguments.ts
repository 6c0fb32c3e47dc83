import { parseArgs } from "node:util";
import { scenarios } from "../scenario/scenarios.ts";

export interface DemoArguments {
	/** The name of a scenario, or `list`. */
	readonly scenario: string;
	readonly engine: "xs" | "node" | undefined;
	readonly links: "memory" | "real";
	readonly seed: number;
	readonly cameras: boolean;
	readonly json: boolean;
	readonly serve: boolean;
	readonly out: string;
}

/** What is wrong with the command line, in words for the person who typed it. */
export class UsageError extends Error {
	override readonly name = "UsageError";
}

export const usage = `npm run demo -- [--scenario NAME] [--engine xs|node] [--links real|memory] [--[no-]cameras] [--seed N] [--json] [--serve] [--out FOLDER]

  --scenario  what happens (default take-two); list shows them all
  --engine    xs: the firmware on the XS engine of the ESP32-S3 (default where a C compiler is found); node: in Node
  --links     real: processes, sockets, a broker, wall clock (default); memory: one process, virtual clock,
              the same seed gives the same bytes (default with --json)
  --cameras   two cameras watch, and sales are decided by scales and cameras together (default on real links);
              --no-cameras: by weight alone (default on --links memory)
  --seed      a whole number from 0 to 4294967295 (default 1)
  --json      one JSON object a line; the last one is the result
  --serve     keep everything running and print curl lines; Ctrl-C ends
  --out       where the pictures, the trace and the receipt go (default demo-out)`;

export function scenarioList(): string {
	const width = Math.max(...scenarios.map(({ name }) => name.length));
	return scenarios.map(({ name, story }) => `  ${name.padEnd(width)}  ${story}`).join("\n");
}

/** Throws a `UsageError` for anything that it does not understand. */
export function parseDemoArguments(argv: readonly string[]): DemoArguments {
	const values = parse(argv);
	const scenario = values.scenario ?? "take-two";
	if (scenario !== "list" && !scenarios.some(({ name }) => name === scenario))
		throw new UsageError(`There is no scenario "${scenario}". These are there:\n\n${scenarioList()}`);
	const seed = Number(values.seed ?? "1");
	if (!Number.isInteger(seed) || seed < 0 || seed > 0xffff_ffff)
		throw new UsageError(`--seed ${values.seed}: not a whole number from 0 to 4294967295\n\n${usage}`);
	const json = values.json ?? false;
	const serve = values.serve ?? false;
	const links = oneOf("--links", values.links, ["memory", "real"]) ?? (json ? "memory" : "real");
	if (serve && links === "memory") throw new UsageError("--serve needs sockets: leave --links memory away");
	return {
		scenario,
		engine: oneOf("--engine", values.engine, ["xs", "node"]),
		links,
		seed,
		cameras: values.cameras ?? links === "real",
		json,
		serve,
		out: values.out ?? "demo-out",
	};
}

function parse(argv: readonly string[]) {
	try {
		return parseArgs({
			args: [...argv],
			allowNegative: true,
			options: {
				scenario: { type: "string" },
				engine: { type: "string" },
				links: { type: "string" },
				cameras: { type: "boolean" },
				seed: { type: "string" },
				json: { type: "boolean" },
				serve: { type: "boolean" },
				out: { type: "string" },
			},
		}).values;
	} catch (error) {
		throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
	}
}

function oneOf<const T extends string>(
	option: string,
	value: string | undefined,
	allowed: readonly T[],
): T | undefined {
	if (value === undefined) return undefined;
	const found = allowed.find((candidate) => candidate === value);
	if (found === undefined) throw new UsageError(`${option} ${value}: say ${allowed.join(" or ")}\n\n${usage}`);
	return found;
}
