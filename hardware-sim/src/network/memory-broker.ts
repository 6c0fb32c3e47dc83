import type { MessageBroker, OnMessage } from "@visionvend/sdk/protocol/message-broker";
import { matchesFilter } from "@visionvend/sdk/protocol/topic-filter";
import type { SimulationClock } from "../clock.ts";
import type { SeededRandom } from "../random.ts";
import { mayUse } from "./access.ts";
import type { NetworkConditions } from "./network-conditions.ts";

export interface MemoryBrokerOptions {
	readonly clock: SimulationClock;
	/** From the sender to each receiver, nanoseconds; 5 ms by default. */
	readonly latencyNs?: number | undefined;
	/** How long a client waits before it connects again, nanoseconds; 1 s by default. */
	readonly reconnectNs?: number | undefined;
	/** Hears every message that the broker accepts. */
	/** Decides what bad networks do. Without it all networks are good. */
	readonly random?: SeededRandom | undefined;
	readonly tap?: ((topic: string, payload: string) => void) | undefined;
}

interface Delivery {
	readonly topic: string;
	readonly payload: string;
	/** The connection that it is under way on. */
	inFlightOn: MemoryClient | undefined;
	/** The client has taken it. */
	received: boolean;
}

/** What the broker knows of a client, connected or not. */
interface Session {
	readonly username: string;
	readonly filters: Set<string>;
	/** Not yet acknowledged, oldest first. */
	queue: Delivery[];
	client: MemoryClient | undefined;
	/** Forgets what the client has received. */
	acknowledge(client: MemoryClient): void;
}

interface Subscription {
	readonly filter: string;
	readonly onMessage: OnMessage;
}

/**
 * An MQTT broker in this process, on virtual time: QoS 1, sessions that outlive connections, access lists, restarts.
 * A message may arrive twice when a connection breaks before its acknowledgement is through, as on a real broker.
 */
export class MemoryBroker {
	readonly #clock: SimulationClock;
	readonly #latencyNs: number;
	readonly #reconnectNs: number;
	readonly #tap: MemoryBrokerOptions["tap"];
	readonly #random: SeededRandom | undefined;
	readonly #conditions = new Map<string, NetworkConditions>();
	readonly #sessions = new Map<string, Session>();
	readonly #clients = new Set<MemoryClient>();
	#running = true;

	constructor(options: MemoryBrokerOptions) {
		this.#clock = options.clock;
		this.#latencyNs = options.latencyNs ?? 5_000_000;
		this.#reconnectNs = options.reconnectNs ?? 1_000_000_000;
		this.#tap = options.tap;
		this.#random = options.random;
	}

	/** How the network of the client with this id is from now on; `undefined` is good. */
	setConditions(id: string, conditions: NetworkConditions | undefined): void {
		if (conditions === undefined) this.#conditions.delete(id);
		else if (this.#random === undefined) throw new Error("A broker whose networks are bad needs a random source.");
		else this.#conditions.set(id, conditions);
	}

	/**
	 * Connects at once; while the broker is down, as soon as it is back.
	 * @param id names the session. A second client with the same id takes the session over.
	 */
	client(username: string, id = username): MemoryClient {
		const client = new MemoryClient(this.#clock, {
			publish: (topic, payload) => this.#send(client, id, topic, payload),
			subscribe: (filter) => this.#subscribe(client, filter),
			connect: () => this.#connect(client, id, username),
			leave: () => this.#leave(client),
			forget: () => this.#clients.delete(client),
			claim: () => this.#pump(client, id),
		});
		this.#clients.add(client);
		client.connect();
		return client;
	}

	/** The broker dies. Clients lose their connection; sessions and their messages survive on its disk. */
	kill(): void {
		this.#running = false;
		for (const client of this.#clients) client.connectionLost();
	}

	/** The broker is back; clients find it after their reconnect delay. */
	restart(): void {
		if (this.#running) return;
		this.#running = true;
		for (const client of this.#clients) client.reconnectAfter(this.#reconnectNs);
	}

	get running(): boolean {
		return this.#running;
	}

	#connect(client: MemoryClient, id: string, username: string): boolean {
		if (!this.#running) return false;
		const existing = this.#sessions.get(id);
		if (existing?.client !== undefined && existing.client !== client) existing.client.connectionLost();
		const session: Session = existing?.username === username ? existing : newSession(username);
		this.#sessions.set(id, session);
		session.client = client;
		client.session = session;
		return true;
	}

	#leave(client: MemoryClient): void {
		const { session } = client;
		client.session = undefined;
		if (session === undefined || session.client !== client) return;
		session.client = undefined;
		for (const delivery of session.queue) {
			delivery.inFlightOn = undefined;
			delivery.received = false;
		}
	}

	/** From a client to the broker, over the client's network. Throws when the client cannot know that it arrived. */
	#send(client: MemoryClient, id: string, topic: string, payload: string): void {
		if (!this.#happens(this.#conditions.get(id)?.lossPermille)) {
			this.#publish(client, topic, payload);
			return;
		}
		// It was the message that was lost, or its acknowledgement.
		if (this.#happens(500)) this.#publish(client, topic, payload);
		this.#break(client);
		throw new Error(`'${topic}' was not acknowledged: the connection broke.`);
	}

	/** The connection breaks; the client tries again by itself. */
	#break(client: MemoryClient): void {
		client.connectionLost();
		client.reconnectAfter(this.#reconnectNs);
	}

	#happens(permille: number | undefined): boolean {
		return permille !== undefined && this.#random !== undefined && this.#random.next() * 1000 < permille;
	}

	#publish(client: MemoryClient, topic: string, payload: string): void {
		const username = client.session?.username ?? "";
		if (/[+#]/.test(topic) || topic === "") throw new Error(`'${topic}' is no topic to publish on: it has a wildcard.`);
		if (!mayUse(username, topic)) {
			throw new Error(`User '${username}' may not publish on '${topic}' (not authorized).`);
		}
		this.#tap?.(topic, payload);
		for (const [id, session] of this.#sessions) {
			const wanted = [...session.filters].some((filter) => matchesFilter(filter, topic));
			if (!wanted || !mayUse(session.username, topic)) continue;
			const copies = this.#happens(this.#conditions.get(id)?.duplicatePermille) ? 2 : 1;
			for (let copy = 0; copy < copies; copy++)
				session.queue.push({ topic, payload, inFlightOn: undefined, received: false });
			if (session.client !== undefined) this.#pump(session.client, id);
		}
	}

	#latencyOf(conditions: NetworkConditions | undefined): number {
		const { delayMs = 0, jitterMs = 0 } = conditions ?? {};
		const jitter = jitterMs === 0 || this.#random === undefined ? 0 : this.#random.next() * jitterMs;
		return this.#latencyNs + (delayMs + jitter) * 1e6;
	}

	#subscribe(client: MemoryClient, filter: string): void {
		client.session?.filters.add(filter);
	}

	/** Sends what waits in the client's session, in order. */
	#pump(client: MemoryClient, id: string): void {
		const { session } = client;
		if (session === undefined) return;
		const conditions = this.#conditions.get(id);
		for (const delivery of session.queue) {
			if (delivery.inFlightOn === client || !client.wants(delivery.topic)) continue;
			delivery.inFlightOn = client;
			this.#clock.callbackAfter(this.#latencyOf(conditions), () => {
				if (client.session !== session || delivery.inFlightOn !== client) return;
				if (this.#happens(conditions?.lossPermille)) {
					this.#break(client);
					return;
				}
				const acknowledge = (): void => {
					delivery.received = true;
					this.#clock.after(this.#latencyNs, () => {
						// The acknowledgement of a connection that broke meanwhile does not count: the message comes again.
						if (client.session !== session || delivery.inFlightOn !== client) return;
						session.queue = session.queue.filter((waiting) => waiting !== delivery);
					});
				};
				const taken = client.receive(delivery.topic, delivery.payload);
				if (taken === undefined) acknowledge();
				else void taken.then(acknowledge);
			});
		}
	}
}

function newSession(username: string): Session {
	return {
		username,
		filters: new Set(),
		queue: [],
		client: undefined,
		acknowledge(client) {
			this.queue = this.queue.filter(({ received, inFlightOn }) => !(received && inFlightOn === client));
		},
	};
}

interface BrokerSide {
	publish(topic: string, payload: string): void;
	subscribe(filter: string): void;
	/** False while the broker is down. */
	connect(): boolean;
	leave(): void;
	/** The client will not come back. */
	forget(): void;
	/** Deliveries for which there was no listener yet may go out now. */
	claim(): void;
}

/** A client of a {@link MemoryBroker}. It connects again by itself, except after `disconnect`, `kill` and `close`. */
export class MemoryClient implements MessageBroker {
	/** Used by the broker; `undefined` while not connected. */
	session: Session | undefined;
	readonly #clock: SimulationClock;
	readonly #broker: BrokerSide;
	#subscriptions: Subscription[] = [];
	#listeners: ((connected: boolean) => void)[] = [];
	#state: "on" | "cut" | "ended" = "on";
	#cancelReconnect: () => void = () => undefined;

	constructor(clock: SimulationClock, broker: BrokerSide) {
		this.#clock = clock;
		this.#broker = broker;
	}

	get connected(): boolean {
		return this.session !== undefined;
	}

	async publish(topic: string, payload: string): Promise<void> {
		if (!this.connected) throw new Error(`'${topic}' was not published: there is no connection to the broker.`);
		this.#broker.publish(topic, payload);
	}

	async subscribe(filter: string, onMessage: OnMessage): Promise<void> {
		this.#subscriptions.push({ filter, onMessage });
		if (!this.connected) return;
		this.#broker.subscribe(filter);
		this.#broker.claim();
	}

	onConnectionChange(listener: (connected: boolean) => void): void {
		this.#listeners.push(listener);
	}

	/** Leaves in good order; the session goes on collecting messages. */
	async close(): Promise<void> {
		this.#end();
	}

	/** The process behind the client dies: nothing of it runs any more, nobody is told. */
	kill(): void {
		this.#end();
	}

	/**
	 * The process behind the client is killed. What it had taken by then it had acknowledged: that packet leaves with the
	 * next turn of its event loop, whether or not the process lives on to do something with the message.
	 */
	crash(): void {
		this.session?.acknowledge(this);
		this.disconnect();
	}

	/** The network between client and broker goes away, until {@link connect}. */
	disconnect(): void {
		if (this.#state !== "on") return;
		this.#state = "cut";
		this.connectionLost();
	}

	/** Connects now, when the broker is there. */
	connect(): void {
		if (this.#state === "ended") throw new Error("This client was closed or killed; make a new one.");
		this.#state = "on";
		this.#cancelReconnect();
		if (this.connected || !this.#broker.connect()) return;
		for (const { filter } of this.#subscriptions) this.#broker.subscribe(filter);
		this.#tell(true);
		this.#broker.claim();
	}

	/** Used by the broker. */
	connectionLost(): void {
		if (!this.connected) return;
		this.#broker.leave();
		this.#tell(false);
	}

	/** Used by the broker. */
	reconnectAfter(delayNs: number): void {
		if (this.#state !== "on") return;
		this.#cancelReconnect();
		this.#cancelReconnect = this.#clock.callbackAfter(delayNs, () => {
			if (this.#state === "on") this.connect();
		});
	}

	/** Used by the broker: whether somebody listens to this topic. */
	wants(topic: string): boolean {
		return this.#subscriptions.some(({ filter }) => matchesFilter(filter, topic));
	}

	/** Used by the broker. @returns when the message is taken; `undefined` when it was at once */
	receive(topic: string, payload: string): Promise<unknown> | undefined {
		const waiting = this.#subscriptions
			.filter(({ filter }) => matchesFilter(filter, topic))
			.map(({ onMessage }) => onMessage(topic, payload))
			.filter((taken) => taken !== undefined);
		return waiting.length === 0 ? undefined : Promise.all(waiting);
	}

	#end(): void {
		this.#state = "ended";
		this.#cancelReconnect();
		this.#subscriptions = [];
		this.#listeners = [];
		if (this.connected) this.#broker.leave();
		this.#broker.forget();
	}

	#tell(connected: boolean): void {
		this.#clock.callback(() => {
			for (const listener of this.#listeners) listener(connected);
		});
	}
}
