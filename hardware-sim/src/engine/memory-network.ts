import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { MQTT, MQTTConstructor, MQTTEnd, MQTTOptions } from "@visionvend/sdk/device/io/mqtt";
import type { SimulationClock } from "../clock.ts";
import { mayUse } from "../network/access.ts";
import type { MemoryBroker, MemoryClient } from "../network/memory-broker.ts";
import type { EngineNetwork } from "./engine.ts";

export interface MemoryNetworkOptions {
	readonly clock: SimulationClock;
	readonly broker: MemoryBroker;
	/** From the device to the broker, and back, nanoseconds; 20 ms by default. */
	readonly latencyNs?: number;
	/** The networks in the air: whether this name and password let somebody in. All do by default. */
	readonly mayJoin?: (ssid: string, password: string) => boolean;
	/** The broker's list of users. All may enter by default. */
	readonly mayEnter?: (user: string, password: string) => boolean;
	/** dBm while the device is in a network; -60 by default. */
	readonly signalDbm?: number;
}

/** How long a client waits for an answer to its first packet: the MQTT client of the Moddable SDK waits so long. */
const CONNECT_TIMEOUT_NS = 30e9;
/** After so much silence a client with a keep-alive of 60 s gives its session up. */
const SILENCE_NS = 90e9;

/** Wi-Fi and internet between one device and a {@link MemoryBroker}, on virtual time. */
export class MemoryNetwork implements EngineNetwork {
	readonly MQTT: MQTTConstructor;
	readonly #options: MemoryNetworkOptions;
	readonly #sessions = new Set<MemorySession>();
	#joined = false;
	#partitioned = false;

	constructor(options: MemoryNetworkOptions) {
		this.#options = options;
		const network: SessionNetwork = {
			options,
			isReachable: () => this.#joined && !this.#partitioned,
			sessions: this.#sessions,
		};
		this.MQTT = class extends MemorySession {
			constructor(session: MQTTOptions) {
				super(network, session);
			}
		};
	}

	joinWiFi(ssid: string, password: string): void {
		this.#joined = this.#options.mayJoin?.(ssid, password) ?? true;
	}

	signalStrength(): number | undefined {
		return this.#joined ? (this.#options.signalDbm ?? -60) : undefined;
	}

	/** Nothing comes through any more, in no direction, and nobody is told. */
	partition(): void {
		this.#partitioned = true;
		for (const session of this.#sessions) session.silence();
	}

	/** New sessions come through. Those from before the partition stay silent, as after a change of address. */
	heal(): void {
		this.#partitioned = false;
	}

	/** Every connection is reset. */
	cut(): void {
		for (const session of [...this.#sessions]) session.end("lost");
	}
}

interface SessionNetwork {
	readonly options: MemoryNetworkOptions;
	readonly isReachable: () => boolean;
	readonly sessions: Set<MemorySession>;
}

class MemorySession implements MQTT {
	readonly #network: SessionNetwork;
	readonly #options: MQTTOptions;
	readonly #user: string;
	#client: MemoryClient | undefined;
	#identifier = 0;
	#inFlight: number | undefined;
	#silent = false;
	#over = false;

	constructor(network: SessionNetwork, options: MQTTOptions) {
		this.#network = network;
		this.#options = options;
		this.#user = options.user ?? "";
		network.sessions.add(this);
		if (network.isReachable()) this.#later(() => this.#enter());
		else this.silence(CONNECT_TIMEOUT_NS);
	}

	publish(topic: string, payload: Uint8Array): number {
		if (this.#over) throw new HardwareError("closed", "This MQTT session is over. Open a new one.");
		if (this.#inFlight !== undefined) {
			throw new HardwareError("overrun", "A message is on its way. Wait until the broker has it.");
		}
		const text = Buffer.from(payload).toString("utf8");
		this.#identifier = (this.#identifier % 0xffff) + 1;
		const identifier = this.#identifier;
		this.#inFlight = identifier;
		this.#later(() => {
			const client = this.#client;
			// A broker of MQTT 3.1.1 ends the session of a client that publishes where it may not.
			if (client?.connected !== true || !mayUse(this.#user, topic)) {
				this.end("lost");
				return;
			}
			// On a bad network the connection breaks, and nobody knows whether the broker has it.
			client.publish(topic, text).catch(() => this.end("lost"));
			if (client.connected) this.#later(() => this.#acknowledge(identifier));
		});
		return identifier;
	}

	close(): void {
		this.#leave();
	}

	/** From now on nothing comes through; the client notices after `noticedNs`. */
	silence(noticedNs: number = SILENCE_NS): void {
		if (this.#silent || this.#over) return;
		this.#silent = true;
		this.#client?.kill();
		this.#network.options.clock.callbackAfter(noticedNs, () => this.end("timeout"));
	}

	/** Tells the device that the session is over. */
	end(why: MQTTEnd): void {
		if (this.#over) return;
		this.#leave();
		this.#network.options.clock.callback(() => this.#options.onEnded(why));
	}

	#enter(): void {
		const { broker, mayEnter } = this.#network.options;
		const { clientId, password = "", subscriptions } = this.#options;
		if (!broker.running) {
			this.end("lost");
			return;
		}
		if (mayEnter?.(this.#user, password) === false) {
			this.end("refused");
			return;
		}
		const client = broker.client(this.#user, clientId);
		this.#client = client;
		client.onConnectionChange((connected) => {
			if (!connected) this.end("lost");
		});
		for (const filter of subscriptions) {
			void client.subscribe(filter, (topic, payload) => {
				this.#later(() => this.#options.onMessage(topic, Buffer.from(payload, "utf8")));
			});
		}
		this.#later(() => this.#options.onConnected());
	}

	#acknowledge(identifier: number): void {
		this.#inFlight = undefined;
		this.#options.onAcknowledged(identifier);
	}

	#leave(): void {
		this.#over = true;
		this.#network.sessions.delete(this);
		this.#client?.kill();
	}

	#later(run: () => void): void {
		const { clock, latencyNs = 20_000_000 } = this.#network.options;
		clock.callbackAfter(latencyNs, () => {
			if (!this.#over && !this.#silent) run();
		});
	}
}
