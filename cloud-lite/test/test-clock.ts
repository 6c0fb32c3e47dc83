import type { Clock } from "@visionvend/sdk/clock";

/** A clock that stands still until it is moved. */
export class TestClock implements Clock {
	#now: number;
	#order = 0;
	readonly #waiting: { readonly atMs: number; readonly order: number; readonly callback: () => void }[] = [];

	constructor(startMs = Date.UTC(2026, 0, 1, 9)) {
		this.#now = startMs;
	}

	now(): number {
		return this.#now;
	}

	after(delayMs: number, callback: () => void): () => void {
		const entry = { atMs: this.#now + Math.max(0, delayMs), order: this.#order++, callback };
		this.#waiting.push(entry);
		return () => {
			const index = this.#waiting.indexOf(entry);
			if (index >= 0) this.#waiting.splice(index, 1);
		};
	}

	get nextAtMs(): number | undefined {
		return this.#next()?.atMs;
	}

	/** Moves to the next callback not later than `untilMs` and runs it; false when there is none. */
	step(untilMs: number): boolean {
		const next = this.#next();
		if (!next || next.atMs > untilMs) return false;
		this.#waiting.splice(this.#waiting.indexOf(next), 1);
		this.#now = next.atMs;
		next.callback();
		return true;
	}

	/** Moves without running anything; nothing may be due before. */
	jump(toMs: number): void {
		this.#now = toMs;
	}

	#next() {
		return [...this.#waiting].sort((one, other) => one.atMs - other.atMs || one.order - other.order)[0];
	}
}
