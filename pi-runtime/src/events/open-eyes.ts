import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Clock } from "@visionvend/sdk/clock";
import sharp from "sharp";
import { parseCalibration } from "../calibrate/calibration.ts";
import type { Frame } from "../capture/frame.ts";
import type { FrameSource } from "../capture/frame-source.ts";
import { openFrameSource } from "../capture/open-frame-source.ts";
import type { Eyes, Picture } from "../decide/eyes.ts";
import { defaultModelPath } from "../detect/default-model.ts";
import { startDetector, type WorkerDetector } from "../detect/worker-detector.ts";
import { errorText } from "../error-text.ts";
import { FrameRate } from "../health/frame-rate.ts";
import type { CameraHealth, VisionHealth } from "../health/health.ts";
import { OpeningWatcher } from "./opening-watcher.ts";
import { type ShelfZone, usualShelfZones } from "./shelf-zones.ts";
import type { VisionConfiguration } from "./vision-configuration.ts";

/** Eyes that run, until they are closed. */
export interface OpenEyes {
	readonly eyes: Eyes;
	/** The detector of each camera. */
	readonly detectors: readonly WorkerDetector[];
	health(): VisionHealth;
	close(): Promise<void>;
}

/**
 * Starts a detector a camera, the cameras, and the watcher over them. `clock` stamps the frames. Rejects with an `Error` for people when the
 * model cannot be used; a camera that does not work is tried again for ever and told to `onProblem`. `worker` is the built
 * detect worker, where this module runs unbuilt.
 */
export async function openEyes(
	configuration: VisionConfiguration,
	{
		clock,
		usualModel = defaultModelPath(),
		onProblem,
		onFrame,
		worker,
	}: {
		readonly clock: Clock;
		/** Where the configuration names none. */
		readonly usualModel?: string | undefined;
		onProblem(problem: string): void;
		/** Gets each frame, also those that nobody has time to look at; it only reads them. */
		readonly onFrame?: ((frame: Frame) => void) | undefined;
		readonly worker?: URL | undefined;
	},
): Promise<OpenEyes> {
	const {
		cameras,
		width,
		height,
		framesPerSecond,
		model = usualModel,
		engine,
		calibration,
		zones = calibration === undefined ? usualShelfZones : await readZones(calibration),
		tracking,
		events,
	} = configuration;
	const detectors: WorkerDetector[] = [];
	const sources: FrameSource[] = [];
	const close = async (): Promise<void> => {
		await Promise.all(sources.map((source) => source.close()));
		await Promise.all(detectors.map((detector) => detector.close()));
	};
	try {
		// Scores below the model's own threshold carry tracks on: the tracker says from where.
		const threshold = tracking.track_low_thresh;
		const starts = cameras.map(() => startDetector({ model, engine, threshold, clock, onProblem, worker }));
		for (const start of await Promise.allSettled(starts)) if (start.status === "fulfilled") detectors.push(start.value);
		// One that could not be started says why; the others are closed below.
		await Promise.all(starts);
		const watcher = new OpeningWatcher({
			cameras: cameras.map((_, camera) => camera),
			labels: detectors[0]?.labels ?? [],
			zones,
			settings: events,
			trackerSettings: { ...tracking, frame_ms: 1_000 / framesPerSecond },
			clock,
			detect: (frame) => {
				const detector = detectors[frame.camera];
				return detector === undefined ? Promise.resolve([]) : detector.detect(frame);
			},
			encode: jpegOf,
			onProblem,
		});
		for (const [camera, source] of cameras.entries()) {
			const options = { camera, clock, width, height, framesPerSecond, loop: true };
			sources.push(
				openFrameSource(source, { ...options, onProblem: (problem) => onProblem(`Camera ${camera}: ${problem}`) }),
			);
		}
		const rates = cameras.map(() => new FrameRate());
		for (const source of sources) {
			source.start((frame) => {
				rates[frame.camera]?.add(frame.atMs);
				onFrame?.(frame);
				watcher.frame(frame);
			});
		}
		const health = (): VisionHealth => {
			const parts = sources.map((source, camera) =>
				cameraHealth(camera, source, detectors[camera], rates[camera], clock),
			);
			const isUp = parts.every(({ status }) => status === "running");
			return {
				status: isUp ? "up" : "failing",
				model: basename(model),
				modelFrom: configuration.model === undefined ? "machine" : "configuration",
				cameras: parts,
			};
		};
		return { eyes: watcher, detectors, health, close };
	} catch (error) {
		await close();
		throw error;
	}
}

async function readZones(path: string): Promise<ShelfZone[]> {
	try {
		return parseCalibration(await readFile(path, "utf8")).cameras.flatMap(({ zones }) => zones);
	} catch (error) {
		throw new Error(`${path}: ${errorText(error)}`, { cause: error });
	}
}

function cameraHealth(
	camera: number,
	{ state, drops }: FrameSource,
	detector: WorkerDetector | undefined,
	rate: FrameRate | undefined,
	clock: Clock,
): CameraHealth {
	const { detected = 0, replaced = 0, failed = 0, restarts = 0, times } = detector?.statistics ?? {};
	return {
		camera,
		status: state,
		framesPerSecond: rate?.at(clock.now()) ?? 0,
		drops: { ...drops, replaced, failed },
		detected,
		inferenceMs: times && times.preprocessMs + times.runMs + times.decodeMs,
		restarts,
	};
}

/** A frame as a JPEG, for people. */
export async function jpegOf({ width, height, data }: Frame, name: string): Promise<Picture> {
	const rgb = new Uint8Array(width * height * 3);
	const half = width / 2;
	const u = width * height;
	const v = u + u / 4;
	const clamp = (value: number): number => Math.max(0, Math.min(255, Math.round(value)));
	for (let y = 0, out = 0; y < height; y++) {
		for (let x = 0; x < width; x++, out += 3) {
			const luma = data[y * width + x]!;
			const chroma = (y >> 1) * half + (x >> 1);
			const blue = data[u + chroma]! - 128;
			const red = data[v + chroma]! - 128;
			// ITU-T T.871, full range.
			rgb[out] = clamp(luma + 1.402 * red);
			rgb[out + 1] = clamp(luma - 0.344136 * blue - 0.714136 * red);
			rgb[out + 2] = clamp(luma + 1.772 * blue);
		}
	}
	const bytes = await sharp(rgb, { raw: { width, height, channels: 3 } })
		.jpeg({ quality: 80 })
		.toBuffer();
	return { name: `${name}.jpg`, mediaType: "image/jpeg", bytes };
}
