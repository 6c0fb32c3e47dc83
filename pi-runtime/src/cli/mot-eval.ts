import { parseArgs } from "node:util";
import { MotFileError } from "../track/mot-file.ts";
import { evaluateMot, type MotMetrics } from "../track/mot-metrics.ts";
import { checkedUsage } from "./checked-usage.ts";
import { readMotFile } from "./read-mot-file.ts";
import { UsageError } from "./usage-error.ts";

const usage = `visionvend-pi mot-eval --gt FILE --result FILE [--json]

Scores tracks against the truth, both in the MOTChallenge format: HOTA, MOTA, MOTP, IDF1, false and missed boxes, switches.
`;

/** `mot-eval --gt gt.txt --result result.txt [--json]`: how well tracks tell the truth. */
export async function motEval(words: string[]): Promise<number> {
	const { values, positionals } = checkedUsage(() =>
		parseArgs({
			args: words,
			allowPositionals: true,
			options: {
				gt: { type: "string" },
				result: { type: "string" },
				json: { type: "boolean" },
				help: { type: "boolean", short: "h" },
			},
		}),
	);
	if (values.help) {
		process.stdout.write(usage);
		return 0;
	}
	if (positionals.length > 0) throw new UsageError(`mot-eval: "${positionals.join(" ")}" is not known.`);
	if (values.gt === undefined) throw new UsageError("mot-eval: --gt is missing: the file of the truth.");
	if (values.result === undefined) throw new UsageError("mot-eval: --result is missing: the file of tracks.");
	const truth = readMotFile(values.gt);
	if (truth.length === 0)
		throw new UsageError(`mot-eval: "${values.gt}" has no row: there is nothing to compare with.`);
	const metrics = evaluate(truth, readMotFile(values.result));
	process.stdout.write(values.json ? `${JSON.stringify(metrics)}\n` : table(metrics));
	return 0;
}

function evaluate(...files: Parameters<typeof evaluateMot>): MotMetrics {
	try {
		return evaluateMot(...files);
	} catch (error) {
		if (error instanceof MotFileError) throw new UsageError(error.message, { cause: error });
		throw error;
	}
}

function table(metrics: MotMetrics): string {
	const percent = (part: number) => `${(100 * part).toFixed(2)} %`;
	const rows: [name: string, value: string][] = [
		["HOTA", percent(metrics.hota)],
		["DetA", percent(metrics.detA)],
		["AssA", percent(metrics.assA)],
		["LocA", percent(metrics.locA)],
		["MOTA", percent(metrics.mota)],
		["MOTP (mean IoU)", percent(metrics.motp)],
		["IDF1", percent(metrics.idf1)],
		["ID precision", percent(metrics.idPrecision)],
		["ID recall", percent(metrics.idRecall)],
		["FP", String(metrics.falsePositives)],
		["FN", String(metrics.falseNegatives)],
		["switches", String(metrics.switches)],
		["fragmentations", String(metrics.fragmentations)],
		["mostly tracked", `${metrics.mostlyTracked} of ${metrics.truthTracks}`],
		["mostly lost", `${metrics.mostlyLost} of ${metrics.truthTracks}`],
		["boxes", `${metrics.resultBoxes} found, ${metrics.truthBoxes} true`],
		["tracks", `${metrics.resultTracks} found, ${metrics.truthTracks} true`],
		["frames", String(metrics.frames)],
	];
	return rows.map(([name, value]) => `${name.padEnd(16)} ${value.padStart(10)}\n`).join("");
}
