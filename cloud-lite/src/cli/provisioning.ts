import type { Config } from "@visionvend/sdk/config/parse-config";
import type { ControllerConfiguration } from "@visionvend/sdk/device/messages";
import type { ProvisionedMachine } from "../machines/machine-registry.ts";

// A 20 kg single-point cell of 2 mV/V on an HX711 at gain 128; a first value until the scale is calibrated.
const nominalCountsPerKilogram = 107_374;
const linkBaud = 115_200;

/** `controller.json`: what the firmware keeps under the storage key `configuration`. */
export function controllerFile(
	config: Config,
	{ machineId, controllerKeys }: ProvisionedMachine,
): ControllerConfiguration {
	const { pins } = config;
	return {
		machineId,
		keys: controllerKeys,
		pins: {
			lock: pins.mosfet,
			hall: pins.hallSensor,
			oledData: pins.oledData,
			oledClock: pins.oledClock,
			neopixel: pins.neopixel,
			buzzer: pins.buzzer,
			linkReceive: pins.linkReceive,
			linkTransmit: pins.linkTransmit,
			piSignal: pins.piSignal,
		},
		scales: pins.hx711Clock.flatMap((clock, shelf) => {
			const data = pins.hx711Data[shelf];
			if (data === undefined) return [];
			return [{ shelf, clock, data, zeroCounts: 0, loadCounts: nominalCountsPerKilogram, loadMilligrams: 1_000_000 }];
		}),
		lock: config.lock,
		languages: [...config.languages],
		linkBaud,
	};
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
