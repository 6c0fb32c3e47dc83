import type { DriverSubject } from "@visionvend/sdk/conformance/driver-subject";
import { SIM7080G } from "./sim7080g.ts";

export const subject: DriverSubject = Object.freeze({
	part: "sim7080g",
	options: ({ io: { Digital, Serial }, timer }) => ({
		serial: { io: Serial, receive: 18, transmit: 17 },
		power: { io: Digital, pin: 48 },
		timer,
		apn: "iot.example",
		onError: () => undefined,
	}),
	open: (options) => Reflect.construct(SIM7080G, [options]),
	bad: Object.freeze([
		{ serial: undefined },
		{ serial: {} },
		{ power: { pin: 48 } },
		{ timer: undefined },
		{ apn: 'a"b' },
		{ pin: "12" },
		{ network: "5g" },
		{ onError: 1 },
	]),
	use(driver, callback = () => undefined) {
		if (!(driver instanceof SIM7080G)) throw new TypeError("SIM7080G: not a driver of this subject.");
		return [
			() => driver.sample(),
			() => driver.configure({}),
			() =>
				driver
					.connect({
						host: "mqtt.example",
						port: 1_883,
						tls: false,
						clientId: "fridge-7",
						subscriptions: [],
						onConnected: callback,
						onMessage: callback,
						onAcknowledged: callback,
						onEnded: callback,
					})
					.close(),
		];
	},
	repeats: Object.freeze([{ apn: "iot.example" }, { network: "both" }]),
} satisfies DriverSubject);
