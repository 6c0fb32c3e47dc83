/** Milliseconds since construction out of a counter that wraps. Ask it at least once in each turn of the counter. */
export class MonotonicTicks {
	readonly #read: () => number;
	readonly #delta: (from: number, to: number) => number;
	#last: number;
	#elapsed = 0;

	/** `delta` is the time from one reading to a later one, over a wrap too. */
	constructor(read: () => number, delta: (from: number, to: number) => number) {
		this.#read = read;
		this.#delta = delta;
		this.#last = read();
	}

	now(): number {
		const reading = this.#read();
		this.#elapsed += Math.max(0, this.#delta(this.#last, reading));
		this.#last = reading;
		return this.#elapsed;
	}
}
