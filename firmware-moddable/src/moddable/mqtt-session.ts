import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { MQTT, MQTTConstructor, MQTTEnd, MQTTOptions } from "@visionvend/sdk/device/io/mqtt";
import type { Timer, TimerHandle } from "@visionvend/sdk/device/io/timer";
import { encodeUtf8 } from "@visionvend/sdk/device/text/utf8";

/** What the client of `embedded:network/mqtt/client` is told about a message, with its first part. */
interface ReadableOptions {
	readonly topic?: string;
	readonly byteLength?: number;
	/** Parts of it are still to come. */
	readonly more: boolean;
}

/** A control packet that came in. */
interface ControlMessage {
	readonly operation: number;
	readonly id?: number;
	/** Of a SUBACK: what was granted, one byte a filter. */
	readonly payload?: readonly number[];
}

interface ResolveRequest {
	readonly host: string;
	onResolved(host: string, address: string): void;
	onError(host: string): void;
}

/** The class of `embedded:network/dns/resolver/udp`. */
export interface ResolverConstructor {
	new (options: object): { resolve(request: ResolveRequest): void };
}

interface ClientOptions {
	readonly host: string;
	readonly port: number;
	readonly id: string;
	readonly user?: string;
	readonly password?: string;
	readonly clean: boolean;
	/** Milliseconds. */
	readonly keepAlive: number;
	readonly dns: { readonly io: ResolverConstructor };
	/** `io` is a class of sockets; the rest are options for it. */
	readonly socket: object;
	onControl(message: ControlMessage): void;
	onReadable(count: number, options: ReadableOptions): void;
	/** So many bytes can be written, overhead not counted. */
	onWritable(count: number): void;
	onError(): void;
}

interface WriteOptions {
	readonly operation?: number;
	readonly id: number;
	readonly topic?: string;
	readonly QoS?: number;
	/** Of the whole message, when the data are its first part. */
	readonly byteLength?: number;
	readonly items?: readonly { readonly topic: string; readonly QoS: number }[];
}

/** The MQTT client of the Moddable SDK (examples/io/tcp/mqttclient): ECMA-419 style, MQTT 3.1.1, streaming, without memory. */
export interface ModdableClient {
	/** How many more bytes can be written. Throws when it is more than could be. */
	write(data: Uint8Array | null, options?: WriteOptions): number;
	read(count: number): ArrayBuffer | undefined;
	close(): void;
}

export interface ModdableClientConstructor {
	new (options: ClientOptions): ModdableClient;
}

export interface ModdableNetwork {
	readonly timer: Timer;
	/** There is an address. */
	isUp(): boolean;
	readonly Client: ModdableClientConstructor;
	readonly Resolver: ResolverConstructor;
	/** Options of the resolver: its name servers, and what it asks them with. */
	resolver(): object;
	/** Options of the client's socket, for TCP or for TLS. */
	socket(tls: boolean): object;
}

/** Operations of the client are the types of MQTT 3.1.1, section 2.2.1. */
const CONNACK = 2;
const PUBACK = 4;
const SUBSCRIBE = 8;
const SUBACK = 9;
/** MQTT 3.1.1, section 3.9.3. */
const NOT_GRANTED = 0x80;

const KEEP_ALIVE_MS = 60_000;
/** From the name to the last subscription. The client itself limits only the connection's part of it. */
const CONNECT_MS = 45_000;
/** A network that is not there is no reason to hurry. */
const NO_NETWORK_MS = 1_000;
/** The longest sealed envelope has 2,048 bytes. What is longer is read and forgotten. */
const LONGEST_MESSAGE = 2_048;

/** Length of a filter, and its quality of service (MQTT 3.1.1, section 3.8.3). */
const FILTER_OVERHEAD = 3;
const SUBSCRIBE_ID = 1;
/** Numbers of messages; the one of the subscription is not among them. */
const FIRST_ID = 2;
const LAST_ID = 0xffff;

/**
 * Sessions over the board's network, each with its own client. `onEnded` never says `refused` for a password: the
 * client tells a refusal and a loss alike.
 */
export function moddableMQTT(network: ModdableNetwork): MQTTConstructor {
	return class extends ModdableSession {
		constructor(options: MQTTOptions) {
			super(network, options);
		}
	};
}

interface Outgoing {
	readonly topic: string;
	readonly payload: Uint8Array;
	readonly id: number;
	/** Bytes of the payload that the client has. */
	written: number;
	begun: boolean;
}

class ModdableSession implements MQTT {
	readonly #network: ModdableNetwork;
	readonly #options: MQTTOptions;
	#client: ModdableClient | undefined;
	#guard: TimerHandle | undefined;
	#writable = 0;
	#phase: "connecting" | "subscribing" | "connected" | "over" = "connecting";
	#subscribed = false;
	#lastId = FIRST_ID - 1;
	#outgoing: Outgoing | undefined;
	#topic = "";
	/** The message that comes in; `undefined` when it is too long. */
	#incoming: Uint8Array | undefined;
	#received = 0;

	constructor(network: ModdableNetwork, options: MQTTOptions) {
		this.#network = network;
		this.#options = options;
		if (!network.isUp()) {
			this.#guard = network.timer.set(() => this.#end("lost"), NO_NETWORK_MS);
			return;
		}
		const { host, port, tls, clientId, user, password } = options;
		const isOver = () => this.#phase === "over";
		this.#client = new network.Client({
			host,
			port,
			id: clientId,
			...(user === undefined ? undefined : { user }),
			...(password === undefined ? undefined : { password }),
			clean: true,
			keepAlive: KEEP_ALIVE_MS,
			dns: { ...network.resolver(), io: quietResolver(network.Resolver, isOver) },
			socket: network.socket(tls),
			onControl: (message) => this.#control(message),
			onReadable: (count, readable) => this.#readPart(count, readable),
			onWritable: (count) => {
				this.#writable = count;
				this.#drain();
			},
			// The client closes itself after this call, and must not be closed inside of it.
			onError: () => this.#soon(() => this.#end("lost")),
		});
		this.#guard = network.timer.set(() => this.#end("timeout"), CONNECT_MS);
	}

	publish(topic: string, payload: Uint8Array): number {
		if (this.#phase !== "connected") {
			throw new HardwareError("closed", "There is no MQTT session. Wait for onConnected, or open a new one.");
		}
		if (this.#outgoing !== undefined) {
			throw new HardwareError("overrun", "A message is on its way. Wait until the broker has it.");
		}
		this.#lastId = this.#lastId >= LAST_ID ? FIRST_ID : this.#lastId + 1;
		this.#outgoing = { topic, payload: payload.slice(), id: this.#lastId, written: 0, begun: false };
		this.#drain();
		return this.#lastId;
	}

	close(): void {
		if (this.#phase === "over") return;
		this.#phase = "over";
		this.#clearGuard();
		this.#client?.close();
		this.#client = undefined;
	}

	#control({ operation, id, payload = [] }: ControlMessage): void {
		if (operation === CONNACK && this.#phase === "connecting") {
			this.#phase = "subscribing";
			// The client says right afterwards how much can be written.
		} else if (operation === SUBACK && this.#phase === "subscribing") {
			const isGranted = payload.every((granted) => granted !== NOT_GRANTED);
			this.#soon(() => {
				if (!isGranted) {
					this.#end("refused");
					return;
				}
				this.#clearGuard();
				this.#phase = "connected";
				this.#options.onConnected();
			});
		} else if (operation === PUBACK && id !== undefined && id === this.#outgoing?.id) {
			this.#outgoing = undefined;
			this.#soon(() => this.#options.onAcknowledged(id));
		}
	}

	#drain(): void {
		const client = this.#client;
		if (client === undefined) return;
		if (this.#phase === "subscribing") this.#subscribe(client);
		else if (this.#outgoing !== undefined) this.#write(client, this.#outgoing);
	}

	#write(client: ModdableClient, outgoing: Outgoing): void {
		const { topic, payload, id, written, begun } = outgoing;
		// The first part takes the topic with it; the client has counted what else stands before it.
		const room = begun ? this.#writable : this.#writable - utf8Length(topic);
		const part = payload.slice(written, written + Math.max(0, room));
		if (part.length === 0) return;
		outgoing.begun = true;
		outgoing.written += part.length;
		this.#writable = begun ? client.write(part) : client.write(part, { topic, QoS: 1, id, byteLength: payload.length });
	}

	#subscribe(client: ModdableClient): void {
		const items = this.#options.subscriptions.map((topic) => ({ topic, QoS: 1 }));
		let bytes = 0;
		for (const { topic } of items) bytes += utf8Length(topic) + FILTER_OVERHEAD;
		if (this.#subscribed || bytes > this.#writable) return;
		this.#subscribed = true;
		this.#writable = client.write(null, { operation: SUBSCRIBE, id: SUBSCRIBE_ID, items });
	}

	#readPart(count: number, { topic, byteLength, more }: ReadableOptions): void {
		const part = this.#client?.read(count);
		if (topic !== undefined) {
			this.#topic = topic;
			this.#received = 0;
			this.#incoming =
				byteLength !== undefined && byteLength <= LONGEST_MESSAGE ? new Uint8Array(byteLength) : undefined;
		}
		const incoming = this.#incoming;
		if (part === undefined || incoming === undefined) return;
		incoming.set(new Uint8Array(part), this.#received);
		this.#received += part.byteLength;
		if (more) return;
		this.#incoming = undefined;
		const message = this.#topic;
		// The client goes on reading after this call, and must not be closed inside of it.
		this.#soon(() => this.#options.onMessage(message, incoming));
	}

	#end(why: MQTTEnd): void {
		this.close();
		this.#options.onEnded(why);
	}

	#clearGuard(): void {
		if (this.#guard !== undefined) this.#network.timer.clear(this.#guard);
		this.#guard = undefined;
	}

	#soon(work: () => void): void {
		this.#network.timer.set(() => {
			if (this.#phase !== "over") work();
		}, 0);
	}
}

/** A resolver that says nothing to a client that was closed: it would answer with an exception. */
function quietResolver(Resolver: ResolverConstructor, isOver: () => boolean): ResolverConstructor {
	return class extends Resolver {
		override resolve({ host, onResolved, onError }: ResolveRequest): void {
			super.resolve({
				host,
				onResolved: (name, address) => {
					if (!isOver()) onResolved(name, address);
				},
				onError: (name) => {
					if (!isOver()) onError(name);
				},
			});
		}
	};
}

function utf8Length(text: string): number {
	return encodeUtf8(text).length;
}
