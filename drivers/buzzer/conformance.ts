import type { DriverSubject } from "@visionvend/sdk/conformance/driver-subject";
import { Buzzer } from "./buzzer.ts";

export const subject: DriverSubject = Object.freeze({
	part: "buzzer",
	options: ({ io: { PWM }, timer }) => ({ output: { io: PWM, pin: 47 }, timer }),
	open: (options) => Reflect.construct(Buzzer, [options]),
	bad: Object.freeze([{ output: undefined }, { timer: undefined }, { hz: 0 }, { hz: "loud" }]),
	use(driver) {
		if (!(driver instanceof Buzzer)) throw new TypeError("Buzzer: not a driver of this subject.");
		return [() => driver.beep(1), () => driver.silence(), () => driver.configure({})];
	},
} satisfies DriverSubject);
