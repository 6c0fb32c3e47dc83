import { SIM7080G } from "@visionvend/drivers/sim7080g";
import { MqttUplink } from "./mqtt-uplink.ts";
import type { Uplink, UplinkOptions } from "./uplink.ts";

/** MQTT of a SIM7080G on the pins that otherwise lead to the pi. Throws a `RangeError` where `uplinkProblem` has something to say. */
export function openLteUplink(options: UplinkOptions): Uplink {
	const { host, configuration } = options;
	const { pins, uplink } = configuration;
	const { apn = "", broker } = uplink;
	if (broker === undefined) throw new RangeError("The uplink over LTE needs a broker.");
	const modem = new SIM7080G({
		serial: { io: host.io.Serial, receive: pins.linkReceive, transmit: pins.linkTransmit },
		...(pins.modemPower === undefined ? undefined : { power: { io: host.io.Digital, pin: pins.modemPower } }),
		timer: host.timer,
		apn,
		onError: (error) => host.log("modem.failed", { message: error.message }),
	});
	return new MqttUplink({
		...options,
		MQTT: modem.mqtt,
		broker,
		signalDbm: () => modem.sample()?.signalStrength,
		onClose: () => modem.close(),
	});
}
