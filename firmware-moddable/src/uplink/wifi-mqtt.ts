import { MqttUplink } from "./mqtt-uplink.ts";
import type { Uplink, UplinkOptions } from "./uplink.ts";

/** MQTT over the board's own Wi-Fi. Throws a `RangeError` where `uplinkProblem` has something to say. */
export function openWiFiUplink(options: UplinkOptions): Uplink {
	const { host, configuration } = options;
	const { ssid, password = "", broker } = configuration.uplink;
	const { mqtt } = host;
	if (mqtt === undefined || broker === undefined || ssid === undefined) {
		throw new RangeError("The uplink over Wi-Fi needs a board with Wi-Fi, an ssid and a broker.");
	}
	host.joinWiFi?.(ssid, password);
	return new MqttUplink({
		...options,
		MQTT: mqtt,
		broker,
		signalDbm: () => host.signalStrength(),
		onClose: () => undefined,
	});
}
