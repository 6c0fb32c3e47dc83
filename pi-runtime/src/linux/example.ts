import { HallSensor } from "@visionvend/drivers/hall-sensor";
import { HX711 } from "@visionvend/drivers/hx711";
import { Lock } from "@visionvend/drivers/lock";
import { SSD1306 } from "@visionvend/drivers/ssd1306";
import type { LinuxProvider } from "./provider.ts";

/** A shelf with a door, on the header of a Raspberry Pi: unlocks for three seconds, shows the door and the load cell. */
export function run(device: LinuxProvider): { close(): void } {
	const { Digital } = device.io;
	const screen = new SSD1306({ display: { ...device.i2c.default } }); // header pins 3 and 5
	const scale = new HX711({ sensor: { ...device.spi.default, hz: 1_000_000 } }); // header pins 19 and 21
	const door = new HallSensor({
		sensor: { io: Digital, pin: 17 }, // header pin 11
		timer: device.timer,
		onSample() {
			show(0, `Door ${this.sample().position}`);
		},
	});
	const lock = new Lock({
		coil: { io: Digital, pin: 27 }, // header pin 13
		timer: device.timer,
	});

	function show(line: number, text: string): void {
		screen.text(line, text.padEnd(21));
		screen.show();
	}

	const reading = device.timer.repeat(() => {
		const sample = scale.sample();
		if (sample !== undefined && sample.faults === undefined) show(2, `Counts ${sample.raw}`);
	}, 50);
	show(0, `Door ${door.sample().position}`);
	lock.energise(3_000);
	return {
		close() {
			device.timer.clear(reading);
			for (const part of [lock, door, scale, screen]) part.close();
		},
	};
}
