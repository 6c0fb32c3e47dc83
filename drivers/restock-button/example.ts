import type { DigitalConstructor } from "@visionvend/sdk/device/io/digital";
import type { Timer } from "@visionvend/sdk/device/io/timer";
import { RestockButton } from "./restock-button.ts";

/** Tells a short press from a hold of three seconds. */
export function run(
	device: { readonly io: { readonly Digital: DigitalConstructor }; readonly timer: Timer },
	onButton: (how: "press" | "hold") => void,
): RestockButton {
	return new RestockButton({
		button: { io: device.io.Digital, pin: 38 },
		timer: device.timer,
		onPress: () => onButton("press"),
		onHold: () => onButton("hold"),
	});
}
