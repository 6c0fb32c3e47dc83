import type { Clock } from "@visionvend/sdk/clock";

/** A clock that stands still until it is told to go on. */
export class TestClock implements Clock {
	#nowMs = 1_790_000_000_000;
	readonly #timers = new Set<{ readonly atMs: number; readonly callback: () => void }>();

	now(): number {
		return this.#nowMs;
	}

	after(delayMs: number, callback: () => void): () => void {
		const timer = { atMs: this.#nowMs + delayMs, callback };
		this.#timers.add(timer);
		return () => this.#timers.delete(timer);
	}

	/** Goes to the next timer and fires it. `false` when there is none until `untilMs`; the clock then stands there. */
	step(untilMs: number): boolean {
		let next: { readonly atMs: number; readonly callback: () => void } | undefined;
		for (const timer of this.#timers) {
			if (next === undefined || timer.atMs < next.atMs) next = timer;
		}
		if (next === undefined || next.atMs > untilMs) {
			this.#nowMs = untilMs;
			return false;
		}
		this.#timers.delete(next);
		this.#nowMs = next.atMs;
		next.callback();
		return true;
	}
}
