import type { Clock } from "@visionvend/sdk/clock";

const sliceMs = 10_000;
const keptMs = 86_400_000;
const mostSlices = keptMs / sliceMs;

/** How many requests were answered lately, and how many of them with an error of ours, in slices of ten seconds. */
export class RequestRate {
	readonly #clock: Clock;
	readonly #slices: { readonly slice: number; answered: number; failed: number }[] = [];

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	answered(status: number): void {
		const slice = Math.floor(this.#clock.now() / sliceMs);
		let current = this.#slices.at(-1);
		if (current?.slice !== slice) {
			current = { slice, answered: 0, failed: 0 };
			this.#slices.push(current);
			if (this.#slices.length > mostSlices) this.#slices.shift();
		}
		current.answered += 1;
		if (status >= 500) current.failed += 1;
	}

	/** The requests of the last `withinMs`, to the slice. */
	within(withinMs: number): { readonly answered: number; readonly failed: number } {
		const first = Math.floor((this.#clock.now() - withinMs) / sliceMs);
		let answered = 0;
		let failed = 0;
		for (const slice of this.#slices) {
			if (slice.slice <= first) continue;
			answered += slice.answered;
			failed += slice.failed;
		}
		return { answered, failed };
	}
}
