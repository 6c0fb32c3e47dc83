import { readFile } from "node:fs/promises";
import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import { replaySimulated } from "../record/part-session.ts";
import { deviationText } from "../record/replay.ts";
import { parseLog } from "../record/transaction.ts";
import { type CommandIO, exitCodes, parseCommandLine, refuseMore, UsageError } from "./command.ts";
import { partOf, sessionOf, sessionOptions } from "./part-arguments.ts";

export const name = "replay";
export const summary = "runs a driver against chips made of a log, and tells the first thing that is not as it was";
export const usage = `visionvend-sim replay LOG PART [--for 3s] [--every 100ms] [--options JSON] [--json]

  LOG      a file of \`visionvend-sim record\`, or of recordProvider in a program of your own
  PART     the folder of the driver that runs against it: hx711
  others   as they were when the log was made
  --json   one JSON object: deviation, finished, unchecked, samples, gaveUp

Exit codes: 0 everything as it was, 1 something was not, 2 a mistake in the command line or in the log.`;

export async function run(args: readonly string[], io: CommandIO): Promise<number> {
	const { values, positionals } = parseCommandLine(args, { ...sessionOptions, json: { type: "boolean" } }, usage);
	refuseMore(positionals, 2, usage);
	const [file, partName] = positionals;
	if (file === undefined) throw new UsageError(`Which log?\n\n${usage}`);
	const part = partOf(partName, usage);
	const session = sessionOf(values, usage);
	const log = await readLog(file);
	const played = play(part, session, log);
	if (typeof played === "string") {
		if (values.json) io.out(JSON.stringify({ ...nothingPlayed, gaveUp: played }));
		else io.out(`The driver gave up: ${played}`);
		return exitCodes.failed;
	}
	const { replay, samples } = played;
	const { deviation, finished, unchecked } = replay;
	const heard = samples.filter((sample) => sample !== undefined);
	if (values.json)
		io.out(JSON.stringify({ deviation: deviation ?? null, finished, unchecked, samples: heard, gaveUp: null }));
	else if (deviation !== undefined) io.out(deviationText(deviation));
	else if (!finished)
		io.out(
			"Nothing was done otherwise, but the driver ended before the log did. Is it a log of this part, recorded with these options?",
		);
	else io.out(`Everything as it was: ${log.length} transactions, ${heard.length} samples.`);
	if (!values.json && unchecked.length > 0) io.err(`not checked: ${unchecked.join(", ")}`);
	return deviation === undefined && finished ? exitCodes.ok : exitCodes.failed;
}

/** The answer where the driver threw before it could be judged. */
const nothingPlayed = Object.freeze({ deviation: null, finished: false, unchecked: [], samples: [] });

/** What the driver threw, when it did. */
function play(
	...[part, session, log]: Parameters<typeof replaySimulated>
): ReturnType<typeof replaySimulated> | string {
	try {
		return replaySimulated(part, session, log);
	} catch (error) {
		if (!(error instanceof HardwareError)) throw error;
		return error.message;
	}
}

async function readLog(file: string) {
	try {
		const log = parseLog(await readFile(file, "utf8"));
		if (log.length === 0) throw new RangeError("There is no transaction in this log.");
		return log;
	} catch (error) {
		if (!(error instanceof Error)) throw error;
		throw new UsageError(`${file}: ${error.message}`, { cause: error });
	}
}
