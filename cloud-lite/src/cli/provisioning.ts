import { controllerConfiguration } from "@visionvend/sdk/config/controller-configuration";
import type { Config } from "@visionvend/sdk/config/parse-config";
import type { ControllerConfiguration } from "@visionvend/sdk/device/messages";
import type { ProvisionedMachine } from "../machines/machine-registry.ts";

// A 20 kg single-point cell of 2 mV/V on an HX711 at gain 128; a first value until the scale is calibrated.
const nominalScale = Object.freeze({ zeroCounts: 0, loadCounts: 107_374, loadMilligrams: 1_000_000 });
const linkBaud = 115_200;

/** `controller.json`: what the firmware keeps under the storage key `configuration`. */
export function controllerFile(
	config: Config,
	{ machineId, controllerKeys }: ProvisionedMachine,
): ControllerConfiguration {
	const scales = config.pins.hx711Data.map(() => nominalScale);
	const named = { ...config, machine: { ...config.machine, id: machineId } };
	return controllerConfiguration(named, controllerKeys, scales, linkBaud);
}

/** `pi.json`: what `visionvend-pi serve --config` reads. */
export function piFile(config: Config, { machineId, piKeys, broker }: ProvisionedMachine): object {
	const { mqtt, products } = config;
	return {
		machineId,
		keys: piKeys,
		products,
		databaseUrl: "file:/var/lib/visionvend/pi.db",
		broker: {
			url: `${mqtt.tls ? "mqtts" : "mqtt"}://${mqtt.broker}:${mqtt.port}`,
			username: broker.username,
			password: broker.password,
			...(mqtt.caFile === undefined ? {} : { caFile: mqtt.caFile }),
		},
		uart: "/dev/serial0",
		baud: linkBaud,
		healthPort: 8_081,
	};
}
