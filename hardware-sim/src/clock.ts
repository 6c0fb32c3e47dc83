/** One thing that will happen on the hardware lane. `index` is its place in the heap, -1 once it has left. */
interface HardwareEvent {
	readonly at: number;
	readonly order: number;
	readonly run: () => void;
	index: number;
}

/** Callbacks that may run without time moving before the clock calls it a loop. */
const callbackLimit = 1_000_000;

/**
 * Virtual time, in integer nanoseconds (2^53 ns are 104 days).
 *
 * There are two lanes. The *hardware lane* (`after`) is what chips do: an event runs the moment time reaches it, also
 * while a script is inside an IO call, because silicon does not wait for software. The *script lane* (`callback`,
 * `callbackAfter`) is what software does: callbacks wait in a queue, first in first out, until no script runs
 * (ECMA-419 clause 8: a callback never runs inside a method or a constructor).
 *
 * Time moves in two ways only: somebody outside calls `run` or `step`, or an IO call costs it (`spend`).
 *
 * ## For chip authors
 * Use `after` and look at `now`. A hardware event takes no time and must not call `spend`.
 * ## For host authors
 * Every entry into a script goes through `callback`; every IO call pays with `spend`.
 */
export class SimulationClock {
	#now = 0;
	#order = 0;
	readonly #heap: HardwareEvent[] = [];
	#ready: (() => void)[] = [];
	#running: "script" | "hardware" | undefined;

	/** Integer nanoseconds since the clock was made. */
	get now(): number {
		return this.#now;
	}

	/** When something happens next: `now` where a callback waits, `undefined` when nothing is left. */
	get nextAt(): number | undefined {
		return this.#ready.length > 0 ? this.#now : this.#heap[0]?.at;
	}

	/** Runs `run` on the hardware lane in `ns` nanoseconds. Events of one moment run in the order they were made. Returns the cancel function. */
	after(ns: number, run: () => void): () => void {
		const event: HardwareEvent = { at: this.#now + duration(ns), order: this.#order++, run, index: -1 };
		this.#place(event, this.#heap.length);
		this.#rise(event);
		return () => this.#remove(event);
	}

	/** Queues `run` on the script lane, at the current time. */
	callback(run: () => void): void {
		this.#ready.push(run);
	}

	/** Queues `run` on the script lane in `ns` nanoseconds. The cancel function works until `run` starts. */
	callbackAfter(ns: number, run: () => void): () => void {
		let cancelled = false;
		const cancelEvent = this.after(ns, () => {
			this.callback(() => {
				if (!cancelled) run();
			});
		});
		return () => {
			cancelled = true;
			cancelEvent();
		};
	}

	/** What an IO call costs: hardware goes on, scripts do not. */
	spend(ns: number): void {
		if (this.#running === "hardware")
			throw new Error("SimulationClock.spend: a hardware event takes no time. Start scripts with clock.callback().");
		this.#advance(this.#now + duration(ns));
	}

	/** Lets `ns` nanoseconds pass: hardware events and script callbacks up to and including that moment. */
	run(ns: number): void {
		this.#refuseNesting("run");
		const until = this.#now + duration(ns);
		let callbacks = 0;
		let at = this.#now;
		for (;;) {
			if (this.#ready.length > 0) {
				if (at !== this.#now) {
					at = this.#now;
					callbacks = 0;
				}
				callbacks += this.#ready.length;
				if (callbacks > callbackLimit)
					throw new Error(`SimulationClock.run: over ${callbackLimit} callbacks at ${at} ns and time does not move.`);
				this.#runCallbacks();
				continue;
			}
			const next = this.#heap[0];
			if (next === undefined || next.at > until) break;
			this.#runEvent(next);
		}
		if (this.#now < until) this.#now = until;
	}

	/** Runs all callbacks that wait; where none waits, goes to the next hardware event and runs it. False when nothing was left. */
	step(): boolean {
		this.#refuseNesting("step");
		if (this.#ready.length > 0) {
			this.#runCallbacks();
			return true;
		}
		const next = this.#heap[0];
		if (next === undefined) return false;
		this.#runEvent(next);
		return true;
	}

	#refuseNesting(what: string): void {
		if (this.#running !== undefined)
			throw new Error(
				`SimulationClock.${what}: called from inside a ${this.#running} event. Only the outside moves time.`,
			);
	}

	/** Runs the callbacks that wait now; those which they queue wait for the next turn. */
	#runCallbacks(): void {
		const batch = this.#ready;
		this.#ready = [];
		let done = 0;
		this.#running = "script";
		try {
			while (done < batch.length) {
				const run = batch[done] as () => void;
				done++;
				run();
			}
		} finally {
			this.#running = undefined;
			// A callback threw: the rest keep their place in the queue.
			if (done < batch.length) this.#ready = [...batch.slice(done), ...this.#ready];
		}
	}

	#advance(until: number): void {
		for (let next = this.#heap[0]; next !== undefined && next.at <= until; next = this.#heap[0]) this.#runEvent(next);
		this.#now = until;
	}

	#runEvent(event: HardwareEvent): void {
		this.#remove(event);
		this.#now = event.at;
		const outer = this.#running;
		this.#running = "hardware";
		try {
			event.run();
		} finally {
			this.#running = outer;
		}
	}

	// A binary heap by (at, order); every event knows its index, so cancelling costs O(log n) and leaves nothing behind.

	#place(event: HardwareEvent, index: number): void {
		this.#heap[index] = event;
		event.index = index;
	}

	#remove(event: HardwareEvent): void {
		const index = event.index;
		if (index < 0) return;
		event.index = -1;
		const last = this.#heap.pop() as HardwareEvent;
		if (last === event) return;
		this.#place(last, index);
		this.#rise(last);
		this.#sink(last);
	}

	#rise(event: HardwareEvent): void {
		let index = event.index;
		while (index > 0) {
			const parent = this.#heap[(index - 1) >> 1] as HardwareEvent;
			if (!isBefore(event, parent)) break;
			const parentIndex = parent.index;
			this.#place(parent, index);
			index = parentIndex;
		}
		this.#place(event, index);
	}

	#sink(event: HardwareEvent): void {
		const heap = this.#heap;
		let index = event.index;
		for (;;) {
			let child = heap[2 * index + 1];
			if (child === undefined) break;
			const right = heap[2 * index + 2];
			if (right !== undefined && isBefore(right, child)) child = right;
			if (!isBefore(child, event)) break;
			const childIndex = child.index;
			this.#place(child, index);
			index = childIndex;
		}
		this.#place(event, index);
	}
}

function isBefore(a: HardwareEvent, b: HardwareEvent): boolean {
	return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function duration(ns: number): number {
	if (!(ns >= 0) || ns === Number.POSITIVE_INFINITY)
		throw new RangeError(`SimulationClock: a duration is a number of nanoseconds, 0 or more, not ${ns}.`);
	return Math.round(ns);
}
