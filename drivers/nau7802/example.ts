import type { I2CConstructor } from "@visionvend/sdk/device/io/i2c";
import type { Timer } from "@visionvend/sdk/device/io/timer";
import { NAU7802 } from "./nau7802.ts";

/** Reads a load cell twenty times a second, which is often enough not to miss one of its ten readings. */
export function run(
	device: { readonly io: { readonly I2C: I2CConstructor }; readonly timer: Timer },
	onReading: (raw: number) => void,
): NAU7802 {
	const scale = new NAU7802({ sensor: { io: device.io.I2C, data: 10, clock: 11 } });
	device.timer.repeat(() => {
		const sample = scale.sample();
		if (sample !== undefined && sample.faults === undefined) onReading(sample.raw);
	}, 50);
	return scale;
}
