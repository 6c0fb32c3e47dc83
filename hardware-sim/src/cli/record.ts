import { writeFile } from "node:fs/promises";
import { createLinuxProvider } from "@visionvend/pi-runtime/linux/provider";
import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import { EnvironmentError } from "../language/typescript.ts";
import { recordReal, recordSimulated } from "../record/part-session.ts";
import { atPath, type CommandIO, exitCodes, parseCommandLine, refuseMore, UsageError } from "./command.ts";
import { partOf, sessionOf, sessionOptions } from "./part-arguments.ts";

export const name = "record";
export const summary = "logs every transaction of a part with its driver, on this computer's pins or simulated";
export const usage = `visionvend-sim record PART [--host sim|linux] [--for 3s] [--every 100ms] [--options JSON] [--out FILE]

  PART       the folder of a driver: hx711
  --host     sim: the part's chip in the simulator (default); linux: the real part on the pins of this Raspberry Pi
  --for      how long; --every: the time between two samples. A driver that has no samples is used once.
  --options  instead of pins and settings of the part's wiring: '{"clock":{"pin":5},"data":{"pin":6}}'
  --out      where the log goes, NDJSON; standard output where not given

Exit codes: 0 recorded, 2 a mistake in the command line, 3 this computer has no such pins.`;

export async function run(args: readonly string[], io: CommandIO): Promise<number> {
	const { values, positionals } = parseCommandLine(
		args,
		{ ...sessionOptions, host: { type: "string" }, out: { type: "string" } },
		usage,
	);
	refuseMore(positionals, 1, usage);
	const part = partOf(positionals[0], usage);
	const session = sessionOf(values, usage);
	const { out: file } = values;
	// A recording may take an hour: that it cannot be kept is told before.
	if (file !== undefined) await atPath(file, () => writeFile(file, ""));
	const lines: string[] = [];
	const sink = (line: string) => lines.push(line);
	let samples: unknown[];
	if (values.host === undefined || values.host === "sim") samples = recordSimulated(part, session, sink);
	else if (values.host === "linux") {
		try {
			const provider = createLinuxProvider();
			samples = await recordReal(part, provider, session, sink);
			provider.close();
		} catch (error) {
			if (!(error instanceof HardwareError)) throw error;
			throw new EnvironmentError(error.message, { cause: error });
		}
	} else throw new UsageError(`--host ${values.host}: say sim or linux\n\n${usage}`);
	const text = lines.map((line) => `${line}\n`).join("");
	if (file === undefined) io.out(text.trimEnd());
	else await writeFile(file, text);
	const heard = samples.filter((sample) => sample !== undefined).length;
	io.err(`${lines.length} transactions, ${heard} samples${file === undefined ? "" : `, in ${file}`}`);
	return exitCodes.ok;
}
