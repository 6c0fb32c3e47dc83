import { startAedes } from "./aedes-broker.ts";
import { startMosquitto } from "./mosquitto.ts";
import type { BrokerUser, RunningBroker } from "./running-broker.ts";

export type { BrokerUser, RunningBroker };

/**
 * The best broker that this machine can run: mosquitto with TLS 1.3 where it is installed, else aedes in this process,
 * with its `excuse`.
 * @param options.folder an existing folder for certificates and what the broker keeps.
 */
export async function startBroker(options: {
	readonly folder: string;
	readonly users: readonly BrokerUser[];
	/** `aedes` does not look for mosquitto. */
	readonly kind?: "best" | "aedes" | undefined;
}): Promise<RunningBroker> {
	if (options.kind === "aedes") return startAedes(options);
	const mosquitto = await startMosquitto({ users: options.users, directory: options.folder });
	if (!("absent" in mosquitto)) return mosquitto;
	return { ...(await startAedes(options)), excuse: mosquitto.absent };
}
