import type { DigitalConstructor } from "@visionvend/sdk/device/io/digital";
import type { Timer } from "@visionvend/sdk/device/io/timer";
import { DispenseMotor, type DispenseResult } from "./dispense-motor.ts";

/** Sells from the third slot of a rack of eight. */
export function run(
	device: { readonly io: { readonly Digital: DigitalConstructor }; readonly timer: Timer },
	onDone: (result: DispenseResult) => void,
): DispenseMotor {
	const io = device.io.Digital;
	const rack = new DispenseMotor({
		motors: [4, 5, 6, 7, 8, 9, 14, 15].map((pin) => ({ io, pin })),
		home: [{ io, pin: 2 }],
		drop: { io, pin: 1 },
		emitter: { io, pin: 39 },
		timer: device.timer,
	});
	rack.dispense(2, onDone);
	return rack;
}
