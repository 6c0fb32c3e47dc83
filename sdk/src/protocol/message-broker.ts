/**
 * Takes a message. The broker keeps it until what is returned resolves, so that it comes again when this process dies
 * before; where nothing is returned, it is taken at once. Messages are acknowledged in the order that they came: what
 * waits for long holds up those behind it.
 */
export type OnMessage = (topic: string, payload: string) => Promise<void> | void;

/** A client's view of an MQTT broker. Delivery is at least once: whoever receives must recognise a duplicate. */
export interface MessageBroker {
	/**
	 * Resolves once the broker took the message over (PUBACK of QoS 1). Rejects when there is no connection, or no
	 * acknowledgement within 5 s: the message may have arrived all the same.
	 */
	publish(topic: string, payload: string): Promise<void>;
	/**
	 * Calls `onMessage` for every message whose topic matches `filter` (MQTT wildcards `+` and `#`), across reconnects.
	 * Resolves when the broker granted it, or at once while there is no connection: it is then asked for on connecting.
	 */
	subscribe(filter: string, onMessage: OnMessage): Promise<void>;
	/** Calls `listener` each time the connection comes up or goes down. */
	onConnectionChange(listener: (connected: boolean) => void): void;
	readonly connected: boolean;
	/** Leaves the broker. A second call does nothing. */
	close(): Promise<void>;
}
