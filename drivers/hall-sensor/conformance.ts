import type { DriverSubject } from "@visionvend/sdk/conformance/driver-subject";
import { HallSensor } from "./hall-sensor.ts";

export const subject: DriverSubject = Object.freeze({
	part: "hall-sensor",
	options: ({ io: { Digital }, timer }) => ({
		sensor: { io: Digital, pin: 13 },
		timer,
		onSample: () => undefined,
	}),
	open: (options) => Reflect.construct(HallSensor, [options]),
	bad: Object.freeze([{ sensor: undefined }, { activeLow: 1 }, { onSample: 1 }, { timer: {} }, { debounceMs: 0 }]),
	use(driver) {
		if (!(driver instanceof HallSensor)) throw new TypeError("HallSensor: not a driver of this subject.");
		return [() => driver.sample(), () => driver.configure({})];
	},
	repeats: Object.freeze([{ debounceMs: 5 }]),
} satisfies DriverSubject);
