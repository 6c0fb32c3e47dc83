import type { Clock } from "@visionvend/sdk/clock";
import type { Frame } from "./frame.ts";
import { FrameHandover } from "./frame-handover.ts";
import { FrameSlicer, type RawLayout } from "./frame-slicer.ts";
import type { FrameListener, FrameSource } from "./frame-source.ts";
import { ProgramRun, restartMs } from "./program-run.ts";

/** A program that writes raw I420 to its standard output, frame after frame. */
export interface CameraProgram {
	/** Its name, found through `PATH`, or a path. */
	readonly program: string;
	readonly words: readonly string[];
	readonly layout: RawLayout;
}

export interface ProgramSourceOptions extends CameraProgram {
	readonly camera: number;
	readonly clock: Clock;
	/** Without a whole frame for so long it counts as stalled and is started again. */
	readonly stallMs?: number | undefined;
	/** What goes wrong, in words for people; the same words once until it has worked again. */
	readonly onProblem?: ((problem: string) => void) | undefined;
}

/** Frames after which a program counts as working: failures before them no longer lengthen the wait. */
const goodFrames = 30;

/**
 * A camera behind a program (`rpicam-vid`, `ffmpeg`) that runs for ever. One that stalls or ends is started again, for
 * as long as it takes: a cable that comes back brings the picture back.
 */
export class ProgramSource implements FrameSource {
	readonly #options: ProgramSourceOptions;
	readonly #stallMs: number;
	#handover = new FrameHandover(() => undefined);
	#state: FrameSource["state"] = "starting";
	#run: ProgramRun | undefined;
	#cancelTimer: (() => void) | undefined;
	#sequence = 0;
	#failures = 0;
	#lastProblem = "";

	constructor(options: ProgramSourceOptions) {
		this.#options = options;
		this.#stallMs = options.stallMs ?? 5_000;
	}

	get drops(): Readonly<Record<string, number>> {
		return this.#handover.drops;
	}

	get state(): FrameSource["state"] {
		return this.#state;
	}

	start(onFrame: FrameListener): void {
		this.#handover = new FrameHandover(onFrame);
		this.#launch();
	}

	async close(): Promise<void> {
		if (this.#state === "closed") return;
		this.#state = "closed";
		this.#cancelTimer?.();
		this.#handover.close();
		await this.#run?.end();
	}

	#launch(): void {
		const { camera, clock, layout } = this.#options;
		const slicer = new FrameSlicer(layout);
		let frames = 0;
		const run = new ProgramRun(this.#options, {
			onBytes: (bytes) => {
				for (const data of slicer.push(bytes)) {
					frames += 1;
					this.#state = "running";
					this.#lastProblem = "";
					if (frames === goodFrames) this.#failures = 0;
					this.#watch(run);
					const { width, height } = layout;
					const frame: Frame = { camera, sequence: this.#sequence, atMs: clock.now(), width, height, data };
					this.#sequence += 1;
					this.#handover.offer(frame);
				}
			},
			onEnd: (why) => {
				if (slicer.pendingBytes > 0) this.#handover.drop("torn");
				this.#relaunch(why);
			},
		});
		this.#run = run;
		this.#watch(run);
	}

	/** From now on the next frame has `stallMs`. */
	#watch(run: ProgramRun): void {
		this.#cancelTimer?.();
		this.#cancelTimer = this.#options.clock.after(this.#stallMs, () => {
			this.#state = "stalled";
			run.kill(`gave no frame for ${this.#stallMs / 1_000} s`);
		});
	}

	#relaunch(why: string): void {
		this.#cancelTimer?.();
		if (this.#state === "closed") return;
		this.#state = "stalled";
		this.#failures += 1;
		const problem = `Camera ${this.#options.camera}: ${this.#options.program} ${why}`;
		if (problem !== this.#lastProblem) this.#options.onProblem?.(problem);
		this.#lastProblem = problem;
		this.#cancelTimer = this.#options.clock.after(restartMs(this.#failures), () => this.#launch());
	}
}
