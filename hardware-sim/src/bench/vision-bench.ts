import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Frame } from "@visionvend/pi-runtime/capture/frame";
import type { Detection } from "@visionvend/pi-runtime/detect/detection";
import type { InferenceSession, InputTensor } from "@visionvend/pi-runtime/detect/inference-session";
import { loadModel } from "@visionvend/pi-runtime/detect/load-model";
import { openSession } from "@visionvend/pi-runtime/detect/open-session";
import { startDetector } from "@visionvend/pi-runtime/detect/worker-detector";
import { Tracker } from "@visionvend/pi-runtime/track/tracker";
import { defaultTrackerSettings } from "@visionvend/pi-runtime/track/tracker-settings";
import { systemClock } from "@visionvend/sdk/clock";
import { z } from "zod";
import { heavyDetector } from "../onnx/heavy-detector.ts";
import { SeededRandom } from "../random.ts";

/** What seeing costs on this computer, measured in one run. */
export interface VisionBench {
	/** CPU time of a whole frame (resized, through the worker, decoded) over that of the bare model; least of each. */
	readonly frameOverRun: { readonly own: number; readonly heavy: number };
	/** CPU milliseconds of the bare model; least. */
	readonly runMs: { readonly own: number; readonly heavy: number; readonly tfjs: number };
	/** CPU time of TensorFlow.js over that of ONNX Runtime, same model, same numbers. */
	readonly tfjsOverOrt: number;
	/** How late timers of the main loop came while the detector of a camera worked without a pause, 99th percentile. */
	readonly mainLoopP99Ms: number;
	/** Frames with 16 things each that the tracker follows in a second of CPU time. */
	readonly associationsASecond: number;
	/** Resident memory of a process with detector and tracker, and how much it grew from its 500th frame to the last. */
	readonly memory: { readonly megabytes: number; readonly growth: number; readonly frames: number };
}

export interface VisionBenchOptions {
	/** The ONNX file of our own detector. */
	readonly model: string;
	/** For how many frames the memory is watched. */
	readonly frames: number;
	/** The large model; one of 60 GFLOP where not given. */
	readonly heavy?: Uint8Array | undefined;
	/** Runs of the small and of the large model, ten in a row. */
	readonly runs?: { readonly own: number; readonly heavy: number } | undefined;
	onProgress(line: string): void;
	/** Modules as they were built, where this one runs unbuilt. */
	readonly built?: { readonly worker: URL; readonly soak: URL } | undefined;
}

/** What a camera of the service gives. */
const frameSize = Object.freeze({ width: 1_280, height: 720 });

const soakReport = z.object({ megabytes: z.number(), growth: z.number(), frames: z.number() });

/** Runs for some minutes, most of them for the memory. */
export async function visionBench({
	model,
	frames,
	heavy = heavyDetector(),
	runs = { own: 200, heavy: 20 },
	onProgress,
	built,
}: VisionBenchOptions): Promise<VisionBench> {
	const folder = mkdtempSync(join(tmpdir(), "visionvend-bench-"));
	try {
		const heavyPath = join(folder, "heavy.onnx");
		writeFileSync(heavyPath, heavy);
		onProgress("a frame of our own model");
		const own = await wholeAndBare(model, runs.own, built?.worker);
		onProgress("a frame of a model of 60 GFLOP");
		const large = await wholeAndBare(heavyPath, runs.heavy, built?.worker);
		onProgress("TensorFlow.js");
		const engines = await bothEngines(model, Math.ceil(runs.own / 4));
		onProgress("the tracker");
		const associationsASecond = associate();
		onProgress(`memory over ${frames} frames`);
		return {
			frameOverRun: { own: own.wholeMs / own.bareMs, heavy: large.wholeMs / large.bareMs },
			runMs: { own: own.bareMs, heavy: large.bareMs, tfjs: engines.tfjs },
			tfjsOverOrt: engines.tfjs / engines.ort,
			mainLoopP99Ms: own.lateP99Ms,
			associationsASecond,
			memory: await soak(model, frames, built?.soak),
		};
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** CPU milliseconds of this process, all threads: a computer with other work to do stretches wall time, and not this. */
function cpuMs(): number {
	const { user, system } = process.cpuUsage();
	return (user + system) / 1_000;
}

/** Times in a row that something is done between two looks at the clock: it ticks in steps of up to 4 ms a thread. */
const inARow = 10;

/** CPU milliseconds of doing something once. */
async function costOf(work: () => Promise<unknown>): Promise<number> {
	const from = cpuMs();
	for (let time = 0; time < inARow; time++) await work();
	// What a thread has taken is counted when it goes to sleep, which is after it has answered.
	await new Promise<void>((resolve) => systemClock.after(2, resolve));
	return (cpuMs() - from) / inARow;
}

/** Turn by turn, so that what happens to the computer happens to both. */
async function wholeAndBare(path: string, runs: number, worker: URL | undefined) {
	const { model, contract } = await loadModel(path);
	const { session } = await openSession(path, model, "ort");
	const detector = await startDetector({ model: path, clock: systemClock, worker });
	const [inputs, outputs] = noise(
		contract.size,
		contract.inputs.image,
		model.graph.outputs.map(({ name }) => name),
	);
	const frame = noisyFrame();
	let bareMs = Number.POSITIVE_INFINITY;
	let wholeMs = Number.POSITIVE_INFINITY;
	try {
		for (let run = 0; run < runs; run += inARow) {
			bareMs = Math.min(bareMs, await costOf(() => session.run(inputs, outputs)));
			wholeMs = Math.min(wholeMs, await costOf(() => detector.detect(frame)));
		}
		return { bareMs, wholeMs, lateP99Ms: await lateness(() => detector.detect(frame), runs) };
	} finally {
		await session.close();
		await detector.close();
	}
}

/** How late timers come meanwhile, milliseconds, 99th percentile. */
async function lateness(work: () => Promise<unknown>, runs: number): Promise<number> {
	const everyMs = 2;
	const late: number[] = [];
	let isOver = false;
	const watching = (async () => {
		while (!isOver) {
			const dueMs = performance.now() + everyMs;
			await new Promise<void>((resolve) => systemClock.after(everyMs, resolve));
			// A timer may also come part of a millisecond early.
			late.push(Math.max(0, performance.now() - dueMs));
		}
	})();
	for (let run = 0; run < runs; run++) await work();
	isOver = true;
	await watching;
	late.sort((a, b) => a - b);
	return late[Math.floor(0.99 * late.length)] ?? Number.NaN;
}

async function bothEngines(path: string, runs: number): Promise<{ readonly ort: number; readonly tfjs: number }> {
	const { model, contract } = await loadModel(path);
	const [inputs, outputs] = noise(
		contract.size,
		contract.inputs.image,
		model.graph.outputs.map(({ name }) => name),
	);
	const sessions: [InferenceSession, InferenceSession] = [
		(await openSession(path, model, "ort")).session,
		(await openSession(path, model, "tfjs")).session,
	];
	const least = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
	// The first runs prepare.
	for (const session of sessions) await session.run(inputs, outputs);
	for (let run = 0; run < runs; run += inARow)
		for (const [index, session] of sessions.entries())
			least[index] = Math.min(least[index] ?? 0, await costOf(() => session.run(inputs, outputs)));
	for (const session of sessions) await session.close();
	const [ort = 0, tfjs = 0] = least;
	return { ort, tfjs };
}

/** Things that wander over the picture and are seen a little off. */
function associate(): number {
	const random = new SeededRandom(1);
	const frames = 3_000;
	const things = Array.from({ length: 16 }, (_, index) => ({
		label: index % 8 === 0 ? "hand" : `product ${index % 6}`,
		x: 1_100 * random.next(),
		y: 550 * random.next(),
		feature: unit(Array.from({ length: 64 }, () => random.gaussian())),
	}));
	const labels = [...new Set(things.map(({ label }) => label))];
	const seen = Array.from({ length: frames }, (_, frame): Detection[] =>
		things.map(({ label, x, y, feature }, index) => {
			const left = x + 60 * Math.sin(frame / 40 + index) + random.gaussian();
			const top = y + 40 * Math.cos(frame / 50 + index) + random.gaussian();
			const classScores = Float32Array.from(labels, (one) => (one === label ? 0.9 : 0.02));
			return { label, score: 0.9, box: [left, top, left + 80, top + 120], classScores, feature };
		}),
	);
	const tracker = new Tracker({ labels, settings: defaultTrackerSettings });
	const from = cpuMs();
	for (const [frame, detections] of seen.entries()) tracker.update(detections, frame * defaultTrackerSettings.frame_ms);
	return frames / ((cpuMs() - from) / 1_000);
}

function unit(values: readonly number[]): Float32Array {
	const length = Math.hypot(...values);
	return Float32Array.from(values, (value) => value / length);
}

/** The memory of a process that does nothing else. */
async function soak(model: string, frames: number, script = new URL("./vision-soak.js", import.meta.url)) {
	const child = fork(script, [model, String(frames)], { execArgv: [] });
	const [message] = await Promise.race([
		once(child, "message"),
		once(child, "exit").then((code) => [`ended (${code})`]),
	]);
	return soakReport.parse(message);
}

function noise(
	[width, height]: readonly [number, number],
	name: string,
	outputs: readonly string[],
): [Map<string, InputTensor>, readonly string[]] {
	const random = new SeededRandom(2);
	const data = Float32Array.from({ length: 3 * width * height }, () => random.next());
	return [new Map([[name, { shape: [1, 3, height, width], data }]]), outputs];
}

/** A frame of a camera, of noise. */
function noisyFrame(): Frame {
	const { width, height } = frameSize;
	const random = new SeededRandom(3);
	return { camera: 0, sequence: 0, atMs: 0, width, height, data: random.bytes((width * height * 3) / 2) };
}
