import type { Clock } from "@visionvend/sdk/clock";
import type { Frame } from "./frame.ts";
import { FrameHandover } from "./frame-handover.ts";
import { FrameSlicer, type RawLayout } from "./frame-slicer.ts";
import type { FrameListener, FrameSource } from "./frame-source.ts";
import { restartMs } from "./program-run.ts";

/** Hears of one life of a stream. */
export interface RawRunListener {
	onBytes(bytes: Uint8Array): void;
	/** Once; `why` completes the sentence "rpicam-vid …". `status` is that of a program, if there was one. */
	onEnd(why: string, status: number | null): void;
}

/** One life of a stream of raw I420: a process, a connection. */
export interface RawRun {
	/** Ends it at once; `reason` is what its listener hears. */
	kill(reason: string): void;
	/** Asks it to end. Resolves when it is gone. */
	end(): Promise<void>;
}

/** A stream of raw I420 that can be started, again after each end. */
export interface RawStream {
	/** What gives it, for messages: a program, an address. */
	readonly name: string;
	readonly layout: RawLayout;
	launch(listener: RawRunListener): RawRun;
}

export interface RawSourceOptions extends RawStream {
	readonly camera: number;
	readonly clock: Clock;
	/** Without a whole frame for so long it counts as stalled and is started again. */
	readonly stallMs?: number | undefined;
	/** What goes wrong, in words for people; the same words once until it has worked again. */
	readonly onProblem?: ((problem: string) => void) | undefined;
}

/** Frames after which a stream counts as working: failures before them no longer lengthen the wait. */
const goodFrames = 30;

/**
 * A camera behind a stream of raw I420 that goes on for ever. One that stalls or ends is started again, for as long as it
 * takes: a cable that comes back brings the picture back.
 */
export class RawSource implements FrameSource {
	readonly #options: RawSourceOptions;
	readonly #stallMs: number;
	#handover = new FrameHandover(() => undefined);
	#state: FrameSource["state"] = "starting";
	#run: RawRun | undefined;
	#cancelTimer: (() => void) | undefined;
	#sequence = 0;
	#failures = 0;
	#lastProblem = "";

	constructor(options: RawSourceOptions) {
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
		const run = this.#options.launch({
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
	#watch(run: RawRun): void {
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
		const problem = `${this.#options.name} ${why}`;
		if (problem !== this.#lastProblem) this.#options.onProblem?.(problem);
		this.#lastProblem = problem;
		this.#cancelTimer = this.#options.clock.after(restartMs(this.#failures), () => this.#launch());
	}
}
