import { readFileSync, writeFileSync } from "node:fs";
import { conformanceTable } from "../conformance/conformance-table.ts";
import { parts } from "../conformance/parts.ts";
import { type Conformance, conformanceHosts, runConformance } from "../conformance/run-conformance.ts";
import { didYouMean } from "../language/did-you-mean.ts";
import { EnvironmentError } from "../language/typescript.ts";
import { buildXsHost } from "../xs/build.ts";
import { atPath, type CommandIO, exitCodes, parseCommandLine, UsageError } from "./command.ts";

export const name = "conformance";
export const summary = "tries the rules for drivers on every driver and host";
export const usage = `visionvend-sim conformance [PART…] [--json] [--write FILE]

Tries the rules of sdk/conformance on every driver (or those named) on every host that runs here: the simulated board
under Node and under XS, and the Linux provider on simulated device files. Prints a Markdown table.

  --json         one object a driver and host, one a line
  --write FILE   puts the table of all drivers and hosts into a page, in the place of the one that is there

Exit codes: 0 every rule is kept, 1 one is broken, 2 a mistake in the command line, 3 XS cannot be built and
--write asks for it.`;

export async function run(args: readonly string[], io: CommandIO): Promise<number> {
	const { values, positionals } = parseCommandLine(
		args,
		{ json: { type: "boolean", default: false }, write: { type: "string" } },
		usage,
	);
	const names = parts.map(({ subject }) => subject.part);
	const unknown = positionals.find((name) => !names.includes(name));
	if (unknown !== undefined) {
		throw new UsageError(`There is no driver "${unknown}"${didYouMean(unknown, names)}`);
	}
	const { write: page } = values;
	if (page !== undefined) {
		if (positionals.length > 0) throw new UsageError(`--write is for the table of all drivers\n\n${usage}`);
		await atPath(page, async () => placeOfTable(page));
	}
	const xs = buildXsHost({ onProgress: (line) => io.err(line) });
	if (!xs.ok && page !== undefined) throw new EnvironmentError(`A table without XS is not written: ${xs.reason}`);
	if (!xs.ok) io.err(`XS is left out: ${xs.reason}`);
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
	if (page !== undefined) writeTable(page, table);
	return results.some(({ failures }) => failures.length > 0) ? exitCodes.failed : exitCodes.ok;
}

const begin = "<!-- table -->";
const end = "<!-- end of table -->";

/** What stands before and after the table of a page. */
function placeOfTable(file: string): readonly [before: string, after: string] {
	const page = readFileSync(file, "utf8");
	const from = page.indexOf(begin);
	const to = page.indexOf(end);
	if (from < 0 || to < from) throw new UsageError(`${file} has no place for the table: ${begin} … ${end}`);
	return [page.slice(0, from), page.slice(to)];
}

function writeTable(file: string, table: string): void {
	const [before, after] = placeOfTable(file);
	writeFileSync(file, `${before}${begin}\n\n${table}\n\n${after}`);
}
