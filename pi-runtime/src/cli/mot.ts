import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { errorText } from "../error-text.ts";
import { trackMot } from "../track/track-mot.ts";
import { type TrackerSettings, trackerSettingsSchema } from "../track/tracker-settings.ts";
import { checkedUsage } from "./checked-usage.ts";
import { readMotFile } from "./read-mot-file.ts";
import { UsageError } from "./usage-error.ts";

const usage = `visionvend-pi mot --det FILE --out FILE [--fps N] [--set NAME=NUMBER]…

Follows the detections of a MOTChallenge file and writes its tracks in the same format.

  --fps N             frames a second of the file; 30 where not given
  --set NAME=NUMBER   a setting of the tracker, as often as you like: --set max_age_ms=2000
`;

/** `mot --det det.txt --out result.txt`: tracks from the detections of a MOTChallenge file. */
export async function mot(words: string[]): Promise<number> {
	const { values, positionals } = checkedUsage(() =>
		parseArgs({
			args: words,
			allowPositionals: true,
			options: {
				det: { type: "string" },
				out: { type: "string" },
				fps: { type: "string", default: "30" },
				set: { type: "string", multiple: true },
				help: { type: "boolean", short: "h" },
			},
		}),
	);
	if (values.help) {
		process.stdout.write(usage);
		return 0;
	}
	if (positionals.length > 0) throw new UsageError(`mot: "${positionals.join(" ")}" is not known.`);
	if (values.det === undefined) throw new UsageError("mot: --det is missing: the file of detections.");
	if (values.out === undefined) throw new UsageError("mot: --out is missing: where the tracks go.");
	const fps = Number(values.fps);
	if (!(fps > 0 && fps <= 1_000)) throw new UsageError(`mot: --fps ${values.fps}: give frames a second, above 0.`);
	const settings = trackerSettingsOf({ frame_ms: String(1_000 / fps), ...settingsOf(values.set ?? []) });
	const rows = readMotFile(values.det);
	const startedMs = performance.now();
	const lines = trackMot(rows, settings);
	const tookMs = performance.now() - startedMs;
	try {
		writeFileSync(values.out, lines.map((line) => `${line}\n`).join(""));
	} catch (error) {
		throw new UsageError(`mot: "${values.out}" cannot be written: ${errorText(error)}`, { cause: error });
	}
	const frames = rows.reduce((last, { frame }) => Math.max(last, frame), 0);
	const tracks = new Set(lines.map((line) => line.split(",")[1])).size;
	process.stdout.write(
		`${values.out}: ${lines.length} boxes of ${tracks} tracks in ${frames} frames, ${Math.round((frames * 1_000) / Math.max(tookMs, 0.001))} frames/s\n`,
	);
	return 0;
}

/** `name=number` words of `--set`. */
function settingsOf(words: readonly string[]): Record<string, string> {
	return Object.fromEntries(
		words.map((word) => {
			const at = word.indexOf("=");
			if (at < 1) throw new UsageError(`--set ${word}: give name=number, as in --set max_age_ms=2000.`);
			return [word.slice(0, at), word.slice(at + 1)];
		}),
	);
}

function trackerSettingsOf(words: Readonly<Record<string, string>>): TrackerSettings {
	const result = trackerSettingsSchema.safeParse(
		Object.fromEntries(
			Object.entries(words).map(([name, word]) => [name, word.trim() === "" ? Number.NaN : Number(word)]),
		),
	);
	if (result.success) return result.data;
	const problems = result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`.replace(/^: /, ""));
	throw new UsageError(
		`--set ${problems.join("; ")}. The settings: ${Object.keys(trackerSettingsSchema.shape).join(", ")}.`,
	);
}
