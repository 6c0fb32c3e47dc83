import type { DigitalConstructor } from "@visionvend/sdk/device/io/digital";
import type { Timer } from "@visionvend/sdk/device/io/timer";
import { PIR } from "./pir.ts";

/** Tells when somebody comes and goes, from a minute after power-up on. */
export function run(
	device: { readonly io: { readonly Digital: DigitalConstructor }; readonly timer: Timer },
	onMotion: (motion: boolean) => void,
): PIR {
	return new PIR({
		sensor: { io: device.io.Digital, pin: 2 },
		timer: device.timer,
		onSample() {
			const sample = this.sample();
			if (sample !== undefined && sample.faults === undefined) onMotion(sample.motion);
		},
	});
}
