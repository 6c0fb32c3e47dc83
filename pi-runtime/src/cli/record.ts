import { parseArgs } from "node:util";
import { monotonicClock } from "../capture/monotonic-clock.ts";
import { openFrameSource, sourceForms } from "../capture/open-frame-source.ts";
import { Recorder } from "../record/recorder.ts";
import { recordingSchema } from "../record/recording-configuration.ts";
import { cameraSource, pictureSize } from "./camera-options.ts";
import { checkedUsage } from "./checked-usage.ts";
import { UsageError } from "./usage-error.ts";

const usage = `visionvend-pi record SOURCE --out DIR [--size WxH] [--fps N] [--quota-gigabytes N] [--open]

Records a camera as the service does, until Ctrl-C: to see that a camera, an encoder and a disk work together.
SOURCE is ${sourceForms}.

  --out DIR              where the recordings go
  --size WxH             of the pictures; 1280x720 where not given
  --fps N                pictures a second; 15 where not given
  --quota-gigabytes N    of all recordings; the oldest go first; 1 where not given
  --open                 as if the door were open: every picture, instead of two a second

Exit status: 0 recorded, 1 the folder cannot be used, 2 wrong words.
`;

/** `record SOURCE`. Resolves when SIGINT or SIGTERM came and all is written. */
export async function record(words: string[]): Promise<number> {
	const { values, positionals } = checkedUsage(() =>
		parseArgs({
			args: words,
			allowPositionals: true,
			options: {
				out: { type: "string", short: "o" },
				size: { type: "string", default: "1280x720" },
				fps: { type: "string", default: "15" },
				"quota-gigabytes": { type: "string", default: "1" },
				open: { type: "boolean", default: false },
				help: { type: "boolean", short: "h" },
			},
		}),
	);
	if (values.help) {
		process.stdout.write(usage);
		return 0;
	}
	const name = cameraSource("record", positionals);
	if (values.out === undefined) throw new UsageError("record: --out is missing: a folder for the recordings.");
	const { width, height } = pictureSize(values.size);
	const framesPerSecond = Number(values.fps);
	if (!(framesPerSecond >= 1 && framesPerSecond <= 60)) throw new UsageError(`--fps ${values.fps}: give 1 to 60.`);
	const recording = recordingSchema.safeParse({
		folder: values.out,
		quotaGigabytes: Number(values["quota-gigabytes"]),
	});
	if (!recording.success) throw new UsageError(`--quota-gigabytes ${values["quota-gigabytes"]}: give 0.001 to 10000.`);

	const asked = new Promise<void>((resolve) => {
		process.once("SIGINT", resolve);
		process.once("SIGTERM", resolve);
	});
	const tell = (problem: string): void => void process.stderr.write(`${problem}\n`);
	const recorder = await Recorder.open({
		...recording.data,
		...{ width, height, framesPerSecond, cameras: 1, clock: monotonicClock, onProblem: tell },
	});
	const mode = { width, height, framesPerSecond };
	const source = openFrameSource(name, { ...mode, camera: 0, clock: monotonicClock, loop: true, onProblem: tell });
	if (values.open) recorder.doorOpened(monotonicClock.now());
	source.start((frame) => recorder.frame(frame));
	process.stdout.write(`Recording ${name} to ${values.out}. Ctrl-C ends it.\n`);
	await asked;
	await source.close();
	await recorder.close();
	const drops = Object.entries({ ...source.drops, ...recorder.drops }).map(([reason, count]) => `${count} ${reason}`);
	process.stdout.write(
		`${(recorder.bytes / 1e6).toFixed(1)} MB in ${values.out}; not recorded: ${drops.join(", ") || "nothing"}\n`,
	);
	return 0;
}
