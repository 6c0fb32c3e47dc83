import type { Clock } from "@visionvend/sdk/clock";
import { videoFile } from "./ffmpeg.ts";
import { FrameHandover } from "./frame-handover.ts";
import { FrameSlicer } from "./frame-slicer.ts";
import type { EndingFrameSource, FrameListener } from "./frame-source.ts";
import { ProgramRun } from "./program-run.ts";
import type { CameraMode } from "./rpicam.ts";

export interface VideoFileOptions extends CameraMode {
	readonly camera: number;
	readonly path: string;
	readonly clock: Clock;
	/** As fast as the listener takes them, none lost; `atMs` goes on at the frame rate. Else in real time, newest wins. */
	readonly everyFrame?: boolean | undefined;
	/** Starts again after the last frame. */
	readonly loop?: boolean | undefined;
	/** The `ffmpeg` to use; the one of the `PATH` where not given. */
	readonly program?: string | undefined;
}

/** A video file as a camera, through `ffmpeg`. */
export class VideoFileSource implements EndingFrameSource {
	readonly ended: Promise<void>;
	readonly #options: VideoFileOptions;
	#settle: (outcome: Error | undefined) => void = () => undefined;
	#handover = new FrameHandover(() => undefined);
	#state: EndingFrameSource["state"] = "starting";
	#run: ProgramRun | undefined;

	constructor(options: VideoFileOptions) {
		this.#options = options;
		this.ended = new Promise((resolve, reject) => {
			this.#settle = (outcome) => (outcome === undefined ? resolve() : reject(outcome));
		});
		// Who does not ask how it ended is told by `state`.
		this.ended.catch(() => undefined);
	}

	get drops(): Readonly<Record<string, number>> {
		return this.#handover.drops;
	}

	get state(): EndingFrameSource["state"] {
		return this.#state;
	}

	start(onFrame: FrameListener): void {
		const { camera, path, clock, everyFrame = false, loop = false, program = "ffmpeg" } = this.#options;
		const { width, height, framesPerSecond } = this.#options;
		const { words, layout } = videoFile(path, this.#options, { realTime: !everyFrame, loop });
		const slicer = new FrameSlicer(layout);
		const handover = new FrameHandover(onFrame);
		this.#handover = handover;
		const startMs = clock.now();
		let sequence = 0;
		let work = Promise.resolve();

		const take = async (bytes: Uint8Array): Promise<void> => {
			for (const data of slicer.push(bytes)) {
				if (this.#isClosed()) return;
				this.#state = "running";
				const atMs = everyFrame ? startMs + (sequence * 1_000) / framesPerSecond : clock.now();
				const frame = { camera, sequence, atMs, width, height, data };
				sequence += 1;
				if (everyFrame) await onFrame(frame);
				else handover.offer(frame);
			}
		};
		const run = new ProgramRun(
			{ program, words },
			{
				onBytes: (bytes) => {
					// While the listener is at work the pipe fills, and ffmpeg waits.
					if (everyFrame) run.stdout.pause();
					work = work
						.then(() => take(bytes))
						.then(
							() => void run.stdout.resume(),
							(error: unknown) => {
								this.#end(error instanceof Error ? error : new Error(String(error)));
								run.kill("is not needed any more");
							},
						);
				},
				onEnd: (why, status) => {
					if (slicer.pendingBytes > 0) handover.drop("torn");
					void work.then(() =>
						this.#end(status === 0 && sequence > 0 ? undefined : new Error(`${path}: ffmpeg ${why}`)),
					);
				},
			},
		);
		this.#run = run;
	}

	async close(): Promise<void> {
		if (this.#state === "closed") return;
		this.#handover.close();
		this.#end(undefined);
		this.#run?.stdout.resume();
		await this.#run?.end();
	}

	#isClosed(): boolean {
		return this.#state === "closed";
	}

	#end(outcome: Error | undefined): void {
		this.#state = "closed";
		this.#settle(outcome);
	}
}
