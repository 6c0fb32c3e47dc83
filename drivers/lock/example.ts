import type { DigitalConstructor } from "@visionvend/sdk/device/io/digital";
import type { Timer } from "@visionvend/sdk/device/io/timer";
import { Lock } from "./lock.ts";

/** Opens a door for three seconds. */
export function run(device: { readonly io: { readonly Digital: DigitalConstructor }; readonly timer: Timer }): Lock {
	const lock = new Lock({
		coil: { io: device.io.Digital, pin: 12 },
		timer: device.timer,
	});
	lock.energise(3_000);
	return lock;
}
