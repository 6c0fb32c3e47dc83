// A fridge with every part that finds a pin: what cannot stand beside it is tried alone. Runs on XS and on Node.
import { Battery } from "@visionvend/drivers/battery";
import { Buzzer } from "@visionvend/drivers/buzzer";
import { DS18B20 } from "@visionvend/drivers/ds18b20";
import { HallSensor } from "@visionvend/drivers/hall-sensor";
import { HX711 } from "@visionvend/drivers/hx711";
import { Lock } from "@visionvend/drivers/lock";
import { NAU7802 } from "@visionvend/drivers/nau7802";
import { NeoPixel } from "@visionvend/drivers/neopixel";
import { PIR } from "@visionvend/drivers/pir";
import { RestockButton } from "@visionvend/drivers/restock-button";
import { SSD1306 } from "@visionvend/drivers/ssd1306";
import { messages } from "@visionvend/drivers/strings";
import { VL53L1X } from "@visionvend/drivers/vl53l1x";

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
	const battery = new Battery({
		input: { io: io.Analog, pin: 1 },
		divider: { upperOhms: 47000, lowerOhms: 10000 },
	});
	const thermometer = new DS18B20({ bus: { io: io.Serial, receive: 41, transmit: 40 }, timer });
	const counter = new NAU7802({ sensor: { io: io.I2C, data: 10, clock: 11 } });
	const visitor = new PIR({ sensor: { io: io.Digital, pin: 2 }, timer, warmUpMs: 1000 });
	const distance = new VL53L1X({ sensor: { io: io.I2C, data: 10, clock: 11 } });
	const button = new RestockButton({
		button: { io: io.Digital, pin: 38 },
		timer,
		onPress: () => log("press", true),
	});
	const sums = [0, 0, 0, 0];
	const sensors = [battery, thermometer, counter, visitor, distance, button];
	const newest = sensors.map(() => undefined);
	const poll = timer.repeat(() => {
		scales.forEach((scale, shelf) => {
			const sample = scale.sample();
			if (sample) sums[shelf] += sample.raw;
		});
		sensors.forEach((sensor, index) => {
			newest[index] = sensor.sample() ?? newest[index];
		});
	}, 50);
	timer.set(() => {
		timer.clear(poll);
		for (const scale of scales) scale.sleep();
		log("sums", sums);
		sensors.forEach((sensor, index) => {
			log("sample", { model: sensor.identification.model, sample: newest[index] });
			sensor.close();
		});
		try {
			new Lock({ coil: { io: io.Digital, pin: 12 }, timer });
		} catch (error) {
			log("in use", error.kind);
		}
	}, 3000);
}
