import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { systemClock } from "@visionvend/sdk/clock";
import { annotate } from "../detect/annotate.ts";
import { decodeImage, decodeWholeImage } from "../detect/decode-image.ts";
import { defaultModelPath } from "../detect/default-model.ts";
import type { Detection } from "../detect/detection.ts";
import { startDetector } from "../detect/worker-detector.ts";
import { errorText } from "../error-text.ts";
import { checkedUsage } from "./checked-usage.ts";
import { engineOption } from "./engine-option.ts";
import { UsageError } from "./usage-error.ts";

const usage = `visionvend-pi detect IMAGE [--model FILE] [--engine ort|tfjs] [--threshold S] [--json] [--out FILE.png]

Finds products and hands in an image (JPEG, PNG, WebP, GIF, TIFF, AVIF; at most 50 million pixels).

  --model FILE     an ONNX detector; the one that comes with VisionVend where not given
  --engine NAME    ort (ONNX Runtime) or tfjs (TensorFlow.js); ort where not given
  --threshold S    lowest score, above 0 and below 1; the model's own where not given
  --json           one object; boxes are [x1, y1, x2, y2] in pixels of the image as displayed (EXIF turned)
  --out FILE.png   the image with the boxes drawn on it

Exit status: 0 looked at (also when nothing was found), 1 the image or the model cannot be used, 2 wrong words.
`;

/** `detect IMAGE`: what one image shows. */
export async function detect(words: string[]): Promise<number> {
	const { values, positionals } = checkedUsage(() =>
		parseArgs({
			args: words,
			allowPositionals: true,
			options: {
				model: { type: "string", short: "m" },
				engine: { type: "string", default: "ort" },
				threshold: { type: "string" },
				json: { type: "boolean", default: false },
				out: { type: "string", short: "o" },
				help: { type: "boolean", short: "h" },
			},
		}),
	);
	if (values.help) {
		process.stdout.write(usage);
		return 0;
	}
	const [path, ...more] = positionals;
	if (path === undefined) throw new UsageError("detect: say which image.");
	if (more.length > 0) throw new UsageError(`detect: "${more.join(" ")}" is too much; one image at a time.`);
	const engine = engineOption(values.engine);
	const threshold = thresholdOf(values.threshold);
	const bytes = await readFile(path).catch((error: unknown) => {
		throw new Error(`The image "${path}" cannot be read: ${errorText(error)}`, { cause: error });
	});

	const detector = await startDetector({ model: values.model ?? defaultModelPath(), engine, clock: systemClock });
	try {
		const picture = await decodeImage(bytes, detector.model);
		const detections = await detector.detectPicture(picture, threshold);
		if (values.out !== undefined) {
			const png = await annotate(await decodeWholeImage(bytes), detections);
			await writeFile(values.out, png).catch((error: unknown) => {
				throw new Error(`"${values.out}" cannot be written: ${errorText(error)}`, { cause: error });
			});
		}
		const { width, height } = picture.source;
		const { times, model } = { times: detector.statistics.times, model: detector.model };
		const text = values.json
			? JSON.stringify({
					image: path,
					width,
					height,
					model: model.path,
					family: model.family,
					engine: model.engine,
					milliseconds: {
						preprocess: rounded(times?.preprocessMs ?? 0, 2),
						run: rounded(times?.runMs ?? 0, 2),
						decode: rounded(times?.decodeMs ?? 0, 2),
					},
					detections: detections.map(({ label, score, box }) => ({
						label,
						score: rounded(score, 4),
						box: box.map((value) => rounded(value, 1)),
					})),
				})
			: table(detections, width, height);
		process.stdout.write(`${text}\n`);
		return 0;
	} finally {
		await detector.close();
	}
}

function table(detections: readonly Detection[], width: number, height: number): string {
	const longest = Math.max(5, ...detections.map(({ label }) => label.length));
	const number = (value: number): string => value.toFixed(0).padStart(5);
	return [
		`${detections.length === 0 ? "nothing" : detections.length} found in ${width} × ${height} pixels`,
		...detections.map(
			({ label, score, box }) => `${label.padEnd(longest)}  ${score.toFixed(3)}  ${box.map(number).join(" ")}`,
		),
	].join("\n");
}

function rounded(value: number, digits: number): number {
	return Number(value.toFixed(digits));
}

/** The score that a word gives. Throws a `UsageError`. */
function thresholdOf(word: string | undefined): number | undefined {
	if (word === undefined) return undefined;
	const threshold = Number(word);
	if (!(threshold > 0 && threshold < 1)) throw new UsageError(`--threshold ${word}: give a score above 0 and below 1.`);
	return threshold;
}
