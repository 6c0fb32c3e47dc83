import type { HIDConstructor } from "@visionvend/sdk/device/io/hid";
import type { Timer } from "@visionvend/sdk/device/io/timer";
import { HIDBarcodeReader } from "./hid-barcode-reader.ts";

/** Hears every code that a USB scanner reads. */
export function run(
	device: { readonly io: { readonly HID: HIDConstructor }; readonly timer: Timer },
	onCode: (text: string, symbology: string | undefined) => void,
): HIDBarcodeReader {
	return new HIDBarcodeReader({
		reader: { io: device.io.HID },
		timer: device.timer,
		onSample() {
			const sample = this.sample();
			if (sample !== undefined && sample.faults === undefined) onCode(sample.text, sample.symbology);
		},
	});
}
