import type { TaskTracker } from "@visionvend/sdk/task-tracker";

type Task = () => Promise<void>;

/** Tasks of one lane run one after another, in the order they came; lanes run beside each other. */
export class Lanes {
	readonly #tracker: TaskTracker;
	readonly #onError: (error: unknown) => void;
	readonly #waiting = new Map<string, Task[]>();

	constructor(tracker: TaskTracker, onError: (error: unknown) => void) {
		this.#tracker = tracker;
		this.#onError = onError;
	}

	enter(lane: string, task: Task): void {
		const waiting = this.#waiting.get(lane);
		if (waiting) {
			waiting.push(task);
			return;
		}
		this.#waiting.set(lane, []);
		this.#run(lane, task);
	}

	/** How many tasks wait behind the running one. */
	waiting(lane: string): number {
		return this.#waiting.get(lane)?.length ?? 0;
	}

	#run(lane: string, task: Task): void {
		this.#tracker.run(async () => {
			try {
				await task();
			} finally {
				const next = this.#waiting.get(lane)?.shift();
				if (next) this.#run(lane, next);
				else this.#waiting.delete(lane);
			}
		}, this.#onError);
	}
}
