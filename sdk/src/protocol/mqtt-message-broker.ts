import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type IClientOptions, MqttClient } from "mqtt";
import { type Clock, systemClock } from "../clock.ts";
import { type Random, systemRandom } from "../random.ts";
import type { MessageBroker, OnMessage } from "./message-broker.ts";
import { PublishIntake } from "./publish-intake.ts";
import { topicPattern } from "./topic-filter.ts";

export interface MqttOptions {
	/** `mqtt://host:1883`, or `mqtts://host:8883` for TLS 1.3. */
	readonly url: string;
	readonly username?: string;
	readonly password?: string;
	/** Asked before each connection, for accounts that change: instead of `username` and `password`. */
	readonly account?: () => { readonly username: string; readonly password: string };
	/** Names the session that the broker keeps: one per process, the same after each start. */
	readonly clientId: string;
	/**
	 * False: the broker forgets the session with its connection. For shared subscriptions, so that nothing waits for an
	 * instance that is gone. True unless told.
	 */
	readonly keepSession?: boolean;
	/** The certificate authority that the broker's certificate comes from, PEM; without it those of the system. */
	readonly ca?: string;
	readonly clock?: Clock;
	/** Where the jitter of reconnects comes from. */
	readonly random?: Random;
	/** Longest wait before the first reconnect; doubles up to 128 times. 1,000 unless told. */
	readonly reconnectMs?: number;
	/** Is told what goes wrong in the background: refused connections, denied subscriptions. */
	readonly onError?: (error: Error) => void;
}

/** MQTT 5, or 3.1.1 for brokers that know no newer one. */
type ProtocolVersion = 5 | 4;

const acknowledgeWithinMs = 5_000;
const connectWithinMs = 10_000;
const mostDoublings = 7;
/** A machine that was off for a weekend still finds its messages. */
const sessionSeconds = 7 * 24 * 3600;
/** "Unacceptable protocol version" (MQTT 3.1.1 section 3.2.2.3), "Unsupported Protocol Version" (MQTT 5.0 section 3.2.2.2). */
const versionRefusals: readonly unknown[] = [1, 0x84];
/** Far more than any message of ours; a machine that sends more must not fill the memory of the cloud. */
const largestPacketBytes = 65_536;
/** So many messages are under way to a receiver who has not taken them yet; with all of them, some 20 MB. */
const mostUnacknowledged = 20_000;
/** Messages of the kept session that arrive before the room has subscribed again; more are dropped, oldest first. */
const mostUnclaimed = 1_000;

interface Subscription {
	readonly filter: string;
	readonly pattern: RegExp;
	readonly onMessage: OnMessage;
}

/**
 * Connects to an MQTT broker and stays connected. Resolves on the first connection, or after a first try that failed:
 * it then goes on trying. A broker that is away is no error; a URL that is none is a TypeError.
 */
export async function connectMqtt(options: MqttOptions): Promise<MessageBroker> {
	const { protocol } = new URL(options.url);
	if (protocol !== "mqtt:" && protocol !== "mqtts:") {
		throw new TypeError(`The broker's URL starts with ${protocol}//; write mqtt:// or mqtts://.`);
	}
	const broker = new MqttMessageBroker(options);
	await broker.firstTry();
	return broker;
}

class MqttMessageBroker implements MessageBroker {
	readonly #options: MqttOptions;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #name: string;
	readonly #subscriptions: Subscription[] = [];
	readonly #listeners: ((connected: boolean) => void)[] = [];
	readonly #unanswered = new Set<(reason: string) => void>();
	#unclaimed: { topic: string; payload: string }[] = [];
	#client: MqttClient | undefined;
	#version: ProtocolVersion = 5;
	#connected = false;
	#closed = false;
	#failures = 0;
	#cancelReconnect: (() => void) | undefined;
	#firstTried: (() => void) | undefined;

	constructor(options: MqttOptions) {
		this.#options = options;
		this.#clock = options.clock ?? systemClock;
		this.#random = options.random ?? systemRandom;
		// Without user and password, which a URL may carry.
		this.#name = new URL(options.url).host;
	}

	get connected(): boolean {
		return this.#connected;
	}

	firstTry(): Promise<void> {
		return new Promise((resolve) => {
			this.#firstTried = resolve;
			this.#connect();
		});
	}

	onConnectionChange(listener: (connected: boolean) => void): void {
		this.#listeners.push(listener);
	}

	publish(topic: string, payload: string): Promise<void> {
		const client = this.#client;
		if (!this.#connected || client === undefined) {
			return Promise.reject(
				new Error(`${topic} was not published: there is no connection to ${this.#name}. Try again once there is.`),
			);
		}
		return this.#answered(`${topic} was not acknowledged by ${this.#name}`, (answer) => {
			client.publish(topic, payload, { qos: 1 }, (error) => answer(error ?? undefined));
		});
	}

	async subscribe(filter: string, onMessage: OnMessage): Promise<void> {
		this.#subscriptions.push({ filter, pattern: topicPattern(filter), onMessage });
		if (this.#connected && this.#client !== undefined) {
			await this.#ask(this.#client, filter);
		}
		const waiting = this.#unclaimed;
		this.#unclaimed = [];
		for (const { topic, payload } of waiting) {
			void this.#deliver(topic, payload)?.catch((error: unknown) => this.#complain(error));
		}
	}

	async close(): Promise<void> {
		if (this.#closed) {
			return;
		}
		this.#closed = true;
		this.#cancelReconnect?.();
		const client = this.#client;
		this.#down("the client was closed");
		if (client === undefined) {
			return;
		}
		await new Promise<void>((resolve) => {
			// An orderly end waits for acknowledgements; a broker that went silent must not hold the process.
			const cancel = this.#clock.after(1_000, () => client.end(true, () => resolve()));
			client.end(false, () => {
				cancel();
				resolve();
			});
		});
	}

	#connect(): void {
		// One mqtt.js client a connection: it would keep what was not acknowledged and send it again much later, when the
		// outbox of the room has done so already.
		const keep = this.#options.keepSession ?? true;
		const settings: IClientOptions = {
			protocolVersion: this.#version,
			clientId: this.#options.clientId,
			clean: !keep,
			reconnectPeriod: 0,
			resubscribe: false,
			keepalive: 30,
			connectTimeout: connectWithinMs,
			...(this.#version === 5
				? {
						properties: {
							sessionExpiryInterval: keep ? sessionSeconds : 0,
							maximumPacketSize: largestPacketBytes,
							receiveMaximum: mostUnacknowledged,
						},
					}
				: undefined),
			...accountOf(this.#options),
		};
		const client = new MqttClient(() => {
			return new PublishIntake(openConnection(this.#options), {
				protocolVersion: this.#version,
				take: (topic, payload) => this.#take(topic, payload),
				onError: (error) => this.#complain(error),
			});
		}, settings);
		this.#client = client;
		let over = false;
		let versionRefused = false;
		client.on("connect", () => {
			void this.#up(client);
		});
		client.on("error", (error) => {
			versionRefused = this.#version === 5 && "code" in error && versionRefusals.includes(error.code);
			if (!versionRefused) {
				this.#options.onError?.(error);
			}
			client.end(true);
		});
		client.on("close", () => {
			if (over) {
				return;
			}
			over = true;
			client.end(true);
			if (this.#client === client) {
				this.#down(`the connection to ${this.#name} was lost`);
				this.#retry(versionRefused);
			}
		});
	}

	/** The connection stands; it counts as up once everything is subscribed, so that no answer can be missed. */
	async #up(client: MqttClient): Promise<void> {
		const asked = new Set<string>();
		// Over the list itself: a subscription that comes while others are being granted is one of its turns.
		for (const { filter } of this.#subscriptions) {
			if (asked.has(filter)) {
				continue;
			}
			asked.add(filter);
			try {
				await this.#ask(client, filter);
			} catch (error) {
				if (this.#client !== client || this.#closed) {
					return;
				}
				this.#complain(error);
			}
		}
		if (this.#client !== client || this.#closed) {
			return;
		}
		this.#failures = 0;
		this.#connected = true;
		this.#tried();
		for (const listener of this.#listeners) {
			listener(true);
		}
	}

	#down(reason: string): void {
		this.#client = undefined;
		for (const answer of [...this.#unanswered]) {
			answer(reason);
		}
		if (this.#connected) {
			this.#connected = false;
			for (const listener of this.#listeners) {
				listener(false);
			}
		}
	}

	#retry(versionRefused: boolean): void {
		if (this.#closed) {
			return;
		}
		if (versionRefused) {
			this.#version = 4;
			this.#connect();
			return;
		}
		this.#tried();
		// Full jitter: thousands of machines that lost the same broker come back spread out.
		const longestMs = (this.#options.reconnectMs ?? 1_000) * 2 ** Math.min(this.#failures, mostDoublings);
		this.#failures += 1;
		const [high = 0, low = 0] = this.#random(2);
		this.#cancelReconnect = this.#clock.after(Math.round((longestMs * (high * 256 + low)) / 65_535), () =>
			this.#connect(),
		);
	}

	#tried(): void {
		this.#firstTried?.();
		this.#firstTried = undefined;
	}

	#ask(client: MqttClient, filter: string): Promise<void> {
		return this.#answered(`The subscription to ${filter} was not granted by ${this.#name}`, (answer) => {
			client.subscribe(filter, { qos: 1 }, (error, granted) => {
				const refused = granted?.find((grant) => grant.qos >= 128);
				answer(
					error ?? (refused === undefined ? undefined : new Error(`code ${refused.qos}: look at its access list`)),
				);
			});
		});
	}

	/** Waits for one answer of the broker: not longer than 5 s, and not past the end of the connection. */
	#answered(what: string, request: (answer: (error?: Error) => void) => void): Promise<void> {
		return new Promise((resolve, reject) => {
			const settle = (error?: Error): void => {
				cancel();
				this.#unanswered.delete(lost);
				if (error === undefined) {
					resolve();
				} else {
					reject(error);
				}
			};
			const lost = (reason: string): void => settle(new Error(`${what}: ${reason}.`));
			const cancel = this.#clock.after(acknowledgeWithinMs, () => lost(`no answer in ${acknowledgeWithinMs / 1000} s`));
			this.#unanswered.add(lost);
			request((error) =>
				settle(error === undefined ? undefined : new Error(`${what}: ${error.message}`, { cause: error })),
			);
		});
	}

	#take(topic: string, payload: Buffer): Promise<void> | undefined {
		// MQTT 3.1.1 cannot tell the broker.
		if (payload.length > largestPacketBytes) {
			this.#complain(
				new Error(`A message on ${topic} was dropped: ${payload.length} bytes; the most is ${largestPacketBytes}.`),
			);
			return undefined;
		}
		return this.#deliver(topic, payload.toString("utf8"));
	}

	/** @returns when all who wanted the message have it; `undefined` when they had it at once */
	#deliver(topic: string, payload: string): Promise<void> | undefined {
		let taken: Promise<void> | undefined;
		let isClaimed = false;
		for (const { pattern, onMessage } of this.#subscriptions) {
			if (!pattern.test(topic)) continue;
			isClaimed = true;
			const also = onMessage(topic, payload) ?? undefined;
			taken = taken && also ? Promise.all([taken, also]).then(() => undefined) : (taken ?? also);
		}
		if (!isClaimed) {
			this.#unclaimed.push({ topic, payload });
			if (this.#unclaimed.length > mostUnclaimed) {
				this.#unclaimed.shift();
			}
		}
		return taken;
	}

	#complain(error: unknown): void {
		this.#options.onError?.(error instanceof Error ? error : new Error(String(error)));
	}
}

/** What a URL says of user and password goes before what stands beside it. */
function accountOf({ url, username, password, account }: MqttOptions): Pick<IClientOptions, "username" | "password"> {
	if (account !== undefined) return account();
	const fromUrl = new URL(url);
	const user = fromUrl.username === "" ? username : decodeURIComponent(fromUrl.username);
	const word = fromUrl.password === "" ? password : decodeURIComponent(fromUrl.password);
	return { ...(user === undefined ? {} : { username: user }), ...(word === undefined ? {} : { password: word }) };
}

function openConnection({ url, ca }: MqttOptions): Socket {
	const { protocol, hostname, port } = new URL(url);
	// A URL has IPv6 addresses in brackets.
	const host = hostname.replace(/^\[(.*)\]$/, "$1");
	if (protocol === "mqtt:") return connectTcp({ host, port: Number(port || 1883) });
	return connectTls({
		host,
		port: Number(port || 8883),
		minVersion: "TLSv1.3",
		...(isIP(host) === 0 ? { servername: host } : {}),
		...(ca === undefined ? {} : { ca }),
	});
}
