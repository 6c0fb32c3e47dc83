// The program of inputs-on-xs.test.ts: battery, motion, button, bolt and a scale over SPI on one controller.
import { Battery } from "@visionvend/drivers/battery";
import { HX711 } from "@visionvend/drivers/hx711";
import { Lock } from "@visionvend/drivers/lock";
import { PIR } from "@visionvend/drivers/pir";
import { RestockButton } from "@visionvend/drivers/restock-button";

export function start({ io, timer, log }) {
	const { Analog, Digital, SPI } = io;
	const battery = new Battery({
		input: { io: Analog, pin: 1 },
		divider: { upperOhms: 47_000, lowerOhms: 10_000 },
		conversions: 1,
	});
	const lock = new Lock({
		coil: { io: Digital, pin: 12 },
		feedback: { io: Digital, pin: 39 },
		timer,
		onFault() {
			log("bolt", this.sample());
		},
	});
	const scale = new HX711({ sensor: { io: SPI, out: 14, in: 15 } });
	new PIR({
		sensor: { io: Digital, pin: 2 },
		timer,
		warmUpMs: 1_000,
		onSample() {
			log("motion", this.sample());
		},
	});
	new RestockButton({
		button: { io: Digital, pin: 38 },
		timer,
		onPress: () => log("press", {}),
		onHold: () => log("hold", {}),
	});
	let readings = 0;
	timer.repeat(() => {
		if (scale.sample() !== undefined) readings++;
	}, 50);
	log("battery", battery.sample());
	timer.set(() => {
		lock.energise(3_000);
		log("battery", battery.sample());
	}, 4_000);
	timer.set(() => log("readings", { readings, bolt: lock.sample() }), 9_000);
}
