import type { IO } from "./io.ts";

/** Why a connection ended, or was not made. */
export type MQTTEnd =
	/** `close` of the other side, or the network went away. */
	| "lost"
	/** Nobody answered in time. */
	| "timeout"
	/** The broker is there and wants nothing of this client: name, password or client id. */
	| "refused";

/** One attempt at one session with an MQTT broker (3.1.1, QoS 1). Callbacks never run inside the constructor or a method. */
export interface MQTTOptions {
	/** Name or address of the broker. */
	readonly host: string;
	readonly port: number;
	/** MQTT over TLS. */
	readonly tls: boolean;
	readonly clientId: string;
	readonly user?: string;
	readonly password?: string;
	/** Filters to subscribe to with QoS 1 before `onConnected`. */
	readonly subscriptions: readonly string[];
	/** Connected, and every subscription granted. At most once. */
	onConnected(): void;
	onMessage(topic: string, payload: Uint8Array): void;
	/** The broker has taken over the message that `publish` gave this number (PUBACK). */
	onAcknowledged(identifier: number): void;
	/** The session is over, or never was. At most once, and nothing comes after it. */
	onEnded(why: MQTTEnd): void;
}

export interface MQTT extends IO {
	/**
	 * Sends with QoS 1 and returns the number that `onAcknowledged` will name. Throws a `HardwareError` of kind
	 * `overrun` while the previous message is not acknowledged: a device has one message in flight.
	 */
	publish(topic: string, payload: Uint8Array): number;
}

export interface MQTTConstructor {
	new (options: MQTTOptions): MQTT;
}
