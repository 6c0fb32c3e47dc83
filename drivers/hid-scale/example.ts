import type { HIDConstructor } from "@visionvend/sdk/device/io/hid";
import { HIDScale } from "./hid-scale.ts";

/** Weighs what is put on a USB scale, once it lies still. */
export function run(
	device: { readonly io: { readonly HID: HIDConstructor } },
	onWeight: (grams: number) => void,
): HIDScale {
	return new HIDScale({
		scale: { io: device.io.HID },
		onSample() {
			const sample = this.sample();
			if (sample?.grams !== undefined && sample.faults === undefined) onWeight(sample.grams);
		},
	});
}
