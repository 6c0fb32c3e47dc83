import type { SimulationClock } from "../clock.ts";
import { mayUse } from "../network/access.ts";
import type { MemoryBroker } from "../network/memory-broker.ts";
import type { ModemBroker } from "./sim7080g-broker.ts";

const defaultLatencyNs = 60_000_000;

/**
 * The broker of the simulation as a modem reaches it, over a radio of `latencyNs` each way (60 ms where not given, about
 * what LTE-M takes). Clean sessions: what is published while the modem is away is not kept for it.
 */
export function memoryModemBroker(options: {
	readonly clock: SimulationClock;
	readonly broker: MemoryBroker;
	readonly latencyNs?: number;
	/** Checks name and password; everybody may enter where not given. */
	readonly mayEnter?: (user: string, password: string) => boolean;
}): ModemBroker {
	const { clock, broker, latencyNs = defaultLatencyNs, mayEnter = () => true } = options;
	return {
		connect(session) {
			let isOver = false;
			/** Runs unless the connection is over by then. */
			const later = (run: () => void): void => {
				clock.callbackAfter(latencyNs, () => {
					if (!isOver) run();
				});
			};
			const end = (): void => {
				isOver = true;
				client?.kill();
				session.onEnded();
			};
			let client: ReturnType<MemoryBroker["client"]> | undefined;
			later(() => {
				if (!broker.running || !mayEnter(session.user, session.password)) return later(end);
				client = broker.client(session.user, session.clientId);
				client.onConnectionChange((connected) => {
					if (!connected && !isOver) end();
				});
				later(() => session.onConnected());
			});
			return {
				publish: (topic, payload, onAcknowledged) => {
					const text = new TextDecoder("utf-8", { fatal: true }).decode(payload);
					later(() => {
						// A broker closes the connection of a client that publishes where it may not.
						if (!mayUse(session.user, topic) || client?.connected !== true) return end();
						void client.publish(topic, text);
						later(onAcknowledged);
					});
				},
				subscribe: (filter, onAnswer) => {
					later(() => {
						void client?.subscribe(filter, (topic, payload) => {
							if (!isOver) session.onMessage(topic, new TextEncoder().encode(payload));
						});
						later(() => onAnswer(true));
					});
				},
				close: () => {
					isOver = true;
					client?.kill();
				},
			};
		},
	};
}
