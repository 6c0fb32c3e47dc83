import type { Clock } from "@visionvend/sdk/clock";
import type { Frame } from "./frame.ts";
import type { FrameSource } from "./frame-source.ts";
import { openFrameSource } from "./open-frame-source.ts";
import type { CameraMode } from "./rpicam.ts";

/** How long a picture may take to come. */
const pictureMs = 15_000;

/** A camera, a frame at a time. */
export class LiveView {
	readonly size: { readonly width: number; readonly height: number };
	readonly #name: string;
	readonly #clock: Clock;
	readonly #source: FrameSource;
	#waiting: { readonly take: (frame: Frame) => void; left: number }[] = [];
	#lastProblem = "";

	/** `name`: as `openFrameSource` reads it; files and folders start again at their end. */
	constructor(
		name: string,
		options: CameraMode & {
			readonly camera: number;
			readonly clock: Clock;
			readonly onProblem?: (problem: string) => void;
		},
	) {
		this.size = options;
		this.#name = name;
		this.#clock = options.clock;
		this.#source = openFrameSource(name, {
			...options,
			loop: true,
			onProblem: (problem) => {
				this.#lastProblem = problem;
				options.onProblem?.(problem);
			},
		});
		this.#source.start((frame) => {
			for (const waiting of this.#waiting) {
				waiting.left -= 1;
				if (waiting.left === 0) waiting.take(frame);
			}
			this.#waiting = this.#waiting.filter(({ left }) => left > 0);
		});
	}

	/** A frame that was taken after it was asked for. Rejects when none comes in 15 s, or the file or folder gives none. */
	next(): Promise<Frame> {
		return new Promise((resolve, reject) => {
			const cancel = this.#clock.after(pictureMs, () =>
				reject(new Error(`${this.#name} gave no picture in ${pictureMs / 1_000} s. ${this.#lastProblem}`.trim())),
			);
			const take = (frame: Frame): void => {
				cancel();
				resolve(frame);
			};
			// The next one may have been on its way already.
			this.#waiting.push({ take, left: 2 });
			// A file or a folder says at once why it gives none.
			if ("ended" in this.#source && this.#source.ended instanceof Promise)
				this.#source.ended.catch((error: unknown) => {
					cancel();
					reject(error);
				});
		});
	}

	close(): Promise<void> {
		return this.#source.close();
	}
}
