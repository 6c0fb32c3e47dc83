import type { DigitalConstructor } from "@visionvend/sdk/device/io/digital";
import type { Timer } from "@visionvend/sdk/device/io/timer";
import { HallSensor } from "./hall-sensor.ts";

/** Tells when the door opens and closes, once each time. */
export function run(
	device: { readonly io: { readonly Digital: DigitalConstructor }; readonly timer: Timer },
	onDoor: (position: "closed" | "open") => void,
): HallSensor {
	return new HallSensor({
		sensor: { io: device.io.Digital, pin: 13 },
		timer: device.timer,
		onSample() {
			onDoor(this.sample().position);
		},
	});
}
