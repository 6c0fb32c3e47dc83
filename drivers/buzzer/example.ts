import type { PWMConstructor } from "@visionvend/sdk/device/io/pwm";
import type { Timer } from "@visionvend/sdk/device/io/timer";
import { Buzzer } from "./buzzer.ts";

/** One short beep. */
export function run(device: { readonly io: { readonly PWM: PWMConstructor }; readonly timer: Timer }): Buzzer {
	const buzzer = new Buzzer({ output: { io: device.io.PWM, pin: 47 }, timer: device.timer });
	buzzer.beep(120);
	return buzzer;
}
