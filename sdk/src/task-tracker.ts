/**
 * Keeps count of the asynchronous work that a room has under way, so that a simulation can wait for it before it moves
 * the clock, and a service before it closes.
 *
 * A task never waits for a clock delay: schedule with `clock.after` and run a new task from there. Otherwise `idle`
 * would wait for a clock that waits for `idle`.
 */
export class TaskTracker {
	#pending = 0;
	#waiting: (() => void)[] = [];

	/** Tasks that started and have not ended. */
	get pending(): number {
		return this.#pending;
	}

	/** Starts `task` at once. What it throws goes to `onError`. */
	run(task: () => Promise<void>, onError: (error: unknown) => void): void {
		this.#pending += 1;
		void this.#follow(task, onError);
	}

	/** Resolves when no task runs, tasks started meanwhile included. */
	async idle(): Promise<void> {
		while (this.#pending > 0) {
			await new Promise<void>((resolve) => this.#waiting.push(resolve));
		}
	}

	async #follow(task: () => Promise<void>, onError: (error: unknown) => void): Promise<void> {
		try {
			await task();
		} catch (error) {
			onError(error);
		} finally {
			this.#pending -= 1;
			if (this.#pending === 0) {
				const waiting = this.#waiting;
				this.#waiting = [];
				for (const resolve of waiting) {
					resolve();
				}
			}
		}
	}
}
