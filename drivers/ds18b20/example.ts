import type { SerialConstructor } from "@visionvend/sdk/device/io/serial";
import type { Timer } from "@visionvend/sdk/device/io/timer";
import { DS18B20 } from "./ds18b20.ts";

/** Tells the temperature of a fridge every five seconds, and when nobody knows it any more. */
export function run(
	device: { readonly io: { readonly Serial: SerialConstructor }; readonly timer: Timer },
	onTemperature: (celsius: number | undefined) => void,
): DS18B20 {
	return new DS18B20({
		bus: { io: device.io.Serial, receive: 41, transmit: 40 },
		timer: device.timer,
		onSample() {
			const sample = this.sample();
			if (sample !== undefined) onTemperature(sample.temperature);
		},
	});
}
