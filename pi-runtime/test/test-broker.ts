import type { MessageBroker } from "@visionvend/sdk/protocol/message-broker";
import type { TestClock } from "./test-clock.ts";

const latencyMs = 2;

/** The Pi's view of a broker that can be switched off, with the cloud's hand inside. */
export class TestBroker implements MessageBroker {
	readonly #clock: TestClock;
	readonly #subscriptions: { filter: string; onMessage: (topic: string, payload: string) => void }[] = [];
	readonly #listeners: ((connected: boolean) => void)[] = [];
	#connected = true;
	/** Everything that reached the broker. */
	readonly published: { topic: string; payload: string }[] = [];
	onPublished: (topic: string, payload: string) => void = () => undefined;

	constructor(clock: TestClock) {
		this.#clock = clock;
	}

	get connected(): boolean {
		return this.#connected;
	}

	set connected(connected: boolean) {
		this.#connected = connected;
		for (const listener of this.#listeners) listener(connected);
	}

	publish(topic: string, payload: string): Promise<void> {
		if (!this.#connected) return Promise.reject(new Error("not connected"));
		return new Promise((resolve, reject) => {
			this.#clock.after(latencyMs, () => {
				if (!this.#connected) {
					reject(new Error("connection lost"));
					return;
				}
				this.published.push({ topic, payload });
				resolve();
				this.onPublished(topic, payload);
			});
		});
	}

	async subscribe(filter: string, onMessage: (topic: string, payload: string) => void): Promise<void> {
		this.#subscriptions.push({ filter, onMessage });
	}

	onConnectionChange(listener: (connected: boolean) => void): void {
		this.#listeners.push(listener);
	}

	/** A message comes from elsewhere. */
	deliver(topic: string, payload: string): void {
		for (const { filter, onMessage } of this.#subscriptions) {
			const matches = filter.endsWith("/#") ? topic.startsWith(filter.slice(0, -1)) : topic === filter;
			if (matches) onMessage(topic, payload);
		}
	}

	/** Forgets the subscriber: its process is dead. */
	drop(): void {
		this.#subscriptions.length = 0;
		this.#listeners.length = 0;
	}

	async close(): Promise<void> {
		this.drop();
	}
}
