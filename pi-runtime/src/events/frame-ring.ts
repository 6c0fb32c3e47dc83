import type { Frame } from "../capture/frame.ts";

const mebibyte = 1_048_576;

/**
 * Frames of an open door that nobody had time to look at, for a second pass. Above the cap the ring grows thin instead of short:
 * of each camera the frame goes whose neighbours lie closest together in time.
 */
export class FrameRing {
	readonly #capBytes: number;
	readonly #frames: Frame[] = [];
	#bytes = 0;

	constructor(capBytes = 128 * mebibyte) {
		this.#capBytes = capBytes;
	}

	/** What it holds, bytes. */
	get bytes(): number {
		return this.#bytes;
	}

	get size(): number {
		return this.#frames.length;
	}

	/** Keeps a frame. Frames of one camera come in the order of time. */
	push(frame: Frame): void {
		if (frame.data.byteLength > this.#capBytes) return;
		this.#frames.push(frame);
		this.#bytes += frame.data.byteLength;
		while (this.#bytes > this.#capBytes) this.#thin();
	}

	/** Takes out the frames of a camera that were taken between two moments, oldest first. */
	take(camera: number, fromMs: number, untilMs: number): Frame[] {
		const taken: Frame[] = [];
		for (let index = 0; index < this.#frames.length; ) {
			const frame = this.#frames[index]!;
			if (frame.camera === camera && frame.atMs >= fromMs && frame.atMs <= untilMs) taken.push(...this.#remove(index));
			else index++;
		}
		return taken;
	}

	clear(): void {
		this.#frames.length = 0;
		this.#bytes = 0;
	}

	#thin(): void {
		let crowded = 0;
		let least = Number.POSITIVE_INFINITY;
		for (const [index, { camera, atMs }] of this.#frames.entries()) {
			const before = this.#neighbour(camera, index, -1);
			const after = this.#neighbour(camera, index, 1);
			// The first and the last of a camera stay as long as there are others.
			const gap = before === undefined || after === undefined ? Number.MAX_VALUE : after - before;
			if (gap < least || (gap === least && atMs < this.#frames[crowded]!.atMs)) {
				least = gap;
				crowded = index;
			}
		}
		this.#remove(crowded);
	}

	#neighbour(camera: number, index: number, step: 1 | -1): number | undefined {
		for (let at = index + step; at >= 0 && at < this.#frames.length; at += step) {
			if (this.#frames[at]!.camera === camera) return this.#frames[at]!.atMs;
		}
		return undefined;
	}

	#remove(index: number): Frame[] {
		const removed = this.#frames.splice(index, 1);
		for (const { data } of removed) this.#bytes -= data.byteLength;
		return removed;
	}
}
