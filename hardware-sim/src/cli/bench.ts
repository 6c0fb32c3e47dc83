import { simBench } from "../bench/sim-bench.ts";
import { buildXsHost } from "../xs/build.ts";
import { type CommandIO, exitCodes, parseCommandLine, UsageError } from "./command.ts";

export const name = "bench";
export const summary = "what the simulator costs on this computer";
export const usage = `visionvend-sim bench sim [--json]

Measures, in one run of some seconds: virtual over wall time of a whole sale on Node and on XS, one call from the firmware to
its hardware on both, events of the clock in a second, and sales of a campaign in a second.

  --json   one object

Exit codes: 0 measured, 2 wrong arguments.`;

export async function run(args: readonly string[], io: CommandIO): Promise<number> {
	const { values, positionals } = parseCommandLine(args, { json: { type: "boolean", default: false } }, usage);
	if (positionals.length !== 1 || positionals[0] !== "sim")
		throw new UsageError(`There is one benchmark here: sim\n\n${usage}`);
	const xs = buildXsHost({ onProgress: (line) => io.err(line) });
	if (!xs.ok) io.err(`XS is left out. ${xs.reason}`);
	const bench = await simBench(xs.ok ? xs : undefined, () => performance.now() / 1_000);
	if (values.json) {
		io.out(JSON.stringify(bench));
		return exitCodes.ok;
	}
	const { saleSpeed, hostCallMicroseconds, millionEventsASecond, salesASecond } = bench;
	const figure = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? "–";
	for (const line of [
		"| | Node | XS |",
		"| --- | --- | --- |",
		`| virtual over wall time of a sale | ${figure(saleSpeed.node, 0)} | ${figure(saleSpeed.xs, 0)} |`,
		`| one host call, µs | ${figure(hostCallMicroseconds.node, 2)} | ${figure(hostCallMicroseconds.xs, 1)} |`,
		`| million events a second | ${figure(millionEventsASecond, 2)} | |`,
		`| sales a second, one process | ${figure(salesASecond, 1)} | |`,
	])
		io.out(line);
	return exitCodes.ok;
}
