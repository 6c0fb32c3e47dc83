/** What a modem's MQTT client asks of the world behind the antenna. */
export interface ModemBroker {
	/** Begins to connect. Callbacks come later, never from inside this call. */
	connect(options: ModemBrokerOptions): ModemBrokerConnection;
}

export interface ModemBrokerOptions {
	readonly host: string;
	readonly port: number;
	readonly tls: boolean;
	readonly clientId: string;
	readonly user: string;
	readonly password: string;
	onConnected(): void;
	onMessage(topic: string, payload: Uint8Array): void;
	/** Refused, or over. Nothing comes after it. */
	onEnded(): void;
}

export interface ModemBrokerConnection {
	/** QoS 1: `onAcknowledged` when the broker has taken it over. */
	publish(topic: string, payload: Uint8Array, onAcknowledged: () => void): void;
	subscribe(filter: string, onAnswer: (granted: boolean) => void): void;
	/** The radio is gone, or the modem says goodbye: no callback afterwards. */
	close(): void;
}
