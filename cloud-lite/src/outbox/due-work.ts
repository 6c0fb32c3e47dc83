import type { Clock } from "@visionvend/sdk/clock";
import type { TaskTracker } from "@visionvend/sdk/task-tracker";

/** What recurring work of any kind needs. */
export interface DueWorkPorts {
	readonly clock: Clock;
	readonly tracker: TaskTracker;
	readonly onError: (error: unknown) => void;
}

/**
 * Does recurring work when something is due: at once when told, and again at the time that the work itself names.
 * Never does it twice at the same time.
 */
export class DueWork {
	readonly #clock: Clock;
	readonly #tracker: TaskTracker;
	readonly #work: () => Promise<number | undefined>;
	readonly #onError: (error: unknown) => void;
	#running = false;
	#again = false;
	#closed = false;
	#cancelTimer: (() => void) | undefined;

	/**
	 * `work` does what is due now and answers when something is due next, in epoch milliseconds; `undefined` when nothing
	 * is. When it fails, `onError` is told and it is tried again after a while.
	 */
	constructor(options: DueWorkPorts & { readonly work: () => Promise<number | undefined> }) {
		this.#clock = options.clock;
		this.#tracker = options.tracker;
		this.#work = options.work;
		this.#onError = options.onError;
	}

	/** Something may be due. */
	kick(): void {
		if (this.#closed) return;
		this.#again = true;
		if (this.#running) return;
		this.#running = true;
		this.#tracker.run(
			() => this.#loop(),
			(error) => {
				this.#onError(error);
				this.#wakeAt(this.#clock.now() + retryAfterFailureMs);
			},
		);
	}

	close(): void {
		this.#closed = true;
		this.#cancelTimer?.();
	}

	async #loop(): Promise<void> {
		let nextAtMs: number | undefined;
		try {
			while (this.#again && !this.#closed) {
				this.#again = false;
				nextAtMs = await this.#work();
			}
		} finally {
			this.#running = false;
		}
		this.#wakeAt(nextAtMs);
	}

	#wakeAt(atMs: number | undefined): void {
		this.#cancelTimer?.();
		this.#cancelTimer = undefined;
		if (atMs === undefined || this.#closed) return;
		this.#cancelTimer = this.#clock.after(Math.max(0, atMs - this.#clock.now()), () => this.kick());
	}
}

const retryAfterFailureMs = 1_000;
