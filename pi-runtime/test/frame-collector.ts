import type { Frame } from "../src/capture/frame.ts";
import type { FrameSource } from "../src/capture/frame-source.ts";

/** Starts a source and keeps what it hands over. */
export class FrameCollector {
	readonly frames: Frame[] = [];
	readonly #waiting = new Set<() => void>();

	constructor(source: FrameSource) {
		source.start((frame) => {
			this.frames.push(frame);
			for (const look of this.#waiting) look();
		});
	}

	/** Resolves when there are so many. */
	count(frames: number): Promise<void> {
		return new Promise((resolve) => {
			const look = (): void => {
				if (this.frames.length < frames) return;
				this.#waiting.delete(look);
				resolve();
			};
			this.#waiting.add(look);
			look();
		});
	}
}
