// A modem goes online, publishes the longest message and says what it hears. Runs on XS and on Node.
import { SIM7080G } from "@visionvend/drivers/sim7080g";

export function start({ io, timer, log }) {
	const modem = new SIM7080G({
		serial: { io: io.Serial, receive: 18, transmit: 17 },
		power: { io: io.Digital, pin: 48 },
		timer,
		apn: "iot.example",
	});
	const session = modem.connect({
		host: "mqtt.example",
		port: 1883,
		tls: false,
		clientId: "fridge-7",
		user: "fridge-7",
		password: "secret",
		subscriptions: ["devices/fridge-7/commands/#"],
		onConnected() {
			session.publish("devices/fridge-7/status/hello", new Uint8Array(1024).fill(0x41));
		},
		onMessage(topic, payload) {
			log("message", { topic, length: payload.length });
		},
		onAcknowledged(identifier) {
			log("acknowledged", { identifier });
		},
		onEnded(why) {
			log("ended", { why });
		},
	});
	timer.set(() => log("sample", modem.sample()), 25000);
}
