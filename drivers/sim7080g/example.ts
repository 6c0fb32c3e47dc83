import type { DigitalConstructor } from "@visionvend/sdk/device/io/digital";
import type { SerialConstructor } from "@visionvend/sdk/device/io/serial";
import type { Timer } from "@visionvend/sdk/device/io/timer";
import { SIM7080G } from "./sim7080g.ts";

/** Goes online over LTE-M, says so, and hears commands. */
export function run(
	device: {
		readonly io: { readonly Digital: DigitalConstructor; readonly Serial: SerialConstructor };
		readonly timer: Timer;
	},
	onCommand: (topic: string, payload: Uint8Array) => void,
): SIM7080G {
	const { Digital, Serial } = device.io;
	const modem = new SIM7080G({
		serial: { io: Serial, receive: 18, transmit: 17 },
		power: { io: Digital, pin: 48 },
		timer: device.timer,
		apn: "iot.example",
	});
	const session = modem.connect({
		host: "mqtt.example",
		port: 1_883,
		tls: false,
		clientId: "fridge-7",
		user: "fridge-7",
		password: "secret",
		subscriptions: ["devices/fridge-7/commands/#"],
		onConnected: () => void session.publish("devices/fridge-7/status/health", Uint8Array.of(0x7b, 0x7d)),
		onMessage: onCommand,
		onAcknowledged: () => undefined,
		// Connect again, later each time.
		onEnded: () => undefined,
	});
	return modem;
}
