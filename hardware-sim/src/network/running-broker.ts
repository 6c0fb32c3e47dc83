/** Somebody who may connect. `cloud` reaches every machine, every other name only the machine of that name. */
export interface BrokerUser {
	readonly username: string;
	readonly password: string;
}

/** A real MQTT broker on a port of this machine. */
export interface RunningBroker {
	readonly kind: "aedes" | "mosquitto";
	/** `mqtt://127.0.0.1:…`, or `mqtts://` where the way is encrypted. */
	readonly url: string;
	/** The authority to trust, PEM, and the file that it lies in; with TLS only. */
	readonly ca?: string;
	readonly caFile?: string;
	/** Why it is not the better broker, one line for people; absent when it is. */
	readonly excuse?: string;
	/** The broker dies at once; clients notice. */
	kill(): Promise<void>;
	/** After `kill`: the same address again, with the sessions that were kept. */
	restart(): Promise<void>;
	/** Ends in good order. */
	close(): Promise<void>;
}
