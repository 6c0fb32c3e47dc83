import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { VisionEvent } from "@visionvend/sdk/basket/vision-evidence";
import { type Clock, systemClock } from "@visionvend/sdk/clock";
import { annotate } from "../detect/annotate.ts";
import { defaultModelPath } from "../detect/default-model.ts";
import type { Detection, Detector } from "../detect/detection.ts";
import { startDetector } from "../detect/worker-detector.ts";
import { errorText } from "../error-text.ts";
import { inferEvents } from "../events/infer-events.ts";
import type { ObservedFrame } from "../events/observed-frame.ts";
import { type ShelfZone, usualShelfZones } from "../events/shelf-zones.ts";
import { formatMot } from "../track/mot-file.ts";
import { type StripPicture, trackStrip } from "../track/track-strip.ts";
import { Tracker } from "../track/tracker.ts";
import { trackerSettingsSchema } from "../track/tracker-settings.ts";
import { cameraNumber } from "./camera-options.ts";
import { checkedUsage } from "./checked-usage.ts";
import { engineOption } from "./engine-option.ts";
import { openRecording, type Recording, readAllFrames } from "./read-all-frames.ts";
import { UsageError } from "./usage-error.ts";

const usage = `visionvend-pi track VIDEO|FOLDER [--model FILE] [--engine ort|tfjs] [--camera N] [--fps N] [--out DIR] [--json]

Follows products and hands through a video (any that ffmpeg reads) or a folder of pictures, and tells what was taken
and returned.

  --model FILE   an ONNX detector; the one that comes with VisionVend where not given
  --engine NAME  ort (ONNX Runtime) or tfjs (TensorFlow.js); ort where not given
  --camera N     which camera of a machine it is, for the zones of the shelves; 0 where not given
  --fps N        frames a second; those of the video, or 15, where not given
  --out DIR      writes tracks.txt (MOTChallenge), annotated pictures of each event, and strip.png of them all
  --json         one object: tracks and events, times in milliseconds from the first frame

Exit status: 0 looked at, 1 the recording or the model cannot be used, 2 wrong words.
`;

/** Scores below the detector's own threshold carry tracks on. */
const leastScore = 0.1;

/** One track, over the whole recording. */
interface WholeTrack {
	readonly id: number;
	readonly label: string;
	/** That it is this label. */
	readonly probability: number;
	readonly fromMs: number;
	readonly untilMs: number;
	readonly frames: number;
}

interface Seen {
	readonly tracks: readonly WholeTrack[];
	readonly events: readonly VisionEvent[];
	readonly motLines: readonly string[];
	/** Tracks by the number of the frame, for pictures. */
	readonly boxes: ReadonlyMap<number, readonly Detection[]>;
	readonly frames: number;
	readonly firstMs: number;
}

/** `track VIDEO|FOLDER`. `worker` and `print` are for tests. */
export async function track(
	words: string[],
	{ worker = undefined as URL | undefined, print = (text: string): void => void process.stdout.write(text) } = {},
): Promise<number> {
	const { values, positionals } = checkedUsage(() =>
		parseArgs({
			args: words,
			allowPositionals: true,
			options: {
				model: { type: "string", short: "m" },
				engine: { type: "string", default: "ort" },
				camera: { type: "string", default: "0" },
				fps: { type: "string" },
				out: { type: "string", short: "o" },
				json: { type: "boolean", default: false },
				help: { type: "boolean", short: "h" },
			},
		}),
	);
	if (values.help) {
		print(usage);
		return 0;
	}
	const [path, ...more] = positionals;
	if (path === undefined) throw new UsageError("track: say which video or folder.");
	if (more.length > 0) throw new UsageError(`track: "${more.join(" ")}" is too much; one recording at a time.`);
	const engine = engineOption(values.engine);
	const camera = cameraNumber(values.camera);
	const fps = values.fps === undefined ? undefined : Number(values.fps);
	if (fps !== undefined && !(fps > 0 && fps <= 240))
		throw new UsageError(`--fps ${values.fps}: give frames a second, above 0.`);

	const recording = await openRecording(path, { camera, fps });
	const detector = await startDetector({
		model: values.model ?? defaultModelPath(),
		engine,
		threshold: leastScore,
		clock: systemClock,
		worker,
	});
	const clock: Clock = { now: () => 0, after: systemClock.after };
	let seen: Seen;
	try {
		seen = await follow(recording, detector, clock);
	} finally {
		await detector.close();
	}
	if (values.out !== undefined) await writeResults(values.out, recording, seen, clock);
	print(values.json ? `${JSON.stringify(summary(recording, seen))}\n` : table(recording, seen));
	return 0;
}

async function follow(recording: Recording, detector: Detector, clock: Clock): Promise<Seen> {
	const frameMs = 1_000 / recording.framesPerSecond;
	const { labels } = detector;
	const tracker = new Tracker({ labels, settings: trackerSettingsSchema.parse({ frame_ms: frameMs }) });
	const observed: ObservedFrame[] = [];
	const motLines: string[] = [];
	const boxes = new Map<number, Detection[]>();
	const tracks = new Map<number, WholeTrack>();
	await readAllFrames(recording, clock, async (frame) => {
		const detections = await detector.detect(frame);
		const { camera, atMs, width, height, sequence } = frame;
		observed.push({ camera, atMs, width, height, detections });
		const here: Detection[] = [];
		for (const { id, state, detection, classes, startedMs, hits } of tracker.update(detections, atMs)) {
			if (state !== "confirmed") continue;
			const best = classes.best;
			const [label, probability] = [labels[best] ?? "?", classes.probabilities[best] ?? 0];
			motLines.push(formatMot({ frame: sequence + 1, id, box: detection.box, confidence: detection.score }));
			here.push({ label: `${id} ${label}`, score: detection.score, box: detection.box });
			tracks.set(id, { id, label, probability, fromMs: startedMs, untilMs: atMs, frames: hits });
		}
		boxes.set(sequence, here);
	});
	const zones = zonesFor(recording.camera);
	const events = labels.includes("hand") ? inferEvents(observed, { labels, zones }) : [];
	return {
		tracks: [...tracks.values()].sort((a, b) => a.id - b.id),
		events,
		motLines,
		boxes,
		frames: observed.length,
		firstMs: observed[0]?.atMs ?? 0,
	};
}

/** A camera that no machine of ours has looks at shelves 0 and 1. */
function zonesFor(camera: number): readonly ShelfZone[] {
	const own = usualShelfZones.filter((zone) => zone.camera === camera);
	return own.length > 0
		? own
		: usualShelfZones.filter((zone) => zone.camera === 0).map((zone) => ({ ...zone, camera }));
}

/** Before, at and after the touch of each event, or evenly over a recording without events: at most 24 pictures. */
function momentsOf({ events, frames, firstMs }: Seen, frameMs: number): Map<number, string> {
	const moments = new Map<number, string>();
	const at = (ms: number) => Math.max(0, Math.min(frames - 1, Math.round((ms - firstMs) / frameMs)));
	for (const event of events.filter(({ probability }) => probability >= 0.5).slice(0, 8)) {
		const what = sentence(event);
		const middle = (event.fromMs + event.untilMs) / 2;
		for (const [ms, when] of [
			[event.fromMs - 330, "before"],
			[middle, what],
			[event.untilMs + 330, "after"],
		] as const) {
			moments.set(at(ms), `${seconds(ms - firstMs)}  ${when}`);
		}
	}
	if (moments.size === 0) {
		for (let step = 0; step < 6; step++) {
			const frame = Math.round(((frames - 1) * step) / 5);
			moments.set(frame, seconds(frame * frameMs));
		}
	}
	return new Map([...moments].sort(([a], [b]) => a - b));
}

async function writeResults(folder: string, recording: Recording, seen: Seen, clock: Clock): Promise<void> {
	const moments = momentsOf(seen, 1_000 / recording.framesPerSecond);
	const pictures: StripPicture[] = [];
	try {
		await mkdir(folder, { recursive: true });
		await writeFile(join(folder, "tracks.txt"), seen.motLines.map((line) => `${line}\n`).join(""));
		// The recording is read once more: frames are too large to be kept.
		await readAllFrames(recording, clock, async ({ sequence, width, height, data }) => {
			const caption = moments.get(sequence);
			if (caption === undefined) return;
			const png = await annotate({ format: "i420", width, height, data }, seen.boxes.get(sequence) ?? []);
			await writeFile(join(folder, `frame-${String(sequence + 1).padStart(6, "0")}.png`), png);
			pictures.push({ bytes: png, caption });
		});
		if (pictures.length > 0) await writeFile(join(folder, "strip.png"), await trackStrip(pictures));
	} catch (error) {
		throw new Error(`"${folder}" cannot be written: ${errorText(error)}`, { cause: error });
	}
}

function summary(
	{ path, width, height, framesPerSecond }: Recording,
	{ tracks, events, frames, firstMs }: Seen,
): object {
	const since = (ms: number) => Math.round(ms - firstMs);
	return {
		source: path,
		width,
		height,
		framesPerSecond,
		frames,
		tracks: tracks.map((one) => ({
			...one,
			probability: rounded(one.probability),
			fromMs: since(one.fromMs),
			untilMs: since(one.untilMs),
		})),
		events: events.map((event) => ({
			...event,
			fromMs: since(event.fromMs),
			untilMs: since(event.untilMs),
			probability: rounded(event.probability),
			products: Object.fromEntries(
				Object.entries(event.products).map(([sku, probability]) => [sku, rounded(probability)]),
			),
		})),
	};
}

function table({ framesPerSecond }: Recording, { tracks, events, frames, firstMs }: Seen): string {
	const longest = Math.max(5, ...tracks.map(({ label }) => label.length));
	return [
		`${frames} frames (${seconds((frames * 1_000) / framesPerSecond)}), ${tracks.length} tracks`,
		...tracks.map(
			({ id, label, probability, fromMs, untilMs, frames: looks }) =>
				`${String(id).padStart(4)}  ${label.padEnd(longest)}  ${probability.toFixed(2)}  ${seconds(fromMs - firstMs)} to ${seconds(untilMs - firstMs)}, ${looks} looks`,
		),
		events.length === 0 ? "no events" : `${events.length} events`,
		...events.map((event) => `${seconds(event.fromMs - firstMs)}  ${sentence(event)}`),
		"",
	].join("\n");
}

function sentence({ kind, shelf, toShelf, products, probability }: VisionEvent): string {
	const [sku, share] = Object.entries(products).sort(([, a], [, b]) => b - a)[0] ?? ["something", 0];
	const where =
		kind === "taken"
			? `from shelf ${shelf}`
			: kind === "returned"
				? `to shelf ${shelf}`
				: `from shelf ${shelf} to ${toShelf}`;
	return `${kind} ${sku} (${Math.round(100 * share)} %) ${where}, ${Math.round(100 * probability)} % sure`;
}

function seconds(ms: number): string {
	return `${(ms / 1_000).toFixed(2)} s`;
}

function rounded(probability: number): number {
	return Math.round(probability * 10_000) / 10_000;
}
