import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { MQTT, MQTTConstructor, MQTTOptions } from "@visionvend/sdk/device/io/mqtt";
import type { ModemBroker, ModemBrokerConnection } from "../chips/sim7080g-broker.ts";

/** A device's own MQTT client over a radio link to `broker`: what Wi-Fi gives to firmware. */
export function memoryMQTT(broker: ModemBroker): MQTTConstructor {
	return class MemoryMQTT implements MQTT {
		readonly #connection: ModemBrokerConnection;
		readonly #onAcknowledged: (identifier: number) => void;
		#lastIdentifier = 0;
		#isWaiting = false;
		#isOver = false;

		constructor(options: MQTTOptions) {
			const { host, port, tls, clientId, user = "", password = "", onMessage, onAcknowledged } = options;
			this.#onAcknowledged = onAcknowledged;
			this.#connection = broker.connect({
				host,
				port,
				tls,
				clientId,
				user,
				password,
				onConnected: () => this.#subscribe([...options.subscriptions], options),
				onMessage: (topic, payload) => onMessage(topic, payload),
				onEnded: () => this.#end(options, "lost"),
			});
		}

		publish(topic: string, payload: Uint8Array): number {
			if (this.#isOver) throw new HardwareError("closed", "This MQTT session is over. Make a new one.");
			if (this.#isWaiting)
				throw new HardwareError("overrun", "MQTT: the message before is not acknowledged yet. Wait for it.");
			this.#isWaiting = true;
			const identifier = ++this.#lastIdentifier;
			this.#connection.publish(topic, payload, () => {
				this.#isWaiting = false;
				this.#onAcknowledged(identifier);
			});
			return identifier;
		}

		close(): void {
			this.#isOver = true;
			this.#connection.close();
		}

		#subscribe(filters: string[], options: MQTTOptions): void {
			const filter = filters.shift();
			if (filter === undefined) {
				options.onConnected();
				return;
			}
			this.#connection.subscribe(filter, (granted) => {
				if (granted) this.#subscribe(filters, options);
				else this.#end(options, "refused");
			});
		}

		#end(options: MQTTOptions, why: "lost" | "refused"): void {
			if (this.#isOver) return;
			this.close();
			options.onEnded(why);
		}
	};
}
