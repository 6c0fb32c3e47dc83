import type { Frame } from "./frame.ts";
import type { FrameListener } from "./frame-source.ts";

/** The one-place mailbox between a source and its listener: while the listener is busy the newest frame waits. */
export class FrameHandover {
	readonly #drops: Record<string, number> = {};
	readonly #onFrame: FrameListener;
	#waiting: Frame | undefined;
	#busy = false;
	#closed = false;

	constructor(onFrame: FrameListener) {
		this.#onFrame = onFrame;
	}

	/** Frames that were not handed over, by reason. */
	get drops(): Readonly<Record<string, number>> {
		return this.#drops;
	}

	/** Counts frames that never became one. */
	drop(reason: string, frames = 1): void {
		this.#drops[reason] = (this.#drops[reason] ?? 0) + frames;
	}

	/** Hands the frame over, now or when the listener is free and no newer one has come. */
	offer(frame: Frame): void {
		if (this.#closed) return;
		if (this.#busy) {
			if (this.#waiting !== undefined) this.drop("busy");
			this.#waiting = frame;
			return;
		}
		const done = this.#onFrame(frame);
		if (done === undefined) return;
		this.#busy = true;
		void done.then(() => {
			this.#busy = false;
			const next = this.#waiting;
			this.#waiting = undefined;
			if (next !== undefined) this.offer(next);
		});
	}

	/** Hands over nothing from now on. */
	close(): void {
		this.#closed = true;
		this.#waiting = undefined;
	}
}
