import { existsSync } from "node:fs";
import { defaultModelPath } from "@visionvend/pi-runtime/detect/default-model";
import { corruptions } from "../camera/corruption.ts";
import { splits } from "../camera/split.ts";
import { evaluateDetector } from "../evaluation/evaluate-detector.ts";
import type { Interval } from "../evaluation/interval.ts";
import { type CommandIO, exitCodes, parseCommandLine, parseSeed, UsageError } from "./command.ts";

export const name = "eval-detector";
export const summary = "how well a detector finds products and hands in scenes that it has never seen";
export const usage = `visionvend-sim eval-detector [--scenes N] [options]

Draws scenes, runs the detector on them through the runtime of the Pi, and reckons average precision as COCO does, with 95 %
intervals over resampled scenes. What is hidden too far or too small counts neither way: docs/guides/camera-simulation.md.

  --scenes N     1000 where not given
  --corrupted N  so many of them also spoilt, once in each way: ${Object.keys(corruptions).slice(1).join(", ")};
                 a fifth of --scenes where not given, 0 for none
  --compared N   so many of them also through TensorFlow.js; a fiftieth of --scenes where not given, 0 for none
  --seed S       the same seed gives the same scenes; 1 where not given
  --split NAME   whose designs, cabinets and hands are drawn: evaluation (where not given), or validation for whoever tunes
  --model FILE   the detector; the one that comes with VisionVend where not given
  --int8 FILE    the same in 8 bits; MODEL-int8.onnx where it is there
  --json         the figures as one object, the last line

Exit codes: 0 every figure passes its bar, 1 one does not, 2 a mistake in the command line.`;

/** What the shipped detector must reach. */
const bars = Object.freeze({
	ap50: 0.97,
	ap: 0.8,
	worstClass: 0.9,
	corruptionMean: 0.94,
	noise20: 0.9,
	int8Loss: 0.005,
	engines: 1e-3,
});

export async function run(args: readonly string[], io: CommandIO): Promise<number> {
	const { values, positionals } = parseCommandLine(
		args,
		{
			scenes: { type: "string" },
			corrupted: { type: "string" },
			compared: { type: "string" },
			seed: { type: "string" },
			split: { type: "string" },
			model: { type: "string" },
			int8: { type: "string" },
			json: { type: "boolean" },
		},
		usage,
	);
	if (positionals.length > 0)
		throw new UsageError(`"${positionals[0]}" is not an option of eval-detector.\n\n${usage}`);
	const scenes = parseCount("scenes", values.scenes ?? "1000", 1);
	const corrupted = parseCount("corrupted", values.corrupted ?? String(Math.ceil(scenes / 5)), 0);
	const compared = parseCount("compared", values.compared ?? String(Math.ceil(scenes / 50)), 0);
	const seed = parseSeed(values.seed, usage) ?? 1;
	const split = splits.find((candidate) => candidate === (values.split ?? "evaluation"));
	if (split === undefined) throw new UsageError(`--split ${values.split}: not one of ${splits.join(", ")}\n\n${usage}`);
	const model = values.model ?? defaultModelPath();
	const sibling = model.replace(/\.onnx$/i, "-int8.onnx");
	const int8 = values.int8 ?? (existsSync(sibling) ? sibling : undefined);
	for (const [option, path] of Object.entries({ model, int8 }))
		if (path !== undefined && !existsSync(path))
			throw new UsageError(`--${option} ${path}: there is no such file\n\n${usage}`);
	let toldMs = performance.now();
	const report = await evaluateDetector(
		{ model, int8, scenes, corrupted, compared, seed, split },
		(done) => {
			if (performance.now() - toldMs < 10_000) return;
			toldMs = performance.now();
			io.err(`${done} of ${scenes} scenes`);
		},
		io.interruption,
	);
	if (io.interruption.aborted) return Number(io.interruption.reason);
	const { fp32 } = report;
	const [worst = ["none", fp32.ap50] as const] = Object.entries(fp32.classes).sort((a, b) => a[1].value - b[1].value);
	const spoilt = Object.entries(report.corruptions).map(([corruption, { value }]) => ({ corruption, value }));
	const corruptionMean = spoilt.reduce((sum, { value }) => sum + value, 0) / spoilt.length;
	const noise20 = report.corruptions["noise-20"];
	const int8Loss = report.int8 === undefined ? undefined : fp32.ap50.value - report.int8.ap50.value;

	io.out(`${scenes} scenes of the ${split} split, seed ${seed}: ${model}`);
	const line = (title: string, interval: Interval) => io.out(`  ${title.padEnd(22)} ${text(interval)}`);
	line("AP50", fp32.ap50);
	line("AP50:95", fp32.ap);
	for (const [label, interval] of Object.entries(fp32.classes)) line(`  ${label}`, interval);
	if (spoilt.length > 0) io.out(`AP50 of ${corrupted} scenes, spoilt: ${corruptionMean.toFixed(3)} in the mean`);
	for (const [corruption, interval] of Object.entries(report.corruptions)) line(`  ${corruption}`, interval);
	if (report.int8 !== undefined) {
		io.out(`In 8 bits: ${int8}`);
		line("AP50", report.int8.ap50);
		line("AP50:95", report.int8.ap);
	}
	const { engineDifference } = report;
	if (engineDifference !== undefined)
		io.out(`ONNX Runtime and TensorFlow.js on ${compared} scenes: ${engineDifference.toExponential(1)} apart at most`);
	const missed = [
		...(fp32.ap50.value < bars.ap50 ? [`AP50 ${bars.ap50}`] : []),
		...(fp32.ap.value < bars.ap ? [`AP50:95 ${bars.ap}`] : []),
		...(worst[1].value < bars.worstClass ? [`worst class ${bars.worstClass} (${worst[0]})`] : []),
		...(corruptionMean < bars.corruptionMean ? [`mean of corruptions ${bars.corruptionMean}`] : []),
		...(noise20 !== undefined && noise20.value < bars.noise20 ? [`strong noise ${bars.noise20}`] : []),
		...(int8Loss !== undefined && int8Loss > bars.int8Loss ? [`loss in 8 bits ${bars.int8Loss}`] : []),
		...(engineDifference !== undefined && engineDifference > bars.engines ? [`engines ${bars.engines} apart`] : []),
	];
	io.out(missed.length === 0 ? "Every figure passes its bar." : `Not reached: ${missed.join(", ")}.`);
	if (values.json) {
		const worstClass = { label: worst[0], ...worst[1] };
		io.out(
			JSON.stringify({ ...report, worstClass, corruptionMean, int8Loss, scenes, corrupted, compared, seed, split }),
		);
	}
	return missed.length === 0 ? exitCodes.ok : exitCodes.failed;
}

function text({ value, low, high }: Interval): string {
	return `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}

function parseCount(option: string, typed: string, least: number): number {
	const count = Number(typed);
	if (typed.trim() === "" || !Number.isInteger(count) || count < least)
		throw new UsageError(`--${option} ${typed}: not a whole number from ${least} up\n\n${usage}`);
	return count;
}
