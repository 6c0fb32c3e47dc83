import type { SimulationClock } from "@visionvend/hardware-sim/clock";
import type { ModdableClient, ModdableClientConstructor, ModdableNetwork } from "../src/moddable/mqtt-session.ts";

type ClientOptions = ConstructorParameters<ModdableClientConstructor>[0];
type WriteOptions = NonNullable<Parameters<ModdableClient["write"]>[1]>;

/** What the client keeps of the socket's room for its own packets. */
const OVERHEAD = 8;

interface Publishing {
	readonly topic: string;
	readonly id: number;
	rest: number;
	text: string;
}

interface Published {
	readonly topic: string;
	readonly id: number;
	readonly payload: string;
}

/**
 * `embedded:network/mqtt/client` as the Moddable SDK has it (examples/io/tcp/mqttclient/mqttclient.js, June 2026), with
 * the broker behind it: writes are limited by the socket's room, messages come and go in parts, `read` must take what
 * `onReadable` announces, after `onError` the client closes itself, and a call on a closed one throws.
 */
export class FakeModdableClient implements ModdableClient {
	static readonly made: FakeModdableClient[] = [];
	readonly options: ClientOptions;
	readonly published: Published[] = [];
	subscribed: readonly string[] = [];
	closed = false;
	#room = 0;
	#publishing: Publishing | undefined;
	#unread: Uint8Array | undefined;

	constructor(options: ClientOptions) {
		this.options = options;
		FakeModdableClient.made.push(this);
		new options.dns.io(options.dns).resolve({
			host: options.host,
			onResolved: () => {
				if (this.closed) throw new TypeError("The client was closed while its name was looked up.");
			},
			onError: () => this.fail(),
		});
	}

	/** The broker says CONNACK, and the socket has so much room. */
	accept(room: number): void {
		this.options.onControl({ operation: 2 });
		this.makeRoom(room);
	}

	makeRoom(room: number): void {
		this.#room = room;
		if (room > OVERHEAD) this.options.onWritable(room - OVERHEAD);
	}

	grant(...granted: readonly number[]): void {
		this.options.onControl({ operation: 9, id: 1, payload: granted });
	}

	acknowledge(id: number): void {
		this.options.onControl({ operation: 4, id });
	}

	/** A message comes in, in parts of at most this size. */
	deliver(topic: string, payload: Uint8Array, partBytes = payload.length): void {
		for (let offset = 0; offset < payload.length; offset += partBytes) {
			const part = payload.slice(offset, offset + partBytes);
			this.#unread = part;
			const more = offset + partBytes < payload.length;
			this.options.onReadable(part.length, {
				more,
				...(offset === 0 ? { topic, byteLength: payload.length } : {}),
			});
			if (this.#unread !== undefined) throw new Error("The part was not read: the client would not go on.");
			if (this.closed) throw new Error("The client was closed inside of its own callback.");
		}
	}

	fail(): void {
		this.options.onError();
		if (this.closed) throw new Error("The client was closed inside of its own callback.");
		this.closed = true;
	}

	read(count: number): ArrayBuffer | undefined {
		const unread = this.#unread;
		if (unread === undefined || count !== unread.length) throw new Error("There is something else to read.");
		this.#unread = undefined;
		return Uint8Array.from(unread).buffer;
	}

	write(data: Uint8Array | null, options?: WriteOptions): number {
		if (this.closed) throw new TypeError("The client is closed.");
		const publishing = this.#publishing;
		if (publishing !== undefined) {
			if (options !== undefined || data === null || data.length > publishing.rest) throw new Error("invalid");
			this.#take(data.length);
			this.#add(publishing, data);
		} else if (options?.operation === 8) {
			const items = options.items ?? [];
			this.#take(5 + items.reduce((sum, { topic }) => sum + topic.length + 3, 0));
			this.subscribed = items.map(({ topic }) => topic);
		} else {
			const { topic = "", byteLength = 0, QoS, id = 0 } = options ?? {};
			if (data === null || topic === "" || QoS !== 1) throw new Error("invalid");
			const lengthBytes = byteLength + topic.length + 4 < 128 ? 1 : 2;
			this.#take(1 + lengthBytes + 2 + topic.length + 2 + data.length);
			this.#publishing = { topic, id, rest: byteLength, text: "" };
			this.#add(this.#publishing, data);
		}
		return Math.max(0, this.#room - OVERHEAD);
	}

	close(): void {
		this.closed = true;
	}

	#take(bytes: number): void {
		if (bytes > this.#room) throw new Error("overflow");
		this.#room -= bytes;
	}

	#add(publishing: Publishing, data: Uint8Array): void {
		publishing.text += Buffer.from(data).toString("latin1");
		publishing.rest -= data.length;
		if (publishing.rest > 0) return;
		this.#publishing = undefined;
		this.published.push({ topic: publishing.topic, id: publishing.id, payload: publishing.text });
	}
}

export function fakeNetwork(
	clock: SimulationClock,
	timer: ModdableNetwork["timer"],
	isUp: () => boolean,
): ModdableNetwork {
	return {
		timer,
		isUp,
		Client: FakeModdableClient,
		Resolver: class {
			resolve({ host, onResolved }: { host: string; onResolved(host: string, address: string): void }): void {
				clock.callbackAfter(5e9, () => onResolved(host, "192.0.2.1"));
			}
		},
		resolver: () => ({ servers: ["192.0.2.53"] }),
		socket: (tls) => ({ tls }),
	};
}
