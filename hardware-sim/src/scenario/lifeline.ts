import type { Clock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import type { MessageBroker } from "@visionvend/sdk/protocol/message-broker";

const never = new Promise<never>(() => undefined);

/**
 * Everything that one life of a room reaches the outside with. After `cut` nothing goes out and nothing comes in, and
 * what the room still waits for never answers: to the world it looks like SIGKILL.
 */
export class Lifeline {
	#alive = true;
	readonly #onCut: (() => void)[] = [];

	get alive(): boolean {
		return this.#alive;
	}

	/** Ends this life. Whatever was registered with `whenCut` is told, once. */
	cut(): void {
		if (!this.#alive) return;
		this.#alive = false;
		for (const tell of this.#onCut) tell();
	}

	whenCut(tell: () => void): void {
		this.#onCut.push(tell);
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
			after: (delayMs, callback) => clock.after(delayMs, () => this.#alive && callback()),
		};
	}

	log(log: Log): Log {
		return (entry) => {
			if (this.#alive) log(entry);
		};
	}

	broker(broker: MessageBroker): MessageBroker {
		const lifeline = this;
		return {
			publish: (topic, payload) => lifeline.pass(() => broker.publish(topic, payload)),
			subscribe: (filter, onMessage) =>
				lifeline.pass(() =>
					broker.subscribe(filter, (topic, payload) => {
						if (lifeline.#alive) onMessage(topic, payload);
					}),
				),
			onConnectionChange: (listener) =>
				broker.onConnectionChange((connected) => {
					if (lifeline.#alive) listener(connected);
				}),
			get connected() {
				return lifeline.#alive && broker.connected;
			},
			close: () => broker.close(),
		};
	}
}
