import { readFileSync, writeFileSync } from "node:fs";
import { conformanceTable } from "../conformance/conformance-table.ts";
import { parts } from "../conformance/parts.ts";
import { type Conformance, conformanceHosts, runConformance } from "../conformance/run-conformance.ts";
import { buildXsHost } from "../xs/build.ts";
import { type CommandIO, exitCodes, parseCommandLine, UsageError } from "./command.ts";

export const name = "conformance";
export const summary = "tries the rules for drivers on every driver and host";
export const usage = `visionvend-sim conformance [PART…] [--json] [--write FILE]

Tries the rules of sdk/conformance on every driver (or those named) on every host that runs here: the simulated board
under Node and under XS, and the Linux provider on simulated device files. Prints a Markdown table.

  --json         one object a driver and host, one a line
  --write FILE   puts the table into a page, in the place of the one that is there

Exit codes: 0 every rule is kept, 1 one is broken, 2 wrong arguments.`;

export async function run(args: readonly string[], io: CommandIO): Promise<number> {
	const { values, positionals } = parseCommandLine(
		args,
		{ json: { type: "boolean", default: false }, write: { type: "string" } },
		usage,
	);
	const names = parts.map(({ subject }) => subject.part);
	const unknown = positionals.find((name) => !names.includes(name));
	if (unknown !== undefined) {
		io.err(`There is no driver "${unknown}". There are: ${names.join(", ")}.`);
		return exitCodes.usage;
	}
	const xs = buildXsHost({ onProgress: (line) => io.err(line) });
	if (!xs.ok) io.err(`XS is left out. ${xs.reason}`);
	const results: Conformance[] = [];
	for (const part of parts) {
		if (positionals.length > 0 && !positionals.includes(part.subject.part)) continue;
		for (const host of conformanceHosts) {
			if (host === "xs" && !xs.ok) continue;
			const result = runConformance(part, host, xs.ok ? xs : undefined);
			results.push(result);
			if (values.json) io.out(JSON.stringify(result));
			for (const { title, failure } of result.failures) io.err(`${result.part} on ${host}: ${title}: ${failure}`);
		}
	}
	const table = conformanceTable(results);
	if (!values.json) io.out(table);
	if (values.write !== undefined) writeTable(values.write, table);
	return results.some(({ failures }) => failures.length > 0) ? exitCodes.failed : exitCodes.ok;
}

const begin = "<!-- table -->";
const end = "<!-- end of table -->";

function writeTable(file: string, table: string): void {
	const page = readFileSync(file, "utf8");
	const from = page.indexOf(begin);
	const to = page.indexOf(end);
	if (from < 0 || to < from) throw new UsageError(`${file} has no place for the table: ${begin} … ${end}`);
	writeFileSync(file, `${page.slice(0, from)}${begin}\n\n${table}\n\n${page.slice(to)}`);
}
