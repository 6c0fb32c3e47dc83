import { runFleet } from "../fleet/run-fleet.ts";
import { type CommandIO, exitCodes, parseCommandLine, refuseMore, UsageError } from "./command.ts";

export const name = "fleet";
export const summary = "thousands of devices at one broker and one cloud, and a restart of the broker";
export const usage = `visionvend-sim fleet [--devices 10000] [--sales 100] [--json]

Each device has a connection of its own, and says how it is once a minute; sales are made at some of them. After a minute the
broker is stopped and started again: all must come back, every message must be stored, every sale paid with its price. Needs
Linux and mosquitto; some minutes.

  --devices N   how many; 10000 where not given
  --sales N     how many, at most as many as devices; 100 where not given
  --json        one object

Exit codes: 0 all came back and nothing was lost, 1 not so, 2 wrong arguments, 3 this computer lacks something.`;

export async function run(args: readonly string[], io: CommandIO): Promise<number> {
	const { values, positionals } = parseCommandLine(
		args,
		{
			devices: { type: "string", default: "10000" },
			sales: { type: "string", default: "100" },
			json: { type: "boolean", default: false },
		},
		usage,
	);
	refuseMore(positionals, 0, usage);
	const [devices, sales] = [Number(values.devices), Number(values.sales)];
	if (!Number.isInteger(devices) || devices < 1 || devices > 50_000)
		throw new UsageError(`--devices ${values.devices}: give a number from 1 to 50000.`);
	if (!Number.isInteger(sales) || sales < 0 || sales > devices)
		throw new UsageError(`--sales ${values.sales}: give a number from 0 to that of the devices.`);
	if (process.platform !== "linux") {
		io.err("The cost of the cloud is read from /proc, which only Linux has.");
		return exitCodes.environment;
	}
	const figures = await runFleet({
		devices,
		sales,
		beatMs: 60_000,
		reconnectMs: 5_000,
		onProgress: (line) => io.err(line),
	});
	if ("absent" in figures) {
		io.err(figures.absent);
		return exitCodes.environment;
	}
	const { back, beats, stored, captured, takenCents, expectedCents } = figures;
	const isWhole = back === devices && stored === beats && captured === sales && takenCents === expectedCents;
	if (values.json) io.out(JSON.stringify(figures));
	else {
		for (const line of [
			`${devices} devices connected in ${figures.connectSeconds.toFixed(1)} s.`,
			`After the broker's restart ${back} were back, the last after ${figures.reconnectSeconds.toFixed(1)} s.`,
			`Of ${beats} health messages ${stored} are stored.`,
			`Of ${sales} sales ${captured} are paid: ${takenCents} cents of ${expectedCents}.`,
			`The cloud took ${figures.cloudCpuSeconds.toFixed(1)} s of CPU time and ${figures.cloudMegabytes.toFixed(0)} MB of memory.`,
			isWhole ? "All are back, and nothing was lost." : "NOT ALL IS WELL.",
		])
			io.out(line);
	}
	return isWhole ? exitCodes.ok : exitCodes.failed;
}
