import type { DigitalConstructor } from "@visionvend/sdk/device/io/digital";
import type { Timer } from "@visionvend/sdk/device/io/timer";
import { HX711 } from "./hx711.ts";

/** Reads a load cell twenty times a second, which is often enough not to miss one of its ten readings. */
export function run(
	device: { readonly io: { readonly Digital: DigitalConstructor }; readonly timer: Timer },
	onReading: (raw: number) => void,
): HX711 {
	const { Digital } = device.io;
	const scale = new HX711({ clock: { io: Digital, pin: 14 }, data: { io: Digital, pin: 15 } });
	device.timer.repeat(() => {
		const sample = scale.sample();
		if (sample !== undefined && sample.faults === undefined) onReading(sample.raw);
	}, 50);
	return scale;
}
