import type { Product } from "@visionvend/sdk/catalog/product";
import type { ProvisionedMachine } from "./machine-registry.ts";

/** Where the broker is, as a Pi reaches it. */
export interface PiBroker {
	readonly host: string;
	readonly port: number;
	readonly tls: boolean;
	/** On the Pi. */
	readonly caFile?: string | undefined;
}

/** `pi.json`: what `visionvend-pi serve --config` reads. */
export function piFile(
	{ machineId, piKeys, broker: { username, password } }: ProvisionedMachine,
	products: readonly Product[],
	{ host, port, tls, caFile }: PiBroker,
	linkBaud: number,
): Record<string, unknown> {
	return {
		machineId,
		keys: piKeys,
		products,
		databaseUrl: "file:/var/lib/visionvend/pi.db",
		broker: {
			url: `${tls ? "mqtts" : "mqtt"}://${host}:${port}`,
			username,
			password,
			...(caFile === undefined ? {} : { caFile }),
		},
		uart: "/dev/serial0",
		baud: linkBaud,
		healthPort: 8_081,
	};
}
