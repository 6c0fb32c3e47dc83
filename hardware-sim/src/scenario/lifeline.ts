import type { Clock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import type { MessageBroker } from "@visionvend/sdk/protocol/message-broker";

const never = new Promise<never>(() => undefined);

/** A boundary that a room crosses: before and after a commit to its disk, a publication, bytes on the wire. */
export type Crossing = "commit" | "committed" | "publish" | "published" | "write" | "written";

/** What the stores of the rooms have in common. */
interface StoreLike<Statements, Written, Query extends unknown[], Rows> {
	write(statements: Statements): Promise<Written>;
	read(...query: Query): Promise<Rows>;
	close(): void;
}

/**
 * Everything that one life of a room reaches the outside with. After `cut` nothing goes out and nothing comes in, and
 * what the room still waits for never answers: to the world it looks like SIGKILL.
 */
export class Lifeline {
	#alive = true;
	readonly #onCut = new Set<() => void>();
	readonly #onCrossing: (crossing: Crossing) => void;
	readonly #onWake: () => void;

	/**
	 * `onCrossing` hears of each boundary as it is crossed, and may cut. `onWake` is told before anything from outside
	 * comes in: a timer, a message, bytes.
	 */
	constructor(onCrossing: (crossing: Crossing) => void = () => undefined, onWake: () => void = () => undefined) {
		this.#onCrossing = onCrossing;
		this.#onWake = onWake;
	}

	get alive(): boolean {
		return this.#alive;
	}

	/** Ends this life. Whatever was registered with `whenCut` is told, once. */
	cut(): void {
		if (!this.#alive) return;
		this.#alive = false;
		for (const tell of this.#onCut) tell();
	}

	/** Tells when this life has ended; at once when it has already. Returns the function that takes this back. */
	whenCut(tell: () => void): () => void {
		if (this.#alive) this.#onCut.add(tell);
		else tell();
		return () => this.#onCut.delete(tell);
	}

	/** The promise, unless this life ends before: then what `afterwards` gives, or throws. */
	orCut<T>(promise: Promise<T>, afterwards: () => T): Promise<T> {
		return new Promise((resolve, reject) => {
			const forget = this.whenCut(() => {
				try {
					resolve(afterwards());
				} catch (error) {
					reject(error);
				}
			});
			promise.then(resolve, reject).finally(forget);
		});
	}

	/** The promise while alive at both ends of it; otherwise one that never settles. */
	async pass<T>(call: () => Promise<T>): Promise<T> {
		if (!this.#alive) return never;
		try {
			const value = await call();
			return this.#alive ? value : never;
		} catch (error) {
			if (!this.#alive) return never;
			throw error;
		}
	}

	clock(clock: Clock): Clock {
		return {
			now: () => clock.now(),
			after: (delayMs, callback) => clock.after(delayMs, () => this.wake(callback)),
		};
	}

	/** Something from outside comes in. */
	wake<T>(enter: () => T): T | undefined {
		if (!this.#alive) return undefined;
		this.#onWake();
		return enter();
	}

	log(log: Log): Log {
		return (entry) => {
			if (this.#alive) log(entry);
		};
	}

	/** A store as a process has it: what was not committed when its life ends never will be. */
	store<Statements, Written, Query extends unknown[], Rows>(
		store: StoreLike<Statements, Written, Query, Rows>,
	): StoreLike<Statements, Written, Query, Rows> {
		this.whenCut(() => store.close());
		return {
			write: (statements) => this.#across("commit", () => store.write(statements), "committed"),
			read: (...query) => this.pass(() => store.read(...query)),
			close: () => store.close(),
		};
	}

	/** Bytes for a wire. */
	write(write: () => void): void {
		if (this.#alive) this.#onCrossing("write");
		if (!this.#alive) return;
		write();
		this.#onCrossing("written");
	}

	#across<T>(before: Crossing, call: () => Promise<T>, after: Crossing): Promise<T> {
		if (this.#alive) this.#onCrossing(before);
		return this.pass(async () => {
			const value = await call();
			if (this.#alive) this.#onCrossing(after);
			return value;
		});
	}

	broker(broker: MessageBroker): MessageBroker {
		const lifeline = this;
		return {
			publish: (topic, payload) => lifeline.#across("publish", () => broker.publish(topic, payload), "published"),
			subscribe: (filter, onMessage) =>
				lifeline.pass(() =>
					broker.subscribe(filter, (topic, payload) => lifeline.wake(() => onMessage(topic, payload))),
				),
			onConnectionChange: (listener) =>
				broker.onConnectionChange((connected) => lifeline.wake(() => listener(connected))),
			get connected() {
				return lifeline.#alive && broker.connected;
			},
			close: () => broker.close(),
		};
	}
}
