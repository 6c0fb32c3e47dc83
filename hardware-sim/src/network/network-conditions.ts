/**
 * What the network between one client and the broker does to its packets. MQTT runs over TCP, so a packet that is lost
 * for good takes the connection with it; whether the broker had it by then, nobody can tell.
 */
export interface NetworkConditions {
	/** Of a thousand packets, how many are lost, and the connection with them. */
	readonly lossPermille?: number;
	/** Of a thousand messages to the client, how many arrive twice. */
	readonly duplicatePermille?: number;
	/** On top of the usual latency. */
	readonly delayMs?: number;
	/** Up to this much more, each message on its own: later ones overtake. */
	readonly jitterMs?: number;
}
