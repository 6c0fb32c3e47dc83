// Every driver at work: four cells, a door, a lock, a screen, a light, a beep. Runs on XS and on Node.
import { Buzzer } from "@visionvend/drivers/buzzer";
import { HallSensor } from "@visionvend/drivers/hall-sensor";
import { HX711 } from "@visionvend/drivers/hx711";
import { Lock } from "@visionvend/drivers/lock";
import { NeoPixel } from "@visionvend/drivers/neopixel";
import { SSD1306 } from "@visionvend/drivers/ssd1306";
import { messages } from "@visionvend/drivers/strings";

export function start({ io, timer, log }) {
	const scales = [14, 4, 6, 8].map(
		(pin) => new HX711({ clock: { io: io.Digital, pin }, data: { io: io.Digital, pin: pin + 1 } }),
	);
	const lock = new Lock({ coil: { io: io.Digital, pin: 12 }, timer });
	const screen = new SSD1306({ display: { io: io.I2C, data: 10, clock: 11 } });
	const light = new NeoPixel({ output: { io: io.SPI, out: 21 }, length: 1 });
	const buzzer = new Buzzer({ output: { io: io.PWM, pin: 47 }, timer });
	screen.text(0, messages.es.thankYou, { large: true, center: true });
	screen.text(3, "2× señal €4.00");
	screen.show();
	light.setPixel(0, 1, 2, 250);
	light.update();
	buzzer.beep(100);
	lock.energise(1500);
	const door = new HallSensor({
		sensor: { io: io.Digital, pin: 13 },
		timer,
		onSample() {
			log("door", this.sample());
		},
	});
	log("door", door.sample());
	const sums = [0, 0, 0, 0];
	const poll = timer.repeat(() => {
		scales.forEach((scale, shelf) => {
			const sample = scale.sample();
			if (sample) sums[shelf] += sample.raw;
		});
	}, 50);
	timer.set(() => {
		timer.clear(poll);
		for (const scale of scales) scale.sleep();
		log("sums", sums);
		try {
			new Lock({ coil: { io: io.Digital, pin: 12 }, timer });
		} catch (error) {
			log("in use", error.kind);
		}
	}, 3000);
}
