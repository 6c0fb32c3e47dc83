import type { MessageBroker } from "@visionvend/sdk/protocol/message-broker";
import { matchesFilter } from "@visionvend/sdk/protocol/topic-filter";

type OnMessage = (topic: string, payload: string) => void;

/** A broker in this process that delivers at once and keeps what a client that is away has subscribed to. */
export class TestBroker {
	readonly seen: { readonly topic: string; readonly payload: string }[] = [];
	readonly #sessions = new Map<string, Session>();
	#up = true;

	/** A client of this name; an earlier one of the same name is cut off and its session goes on. */
	client(name: string): MessageBroker {
		const session = this.#sessions.get(name) ?? new Session();
		this.#sessions.set(name, session);
		return session.connect(this);
	}

	get up(): boolean {
		return this.#up;
	}

	set up(up: boolean) {
		this.#up = up;
		for (const session of this.#sessions.values()) session.tell(up);
	}

	route(topic: string, payload: string): void {
		this.seen.push({ topic, payload });
		for (const session of this.#sessions.values()) session.take(topic, payload);
	}
}

class Session {
	readonly #filters = new Set<string>();
	readonly #missed: { topic: string; payload: string }[] = [];
	#listeners: { filter: string; onMessage: OnMessage }[] = [];
	#onConnection: ((connected: boolean) => void)[] = [];
	#life = 0;

	connect(broker: TestBroker): MessageBroker {
		const life = ++this.#life;
		this.#listeners = [];
		this.#onConnection = [];
		const alive = () => life === this.#life;
		return {
			publish: async (topic, payload) => {
				if (!alive() || !broker.up) throw new Error("not connected");
				broker.route(topic, payload);
			},
			subscribe: async (filter, onMessage) => {
				if (!alive()) return;
				this.#filters.add(filter);
				this.#listeners.push({ filter, onMessage });
				const missed = this.#missed.splice(0);
				for (const { topic, payload } of missed) this.take(topic, payload);
			},
			onConnectionChange: (listener) => {
				if (alive()) this.#onConnection.push(listener);
			},
			get connected() {
				return alive() && broker.up;
			},
			close: async () => {
				if (alive()) this.disconnect();
			},
		};
	}

	/** The client is gone; the session stays. */
	disconnect(): void {
		this.#life += 1;
		this.#listeners = [];
		this.#onConnection = [];
	}

	tell(connected: boolean): void {
		for (const listener of this.#onConnection) listener(connected);
	}

	take(topic: string, payload: string): void {
		const matching = this.#listeners.filter(({ filter }) => matchesFilter(filter, topic));
		for (const { onMessage } of matching) onMessage(topic, payload);
		if (matching.length === 0 && [...this.#filters].some((filter) => matchesFilter(filter, topic))) {
			this.#missed.push({ topic, payload });
		}
	}
}
