import type { TestClock } from "./test-clock.ts";

const latencyMs = 1;

/** One end of a serial wire. */
export interface PipeEnd {
	write(bytes: Uint8Array): void;
	onData(listener: (bytes: Uint8Array) => void): void;
	close(): void;
}

/** A serial wire of two ends. Bytes arrive 1 ms later, or never while `cut`. */
export class BytePipe {
	readonly pi: PipeEnd;
	readonly controller: PipeEnd;
	cut = false;

	constructor(clock: TestClock) {
		const ends: [((bytes: Uint8Array) => void) | undefined, ((bytes: Uint8Array) => void) | undefined] = [
			undefined,
			undefined,
		];
		const end = (own: 0 | 1, other: 0 | 1): PipeEnd => ({
			write: (bytes) => {
				const copy = bytes.slice();
				clock.after(latencyMs, () => {
					if (!this.cut) ends[other]?.(copy);
				});
			},
			onData: (listener) => {
				ends[own] = listener;
			},
			close: () => {
				ends[own] = undefined;
			},
		});
		this.pi = end(0, 1);
		this.controller = end(1, 0);
	}
}
