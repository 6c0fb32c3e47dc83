import type { Clock } from "@visionvend/sdk/clock";
import type { TaskTracker } from "@visionvend/sdk/task-tracker";

/** The wait before a failed task is tried again doubles from the first to the second. */
const retryMs = { first: 1_000, last: 30_000 };

/** Runs tasks that have to succeed in the end: a write to a disk that is full now is tried again. */
export class Retrier {
	readonly #clock: Clock;
	readonly #tracker: TaskTracker;
	readonly #onFailure: (task: string, error: unknown) => void;
	readonly #cancels = new Set<() => void>();
	#closed = false;

	constructor(clock: Clock, tracker: TaskTracker, onFailure: (task: string, error: unknown) => void) {
		this.#clock = clock;
		this.#tracker = tracker;
		this.#onFailure = onFailure;
	}

	/** Tasks that failed last time and wait for their next try. */
	get failing(): number {
		return this.#cancels.size;
	}

	/** Runs `attempt` until it resolves. `name` says in the log what it is about. */
	run(name: string, attempt: () => Promise<void>): void {
		this.#try(name, attempt, retryMs.first);
	}

	/** Nothing is tried again from now on. */
	close(): void {
		this.#closed = true;
		for (const cancel of this.#cancels) cancel();
		this.#cancels.clear();
	}

	#try(name: string, attempt: () => Promise<void>, waitMs: number): void {
		if (this.#closed) return;
		this.#tracker.run(attempt, (error) => {
			if (this.#closed) return;
			this.#onFailure(name, error);
			const cancel = this.#clock.after(waitMs, () => {
				this.#cancels.delete(cancel);
				this.#try(name, attempt, Math.min(2 * waitMs, retryMs.last));
			});
			this.#cancels.add(cancel);
		});
	}
}
