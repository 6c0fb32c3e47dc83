import { Worker } from "node:worker_threads";
import type { Clock } from "@visionvend/sdk/clock";
import type { Frame } from "../capture/frame.ts";
import { errorText } from "../error-text.ts";
import type { DetectOrder, DetectReport, DetectWorkerData, Engine, ModelDescription } from "./detect-message.ts";
import type { Detection, Detector } from "./detection.ts";
import type { DetectionTimes } from "./detection-pipeline.ts";
import { checkPicture, type Picture } from "./picture.ts";

/** A frame that was given up for a newer one. */
export class FrameReplacedError extends Error {
	override readonly name = "FrameReplacedError";
}

export interface WorkerDetectorOptions {
	/** Path of the ONNX file. */
	readonly model: string;
	/** `ort` where not given. */
	readonly engine?: Engine | undefined;
	/** Lowest score that is reported; the model's own where not given. */
	readonly threshold?: number | undefined;
	readonly clock: Clock;
	/** A worker that has died was started again, or could not be. */
	readonly onProblem?: ((problem: string) => void) | undefined;
	/** The built `detect-worker.js`; needed where this module itself runs unbuilt. */
	readonly worker?: URL | undefined;
}

/** What a detector has done so far. */
export interface DetectorStatistics {
	/** Frames that were looked at. */
	readonly detected: number;
	/** Frames that gave way to newer ones. */
	readonly replaced: number;
	/** Frames that an error took. */
	readonly failed: number;
	/** Workers that died and were started again. */
	readonly restarts: number;
	/** Of the newest frame. */
	readonly times: DetectionTimes | undefined;
}

interface Job {
	readonly picture: Omit<Picture, "data">;
	/** Which of the two memories holds the pixels. */
	readonly slot: 0 | 1;
	readonly threshold: number | undefined;
	readonly resolve: (detections: readonly Detection[]) => void;
	readonly reject: (error: Error) => void;
}

/** Pauses before a dead worker is started again: a model that kills each one must not take the whole processor. */
const restartsMs = [0, 1_000, 5_000, 30_000] as const;

/**
 * Starts a detector in a thread of its own; resolves once the model is loaded. Rejects with an `Error` for people when
 * the model is missing, none, unknown or not taken by the engine.
 */
export async function startDetector(options: WorkerDetectorOptions): Promise<WorkerDetector> {
	const thread = await startThread(options);
	return new WorkerDetector(options, thread);
}

interface Thread {
	readonly worker: Worker;
	readonly model: ModelDescription;
}

function startThread({ model, engine = "ort", worker: script }: WorkerDetectorOptions): Promise<Thread> {
	const workerData: DetectWorkerData = { modelPath: model, engine };
	const worker = new Worker(script ?? new URL("./detect-worker.js", import.meta.url), { workerData });
	return new Promise((resolve, reject) => {
		const settle = (): void => {
			worker.off("message", onMessage);
			worker.off("error", onError);
			worker.off("exit", onExit);
		};
		const onMessage = (report: DetectReport): void => {
			settle();
			if (report.kind === "ready") {
				resolve({ worker, model: report.model });
				return;
			}
			void worker.terminate();
			reject(new Error(report.kind === "refused" ? report.reason : "The detect worker answered before it was asked."));
		};
		const onError = (error: unknown): void => {
			settle();
			reject(error instanceof Error ? error : new Error(errorText(error)));
		};
		const onExit = (code: number): void => {
			settle();
			reject(new Error(`The detect worker ended (${code}) before its model was loaded.`));
		};
		worker.on("message", onMessage);
		worker.on("error", onError);
		worker.on("exit", onExit);
	});
}

/**
 * A detector in a worker thread. One frame is under way and one may wait; a newer one takes the place of the one that
 * waits, whose promise rejects with a `FrameReplacedError`. A worker that dies takes the frame under way with it and is
 * started again.
 */
export class WorkerDetector implements Detector {
	readonly model: ModelDescription;
	readonly labels: readonly string[];
	readonly #options: WorkerDetectorOptions;
	#thread: Worker | undefined;
	/** Pixels for the worker; one is read while the other may be written. */
	readonly #memories = [new SharedArrayBuffer(0), new SharedArrayBuffer(0)];
	#running: Job | undefined;
	#waiting: Job | undefined;
	#lastId = 0;
	#deaths = 0;
	#cancelRestart: (() => void) | undefined;
	#closing: Promise<void> | undefined;
	#statistics: DetectorStatistics = { detected: 0, replaced: 0, failed: 0, restarts: 0, times: undefined };

	constructor(options: WorkerDetectorOptions, thread: Thread) {
		this.#options = options;
		this.model = thread.model;
		this.labels = thread.model.labels;
		this.#attach(thread.worker);
	}

	get statistics(): DetectorStatistics {
		return this.#statistics;
	}

	detect(frame: Frame): Promise<readonly Detection[]> {
		const { width, height, data } = frame;
		return this.detectPicture({ format: "i420", width, height, data });
	}

	/** As `detect`, of any picture; `threshold` for this one alone. The pixels are copied before it returns. */
	detectPicture(picture: Picture, threshold = this.#options.threshold): Promise<readonly Detection[]> {
		if (this.#closing !== undefined) return Promise.reject(new Error("The detector is closed."));
		try {
			checkPicture(picture);
		} catch (error) {
			return Promise.reject(error);
		}
		if (this.#waiting !== undefined) {
			this.#count({ replaced: this.#statistics.replaced + 1 });
			this.#waiting.reject(new FrameReplacedError("A newer frame came before this one was looked at."));
			this.#waiting = undefined;
		}
		const slot = this.#running?.slot === 0 ? 1 : 0;
		const { data, ...rest } = picture;
		this.#store(slot, data);
		return new Promise((resolve, reject) => {
			this.#waiting = { picture: rest, slot, threshold, resolve, reject };
			this.#next();
		});
	}

	close(): Promise<void> {
		this.#closing ??= this.#close();
		return this.#closing;
	}

	async #close(): Promise<void> {
		this.#cancelRestart?.();
		this.#waiting?.reject(new Error("The detector is closed."));
		this.#waiting = undefined;
		const thread = this.#thread;
		if (thread === undefined) return;
		const ended = new Promise((resolve) => thread.once("exit", resolve));
		const order: DetectOrder = { kind: "close" };
		thread.postMessage(order);
		await ended;
	}

	#store(slot: 0 | 1, data: Uint8Array): void {
		let memory = this.#memories[slot];
		if (memory === undefined || memory.byteLength < data.length) {
			memory = new SharedArrayBuffer(data.length);
			this.#memories[slot] = memory;
		}
		new Uint8Array(memory).set(data);
	}

	#next(): void {
		const memory = this.#waiting && this.#memories[this.#waiting.slot];
		if (this.#running !== undefined || this.#waiting === undefined || this.#thread === undefined) return;
		if (memory === undefined) return;
		this.#running = this.#waiting;
		this.#waiting = undefined;
		const { picture, threshold } = this.#running;
		const order: DetectOrder = { kind: "detect", id: ++this.#lastId, memory, picture, threshold };
		this.#thread.postMessage(order);
	}

	#receive(report: DetectReport): void {
		const job = this.#running;
		if (job === undefined || report.kind === "ready" || report.kind === "refused" || report.id !== this.#lastId) return;
		this.#running = undefined;
		this.#deaths = 0;
		if (report.kind === "detected") {
			this.#count({ detected: this.#statistics.detected + 1, times: report.times });
			job.resolve(report.detections);
		} else {
			this.#count({ failed: this.#statistics.failed + 1 });
			job.reject(new Error(report.reason));
		}
		this.#next();
	}

	#attach(worker: Worker): void {
		this.#thread = worker;
		let reason = "it ended";
		worker.on("message", (report: DetectReport) => this.#receive(report));
		worker.on("error", (error) => {
			reason = errorText(error);
		});
		worker.on("exit", (code) => this.#bury(`The detect worker died: ${reason} (${code}).`));
		this.#next();
	}

	#bury(problem: string): void {
		this.#thread = undefined;
		const job = this.#running;
		this.#running = undefined;
		if (job !== undefined) {
			this.#count({ failed: this.#statistics.failed + 1 });
			job.reject(new Error(problem));
		}
		if (this.#closing === undefined) {
			this.#options.onProblem?.(problem);
			this.#restart();
		}
	}

	#restart(): void {
		const pauseMs = restartsMs[Math.min(this.#deaths, restartsMs.length - 1)] ?? 0;
		this.#deaths++;
		this.#cancelRestart = this.#options.clock.after(pauseMs, () => {
			startThread(this.#options).then(
				({ worker }) => {
					this.#count({ restarts: this.#statistics.restarts + 1 });
					if (this.#closing === undefined) this.#attach(worker);
					else void worker.terminate();
				},
				(error: unknown) => {
					this.#options.onProblem?.(errorText(error));
					if (this.#closing === undefined) this.#restart();
				},
			);
		});
	}

	#count(change: Partial<DetectorStatistics>): void {
		this.#statistics = { ...this.#statistics, ...change };
	}
}
